package pricing

import (
	"encoding/json"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Of selects lines by SKU, by condition, or by both. See [Promotion.SKUs] and
// [Promotion.Lines].
type Of struct {
	SKUs  []flywheel.SKU  `json:"skus,omitempty"`
	Lines json.RawMessage `json:"lines,omitempty"`
}

func (o Of) clone() Of { return Of{slices.Clone(o.SKUs), slices.Clone(o.Lines)} }

func (o *Of) empty() bool { return len(o.SKUs) == 0 && len(o.Lines) == 0 }

// BuyGet discounts Get units for every Buy units that are bought, repeatedly. A unit
// either counts as bought or gets the discount. Earlier promotions reduce what each
// unit is worth, and the discount is rounded per unit. A unit that costs nothing
// neither counts as bought nor is discounted.
type BuyGet struct {
	Buy int64 `json:"buy"`
	Get int64 `json:"get"`
	// Selection says which units get the discount.
	Selection Selection `json:"selection,omitzero"`
	// Of are the lines whose units can get it, by default the same as those
	// that are bought, which are the promotion's own.
	Of Of `json:"of,omitzero"`
	// Shared shares what is taken off over the bought and the discounted units by
	// their value, by largest remainder, as one price for all of them; taxes of
	// several rates then follow what is paid for the offer. By default the discounted
	// units bear all of it. The bought units of an application are the dearest ones
	// that do not get the discount. All of them then cost something for the promotions
	// that follow.
	Shared bool `json:"shared,omitempty"`
}

// Selection says which units a [BuyGet] discounts.
type Selection uint8

// The selections.
const (
	// GlobalCheapest discounts the cheapest units that can get the discount.
	// Where bought and discounted units are of the same lines, one application
	// takes Buy + Get units; where they are of different lines, Buy units
	// bought are one application, also where fewer than Get are there.
	GlobalCheapest Selection = iota
	// GroupDescending sorts all units by price, the dearest first, and cuts
	// them into groups of Buy + Get; the last Get of each complete group that
	// can have the discount get it.
	GroupDescending
	// MaxCustomerBenefit gives the units their roles such that the discount is
	// the largest.
	MaxCustomerBenefit
)

var selections = []string{"global_cheapest", "group_descending", "max_customer_benefit"}

// String returns the name, such as "global_cheapest".
func (s Selection) String() string { return enumString(selections, uint8(s)) }

// MarshalText returns the name.
func (s Selection) MarshalText() ([]byte, error) { return enumText(selections, uint8(s)) }

// UnmarshalText reads a name.
func (s *Selection) UnmarshalText(text []byte) error {
	v, err := enumValue(selections, text)
	if err == nil {
		*s = Selection(v)
	}
	return err
}

// Bundle takes something off units that are bought together, over and over: an
// Amount off each bundle, a Percent of all of them, or all above the Price of
// each. Bundles are made of the dearest units, as long as they save something;
// what they save is shared over their units by price. A unit that is in one bundle
// is in no other, of whichever promotion.
type Bundle struct {
	// Quantity is how many units of the promotion's lines make a bundle, as in
	// "3 for 10.00".
	Quantity int64 `json:"quantity,omitempty"`
	// Parts are what makes a bundle, as in "a camera and a lens", in place of
	// Quantity. No line may belong to two of them: the first one takes it. "A shirt and
	// any garment" is two promotions: a bundle of a shirt and another garment, and one
	// with the Quantity of two shirts.
	Parts []Part `json:"parts,omitempty"`
}

// Part is one part of a [Bundle].
type Part struct {
	Of       Of    `json:"of"`
	Quantity int64 `json:"quantity"`
}

// Gift makes up to Quantity units free, the dearest first, where the basket has
// some of them and enough others are bought: the conditions of the promotion, and
// at least one more unit of its lines, are met without the gift. Where it has none the promotion is refused with [ReasonGift], so
// that they can be offered.
type Gift struct {
	SKUs     []flywheel.SKU `json:"skus"`
	Quantity int64          `json:"quantity"`
}

// Tier is one step of [Promotion.Tiers]: what is taken off when the lines of the
// promotion come to Minimum and to Quantity units, whichever is set. Of the tiers
// that are reached the last one counts; each asks for more, and gives no less,
// than the one before.
type Tier struct {
	Minimum  money.Amount `json:"minimum,omitzero"`
	Quantity int64        `json:"quantity,omitempty"`
	Percent  money.Rate   `json:"percent,omitzero"`
	Amount   money.Amount `json:"amount,omitzero"`
	Price    money.Price  `json:"price,omitzero"`
}

func (t *Tier) value() value { return value{t.Percent, t.Amount, t.Price} }

// maxPerUse bounds the units of one application, so that sums of them fit.
const maxPerUse = 1_000_000

func checkUnits(n int64, name string) error {
	if n < 1 || n > maxPerUse {
		return field(outOfRange("%d is not between 1 and %d", n, maxPerUse), "%s", name)
	}
	return nil
}

func (b *BuyGet) check() error {
	if err := checkUnits(b.Buy, "buy_get.buy"); err != nil {
		return err
	}
	if err := checkUnits(b.Get, "buy_get.get"); err != nil {
		return err
	}
	if b.Selection > MaxCustomerBenefit {
		return field(invalid("%s", b.Selection), "buy_get.selection")
	}
	return checkSKUs(b.Of.SKUs, "buy_get.of.skus")
}

func (b *Bundle) check(scoped bool) error {
	if len(b.Parts) == 0 {
		return checkUnits(b.Quantity, "bundle.quantity")
	}
	if b.Quantity != 0 {
		return field(invalid("either a quantity or parts"), "bundle.quantity")
	}
	if scoped {
		return field(invalid("parts name their own lines"), "bundle.parts")
	}
	for i := range b.Parts {
		part := &b.Parts[i]
		if part.Of.empty() {
			return field(invalid("neither items nor a condition"), "bundle.parts[%d].of", i)
		}
		if err := checkSKUs(part.Of.SKUs, "skus"); err != nil {
			return within(err, "bundle.parts", i)
		}
		if err := checkUnits(part.Quantity, "quantity"); err != nil {
			return within(err, "bundle.parts", i)
		}
	}
	return nil
}

func (g *Gift) check() error {
	if len(g.SKUs) == 0 {
		return field(invalid("none"), "gift.skus")
	}
	if err := checkSKUs(g.SKUs, "gift.skus"); err != nil {
		return err
	}
	return checkUnits(g.Quantity, "gift.quantity")
}

// checkTiers refuses tiers that could give less for more.
func checkTiers(tiers []Tier) error {
	for i := range tiers {
		t := &tiers[i]
		if t.value().kinds() != 1 {
			return field(invalid("one of percent, amount and price"), "tiers[%d].percent", i)
		}
		if err := t.value().check(""); err != nil {
			return within(err, "tiers", i)
		}
		if t.Minimum.Sign() < 0 || t.Quantity < 0 {
			return field(outOfRange("negative"), "tiers[%d].minimum", i)
		}
		if i == 0 {
			continue
		}
		last := &tiers[i-1]
		more := t.Minimum.Minor() >= last.Minimum.Minor() && t.Quantity >= last.Quantity
		if !more || t.Minimum.Minor() == last.Minimum.Minor() && t.Quantity == last.Quantity {
			return field(invalid("it does not ask for more than the tier before"), "tiers[%d].minimum", i)
		}
		if !t.value().like(last.value()) || t.value().less(last.value()) {
			return field(invalid("it gives less than the tier before, or something else"), "tiers[%d].percent", i)
		}
	}
	return nil
}
