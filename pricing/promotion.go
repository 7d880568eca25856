package pricing

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Promotion takes something off the lines that it is for, when its conditions
// hold. It says what is taken off (Percent, Amount, Price or Tiers), of what (the
// lines as they are, or with BuyGet, Bundle or Gift some of their units), when,
// how much at most, and what it cannot be combined with.
type Promotion struct {
	ID string `json:"id"`
	// Priority orders promotions: the highest is tried first. Those on shipping
	// come behind those on goods.
	Priority int   `json:"priority,omitempty"`
	Level    Level `json:"level,omitzero"`

	// Percent is what is taken off, as a fraction: 0.05 for 5 %. More than 0,
	// at most 1, with at most 9 decimals.
	Percent money.Rate `json:"percent,omitzero"`
	// PercentBase says what Percent is taken of. At [OrderLevel] that is the sum of the
	// lines, and what comes of it is shared by what the lines have left: half of the
	// [Original] sum may leave nothing where another promotion has made half of the
	// goods free. At [LineLevel] no line gives more than its own percentage.
	PercentBase Basis `json:"percent_base,omitzero"`
	// Amount is taken off each unit ([LineLevel]), each bundle, or the sum
	// ([OrderLevel], [ShippingLevel]).
	Amount money.Amount `json:"amount,omitzero"`
	// Price is what each unit, each bundle, or shipping in all costs instead,
	// perhaps nothing. It never makes anything dearer.
	Price money.Price `json:"price,omitzero"`
	// PerUnit rounds Percent for each unit instead of once for each line, so that a
	// line costs its units times the reduced price that is shown for one. Only plain
	// promotions at [LineLevel] have it.
	PerUnit bool `json:"per_unit,omitempty"`
	// WithTax says that Amount counts tax included, also on prices without tax: a
	// voucher of 10.00 makes the total 10.00 less. It is shared over the lines by what
	// they cost with tax, and their Discount is the part without tax. Total is exact
	// where no later promotion takes something off the same lines, tax is rounded by
	// line or unit, and [Config.TaxEach] is not set; else it may differ by the rounding
	// of the tax. It goes with Amount, or Tiers of amounts, on goods, without a
	// maximum.
	WithTax bool `json:"with_tax,omitempty"`
	// Tiers take the place of Percent, Amount and Price where what is taken off
	// grows with the sum or the number of units of the lines.
	Tiers []Tier `json:"tiers,omitempty"`

	// BuyGet takes it off some units because others are bought.
	BuyGet *BuyGet `json:"buy_get,omitempty"`
	// Bundle takes it off units that are bought together.
	Bundle *Bundle `json:"bundle,omitempty"`
	// Gift makes units free because others are bought.
	Gift *Gift `json:"gift,omitempty"`

	// Maximum is the most that the promotion takes off one basket,
	// MaximumPerLine off one line, and MaximumPerUse off one unit or bundle.
	Maximum        money.Amount `json:"maximum,omitzero"`
	MaximumPerLine money.Amount `json:"maximum_per_line,omitzero"`
	MaximumPerUse  money.Amount `json:"maximum_per_use,omitzero"`
	// Limit is the most applications of BuyGet, or bundles, in one basket; 0
	// is no limit.
	Limit int64 `json:"limit,omitempty"`

	// SKUs are the items that the promotion is for; none means all.
	SKUs []flywheel.SKU `json:"skus,omitempty"`
	// Deliveries are the IDs of the delivery charges that a promotion at
	// [ShippingLevel] is for, such as "standard"; none means all.
	Deliveries []string `json:"deliveries,omitempty"`
	// Lines is a condition (package segment/rule) on the lines that the
	// promotion is for. It may ask for "sku", "product", "categories",
	// "collections", "quantity", "unit" and "subtotal" (in major units, before
	// promotions), "tax_class" and [Config.LineAttributes].
	Lines json.RawMessage `json:"lines,omitempty"`

	// When is a condition on the basket. It may ask for "customer", "groups",
	// "channel", "currency", "subtotal" (of the goods, in major units, before
	// promotions), "quantity" (units in all), "lines" (their number), "hour"
	// and "weekday" (of [Basket.At] in its own time zone, Sunday is 0) and
	// [Config.BasketAttributes].
	When json.RawMessage `json:"when,omitempty"`
	// Minimum is the least sum of all goods, exactly, for which the promotion
	// applies.
	Minimum money.Amount `json:"minimum,omitzero"`
	// MinimumBase says which sum that is. [Tiers] look at the same.
	MinimumBase Basis `json:"minimum_base,omitzero"`
	// MinimumOfLines says that Minimum is of the lines that the promotion is
	// for, not of all goods.
	MinimumOfLines bool `json:"minimum_of_lines,omitempty"`
	// MinimumQuantity is the least number of units of the lines that the
	// promotion is for.
	MinimumQuantity int64 `json:"minimum_quantity,omitempty"`
	// Coupon is the code that the basket must carry. Codes compare without
	// regard to case, width and invisible characters.
	Coupon string `json:"coupon,omitempty"`
	// Starts is the first instant of the promotion, Ends the first one after
	// it; the zero time means without bound.
	Starts time.Time `json:"starts,omitzero"`
	Ends   time.Time `json:"ends,omitzero"`

	// Exclusive promotions apply only where none has applied before, and then
	// no other does.
	Exclusive bool `json:"exclusive,omitempty"`
	// Group names the [Group] of the promotion. Of a group that [Config.Groups]
	// does not have at most one promotion applies.
	Group string `json:"group,omitempty"`
	// NotWith names promotions and groups that this one does not go together
	// with, in both directions.
	NotWith []string `json:"not_with,omitempty"`

	// Version counts the saves in a [Store]; it is 0 before the first.
	Version int64 `json:"version,omitempty"`
}

