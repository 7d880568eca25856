package pricing

import (
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/internal/code"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Basket is what a customer wants to buy, to be priced by [Engine.Quote].
type Basket struct {
	Currency money.Currency      `json:"currency"`
	Customer flywheel.CustomerID `json:"customer,omitempty"`
	// Groups are the customer's groups, as the shop knows them; never what a
	// request claims.
	Groups []string `json:"groups,omitempty"`
	// Segments are the live segments of which the customer is a member, as package
	// segment knows them; never what a request claims.
	Segments []string `json:"segments,omitempty"`
	// Channel is where the customer shops, such as "web".
	Channel string `json:"channel,omitempty"`
	// At is the time that price lists and promotions are looked at.
	At    time.Time `json:"at"`
	Lines []Line    `json:"lines"`
	// Shipping is what is charged for delivery.
	Shipping []Shipping `json:"shipping,omitempty"`
	// Coupons are the codes that the customer has entered, as typed. They are
	// compared folded, as coupon.Normalize does; what cannot be a code is refused
	// as one that no promotion has, and the rest is priced.
	Coupons []string `json:"coupons,omitempty"`
	// TaxExempt removes an included tax and charges none.
	TaxExempt bool `json:"tax_exempt,omitempty"`
	// WithoutPromotions prices as if there were none, as what is added to an order
	// that stands. Only trusted code sets it.
	WithoutPromotions bool `json:"without_promotions,omitempty"`
	// Taxes take the place of [Config.Taxes] where they depend on where the
	// basket goes: see [Basket.AskTaxes]. Only trusted code sets them.
	Taxes []Tax `json:"taxes,omitempty"`
	// Attributes are the values of [Config.BasketAttributes].
	Attributes map[string]any `json:"attributes,omitempty"`

	mixes map[string]*mix // set by Reprice: what each charge for delivery is taxed by
}

// Line is a quantity of one item in a [Basket].
type Line struct {
	// ID tells the lines of the basket apart.
	ID       string       `json:"id"`
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"` // positive
	// Product, Categories and Collections are what the item belongs to, for
	// promotions to ask for.
	Product     string   `json:"product,omitempty"`
	Categories  []string `json:"categories,omitempty"`
	Collections []string `json:"collections,omitempty"`
	// Agreed is the price of one unit where it does not come from the price
	// lists: one that was negotiated or recorded. The zero value takes the
	// price lists. Only trusted code sets it.
	Agreed money.Price `json:"agreed,omitzero"`
	// Floor is the least that promotions may leave of the price of one unit,
	// where the price list does not say. Only trusted code sets it.
	Floor money.Price `json:"floor,omitzero"`
	// TaxIncluded says that Agreed is gross. A listed price is what its list
	// says.
	TaxIncluded bool `json:"tax_included,omitempty"`
	// TaxClass names one of [Config.Taxes].
	TaxClass string `json:"tax_class,omitempty"`
	// TaxPlace is the [Tax.Place] whose taxes the line pays. It takes the place of
	// none where a basket goes to several places at once.
	TaxPlace string `json:"tax_place,omitempty"`
	// Attributes are the values of [Config.LineAttributes].
	Attributes map[string]any `json:"attributes,omitempty"`
}

// Shipping is one charge for delivery in a [Basket]. Only trusted code sets it.
type Shipping struct {
	// ID tells the charges apart, also from the lines.
	ID     string       `json:"id"`
	Amount money.Amount `json:"amount"` // not negative
	// TaxIncluded says that Amount is gross.
	TaxIncluded bool `json:"tax_included,omitempty"`
	// TaxClass names one of [Config.Taxes]. Without one shipping is taxed like
	// the goods: it is shared over their rates by their net values.
	TaxClass string `json:"tax_class,omitempty"`
	// TaxPlace is that of [Line].
	TaxPlace string `json:"tax_place,omitempty"`
	// Lines are the IDs of the lines that the charge is for, which say how it is
	// taxed without a class of its own. None: all.
	Lines []string `json:"lines,omitempty"`
}

// check reports the first field that is wrong, beside duplicate line IDs.
func (b *Basket) check() error {
	if b.Currency.IsZero() {
		return field(invalid("missing"), "currency")
	}
	if b.At.IsZero() {
		return field(invalid("missing"), "at")
	}
	if b.Customer != "" {
		if err := flywheel.CheckID(string(b.Customer)); err != nil {
			return field(err, "customer")
		}
	}
	if b.Channel != "" {
		if err := flywheel.CheckID(b.Channel); err != nil {
			return field(err, "channel")
		}
	}
	if err := checkIDs(b.Groups, "groups"); err != nil {
		return err
	}
	if err := checkIDs(b.Segments, "segments"); err != nil {
		return err
	}
	for i := range b.Lines {
		if name, err := b.Lines[i].check(b.Currency); err != nil {
			return field(err, "lines[%d].%s", i, name)
		}
	}
	for i := range b.Shipping {
		if name, err := b.Shipping[i].check(b.Currency); err != nil {
			return field(err, "shipping[%d].%s", i, name)
		}
	}
	return nil
}

// check returns the first field that is wrong.
func (l *Line) check(c money.Currency) (name string, err error) {
	if err := flywheel.CheckID(l.ID); err != nil {
		return "id", err
	}
	if err := flywheel.CheckID(string(l.SKU)); err != nil {
		return "sku", err
	}
	if l.Quantity <= 0 {
		return "quantity", invalid("%d is not positive", l.Quantity)
	}
	if l.TaxPlace != "" {
		if err := flywheel.CheckID(l.TaxPlace); err != nil {
			return "tax_place", err
		}
	}
	if l.Agreed != (money.Price{}) {
		if err := checkUnitIn(l.Agreed, c); err != nil {
			return "agreed", err
		}
	}
	if l.Floor != (money.Price{}) {
		if err := checkUnitIn(l.Floor, c); err != nil {
			return "floor", err
		}
	}
	return "", nil
}

func (s *Shipping) check(c money.Currency) (name string, err error) {
	if err := flywheel.CheckID(s.ID); err != nil {
		return "id", err
	}
	if s.TaxPlace != "" {
		if err := flywheel.CheckID(s.TaxPlace); err != nil {
			return "tax_place", err
		}
	}
	if s.Amount.Currency() != c {
		return "amount", &money.MismatchError{A: c, B: s.Amount.Currency()}
	}
	if s.Amount.Sign() < 0 {
		return "amount", outOfRange("%s is negative", s.Amount)
	}
	return "", nil
}

func checkUnitIn(p money.Price, c money.Currency) error {
	if p.Currency() != c {
		return &money.MismatchError{A: c, B: p.Currency()}
	}
	return checkUnit(p)
}

// checkCode reports what cannot be the coupon code of a promotion.
func checkCode(text string) error {
	if len(text) > flywheel.MaxIDBytes {
		return flywheel.CheckID(text)
	}
	return flywheel.CheckID(code.Fold(text))
}

// foldTyped returns the code that someone typed in the form in which codes are
// compared, or "", which no promotion has, for what cannot be one.
func foldTyped(text string) string {
	if len(text) > flywheel.MaxIDBytes {
		return ""
	}
	return code.Fold(text)
}
