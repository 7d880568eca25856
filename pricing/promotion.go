package pricing

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Promotion takes something off the lines that it is for, when its conditions
// hold. It has either a Percent or an Amount.
type Promotion struct {
	ID string `json:"id"`
	// Priority orders promotions: the highest is tried first.
	Priority int   `json:"priority,omitempty"`
	Level    Level `json:"level,omitzero"`

	// Percent is what is taken off, as a fraction: 0.05 for 5 %. More than 0,
	// at most 1, with at most 9 decimals.
	Percent money.Rate `json:"percent,omitzero"`
	// PercentBase says what Percent is taken of.
	PercentBase Basis `json:"percent_base,omitzero"`
	// Amount is taken off each unit ([LineLevel]) or the order ([OrderLevel]).
	// It applies to baskets in its currency.
	Amount money.Amount `json:"amount,omitzero"`
	// Maximum is the most that the promotion takes off one basket.
	Maximum money.Amount `json:"maximum,omitzero"`

	// SKUs are the items that the promotion is for; none means all.
	SKUs []flywheel.SKU `json:"skus,omitempty"`
	// Lines is a condition (package segment/rule) on the lines that the
	// promotion is for. It may ask for "sku", "quantity", "unit" and
	// "subtotal" (in major units, before promotions), "tax_class" and
	// [Config.LineAttributes].
	Lines json.RawMessage `json:"lines,omitempty"`

	// When is a condition on the basket. It may ask for "customer", "groups",
	// "currency", "subtotal" (in major units, before promotions), "quantity"
	// (units in all), "lines" (their number) and [Config.BasketAttributes].
	When json.RawMessage `json:"when,omitempty"`
	// Minimum is the least sum of all lines, exactly, for which the promotion
	// applies. It applies to baskets in its currency.
	Minimum money.Amount `json:"minimum,omitzero"`
	// MinimumBase says which sum that is.
	MinimumBase Basis `json:"minimum_base,omitzero"`
	// Coupon is the code that the basket must carry, in any case of letters.
	Coupon string `json:"coupon,omitempty"`
	// Starts is the first instant of the promotion, Ends the first one after
	// it; the zero time means without bound.
	Starts time.Time `json:"starts,omitzero"`
	Ends   time.Time `json:"ends,omitzero"`
	// Exclusive promotions apply only where none has applied before, and then
	// no other does.
	Exclusive bool `json:"exclusive,omitempty"`

	// Version counts the saves in a [Store]; it is 0 before the first.
	Version int64 `json:"version,omitempty"`
}

// Level says what a promotion is computed on.
type Level uint8

// The levels.
const (
	LineLevel  Level = iota // each line by itself
	OrderLevel              // the sum of the lines, and shared over them by largest remainder
)

var levels = []string{"line", "order"}

// String returns the name, "line" or "order".
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
	return p
}

// Validate reports the first field that is wrong as a [*FieldError]. The two
// conditions are checked by [Compile], which knows the attributes.
func (p *Promotion) Validate() error {
	if err := flywheel.CheckID(p.ID); err != nil {
		return field(err, "id")
	}
	if p.Level > OrderLevel {
		return field(invalid("%s", p.Level), "level")
	}
	if p.PercentBase > Original {
		return field(invalid("%s", p.PercentBase), "percent_base")
	}
	if p.MinimumBase > Original {
		return field(invalid("%s", p.MinimumBase), "minimum_base")
	}
	if err := p.checkValue(); err != nil {
		return err
	}
	for i, sku := range p.SKUs {
		if err := flywheel.CheckID(string(sku)); err != nil {
			return field(err, "skus[%d]", i)
		}
	}
	if p.Coupon != "" {
		if err := flywheel.CheckID(p.Coupon); err != nil {
			return field(err, "coupon")
		}
	}
	return checkWindow(p.Starts, p.Ends)
}

func (p *Promotion) checkValue() error {
	fixed := p.Amount != money.Amount{}
	if fixed == !p.Percent.IsZero() {
		return field(invalid("either a percentage or an amount"), "percent")
	}
	if err := checkRate(p.Percent, 1); err != nil {
		return field(err, "percent")
	}
	if fixed {
		if err := checkPositive(p.Amount); err != nil {
			return field(err, "amount")
		}
	}
	currency := p.Amount.Currency()
	for _, bound := range []struct {
		name   string
		amount money.Amount
	}{{"maximum", p.Maximum}, {"minimum", p.Minimum}} {
		if (bound.amount == money.Amount{}) {
			continue
		}
		if err := checkPositive(bound.amount); err != nil {
			return field(err, "%s", bound.name)
		}
		if !currency.IsZero() && currency != bound.amount.Currency() {
			return field(&money.MismatchError{A: currency, B: bound.amount.Currency()}, "%s", bound.name)
		}
		currency = bound.amount.Currency()
	}
	return nil
}

func checkPositive(a money.Amount) error {
	if a.Currency().IsZero() {
		return invalid("no currency")
	}
	if a.Sign() <= 0 {
		return outOfRange("%s is not positive", a)
	}
	return nil
}

// currency returns the one currency that p is for, none where it is for all.
func (p *Promotion) currency() money.Currency {
	for _, a := range []money.Amount{p.Amount, p.Maximum, p.Minimum} {
		if !a.Currency().IsZero() {
			return a.Currency()
		}
	}
	return money.Currency{}
}