// Level says what a promotion is computed on.
type Level uint8

// The levels.
const (
	LineLevel     Level = iota // each line by itself
	OrderLevel                 // the sum of the lines, and shared over them by largest remainder
	ShippingLevel              // the sum of the shipping lines, likewise
)

var levels = []string{"line", "order", "shipping"}

// String returns the name, such as "order".
func (l Level) String() string { return enumString(levels, uint8(l)) }

// MarshalText returns the name.
func (l Level) MarshalText() ([]byte, error) { return enumText(levels, uint8(l)) }

// UnmarshalText reads a name.
func (l *Level) UnmarshalText(text []byte) error {
	v, err := enumValue(levels, text)
	if err == nil {
		*l = Level(v)
	}
	return err
}

// Basis says which amounts a percentage or a minimum looks at.
type Basis uint8

// The bases.
const (
	Running  Basis = iota // what the promotions applied before have left
	Original              // the amounts before all promotions
)

var bases = []string{"running", "original"}

// String returns the name, "running" or "original".
func (b Basis) String() string { return enumString(bases, uint8(b)) }

// MarshalText returns the name.
func (b Basis) MarshalText() ([]byte, error) { return enumText(bases, uint8(b)) }

// UnmarshalText reads a name.
func (b *Basis) UnmarshalText(text []byte) error {
	v, err := enumValue(bases, text)
	if err == nil {
		*b = Basis(v)
	}
	return err
}

// Clone returns a copy that shares no memory with p.
func (p Promotion) Clone() Promotion {
	p.SKUs = slices.Clone(p.SKUs)
	p.Lines = slices.Clone(p.Lines)
	p.When = slices.Clone(p.When)
	p.Tiers = slices.Clone(p.Tiers)
	p.NotWith = slices.Clone(p.NotWith)
	p.Deliveries = slices.Clone(p.Deliveries)
	if p.BuyGet != nil {
		p.BuyGet = &BuyGet{p.BuyGet.Buy, p.BuyGet.Get, p.BuyGet.Selection, p.BuyGet.Of.clone(), p.BuyGet.Shared}
	}
	if p.Bundle != nil {
		parts := slices.Clone(p.Bundle.Parts)
		for i := range parts {
			parts[i].Of = parts[i].Of.clone()
		}
		p.Bundle = &Bundle{p.Bundle.Quantity, parts}
	}
	if p.Gift != nil {
		p.Gift = &Gift{slices.Clone(p.Gift.SKUs), p.Gift.Quantity}
	}
	return p
}
