package pricing

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Quote is a priced [Basket]. Its laws: Total = Net + Tax, on each line and in
// all; each sum is the sum of the lines; no line is negative; the trace of a
// line adds up to its Total.
type Quote struct {
	Currency money.Currency `json:"currency"`
	Lines    []QuoteLine    `json:"lines"` // in the order of the basket
	Subtotal money.Amount   `json:"subtotal"`
	Discount money.Amount   `json:"discount"`
	Net      money.Amount   `json:"net"`
	Tax      money.Amount   `json:"tax"`
	Total    money.Amount   `json:"total"`
	// Applied are the promotions that took something off, in the order in
	// which they were applied.
	Applied []Applied `json:"applied,omitempty"`
	// Refused are the other promotions in the order in which they were tried,
	// then the coupon codes that no promotion has.
	Refused []Refusal `json:"refused,omitempty"`

	steps []Step // what the traces of the lines are cut from
}

// QuoteLine is one priced line.
type QuoteLine struct {
	ID       string       `json:"id"`
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"`
	Unit     money.Price  `json:"unit"`
	// List is the price list of Unit, empty where the price was agreed.
	List        string     `json:"list,omitempty"`
	TaxIncluded bool       `json:"tax_included,omitempty"` // in Unit, Subtotal and Discount
	TaxClass    string     `json:"tax_class,omitempty"`
	TaxRate     money.Rate `json:"tax_rate"`
	// Subtotal is Unit taken Quantity times, rounded once.
	Subtotal money.Amount `json:"subtotal"`
	// Discount is what promotions take off Subtotal; it is not negative.
	Discount money.Amount `json:"discount"`
	Net      money.Amount `json:"net"`
	Tax      money.Amount `json:"tax"`
	Total    money.Amount `json:"total"`
	// Trace explains Total step by step.
	Trace []Step `json:"trace"`
}

// Applied is a [Promotion] that took something off.
type Applied struct {
	Promotion string `json:"promotion"`
	Level     Level  `json:"level"`
	// Base is the sum of the amounts that the discount was computed on, and
	// Percent the fraction of it, zero for a fixed amount.
	Base    money.Amount `json:"base"`
	Percent money.Rate   `json:"percent,omitzero"`
	// Discount is what it took off in all, and Lines from how many lines.
	Discount money.Amount `json:"discount"`
	Lines    int          `json:"lines"`
}

// Step is one line of an explanation.
type Step struct {
	Kind StepKind `json:"kind"`
	// Source is the price list, promotion or tax class that asks for the step.
	Source string `json:"source,omitempty"`
	// Base is what the step was computed on: the unit price, the amount of the
	// line that a promotion looked at, or the line without discounts, which a
	// tax looks at. It is exact, so perhaps finer than the minor unit.
	Base money.Price `json:"base"`
	// Rate is the fraction of Base, zero where the step has none.
	Rate money.Rate `json:"rate,omitzero"`
	// Amount is what the step adds to the line's total, rounded by Rounding;
	// that of [StepTaxIncluded] is part of the total already.
	Amount   money.Amount   `json:"amount"`
	Rounding money.Rounding `json:"rounding"`
}

// StepKind says what a [Step] does.
type StepKind uint8

// The kinds of step, in the order in which they come.
const (
	StepPrice       StepKind = iota // Base is the unit price, Amount the subtotal
	StepLine                        // a promotion on the line: minus Base·Rate, or its fixed amount
	StepShare                       // the line's share of a promotion on the order
	StepTax                         // Base·Rate is added
	StepTaxIncluded                 // Base·Rate/(1+Rate) is within the total
	StepTaxRemoved                  // the same is taken off, for the buyer is exempt
)

var stepKinds = []string{"price", "line", "share", "tax", "tax_included", "tax_removed"}

// String returns the name, such as "tax_included".
func (k StepKind) String() string { return enumString(stepKinds, uint8(k)) }

// MarshalText returns the name.
func (k StepKind) MarshalText() ([]byte, error) { return enumText(stepKinds, uint8(k)) }

// UnmarshalText reads a name.
func (k *StepKind) UnmarshalText(text []byte) error {
	v, err := enumValue(stepKinds, text)
	if err == nil {
		*k = StepKind(v)
	}
	return err
}

// Refusal tells why a promotion did not apply, or a coupon code led nowhere.
type Refusal struct {
	Promotion string `json:"promotion,omitempty"`
	Coupon    string `json:"coupon,omitempty"`
	Reason    Reason `json:"reason"`
	// Missing is what the basket lacks to the minimum, with [ReasonMinimum].
	Missing money.Amount `json:"missing,omitzero"`
}

// Reason says why a promotion did not apply.
type Reason string

// The reasons, in the order in which they are looked at.
const (
	ReasonExclusive     Reason = "exclusive"      // an exclusive promotion applied, or this one is exclusive and another applied
	ReasonCurrency      Reason = "currency"       // it is for another currency
	ReasonNotStarted    Reason = "not_started"    // its time is to come
	ReasonEnded         Reason = "ended"          // its time is over
	ReasonCoupon        Reason = "coupon"         // it needs a code that the basket does not carry
	ReasonCondition     Reason = "condition"      // its condition on the basket does not hold
	ReasonNoLine        Reason = "no_line"        // no line is one that it is for
	ReasonMinimum       Reason = "minimum"        // the sum is below its minimum
	ReasonNothingLeft   Reason = "nothing_left"   // it came to nothing, or there was nothing left to take it off
	ReasonUnknownCoupon Reason = "unknown_coupon" // no promotion has the code
)

// reset empties q and keeps its memory.
func (q *Quote) reset(c money.Currency) {
	zero := money.New(0, c)
	*q = Quote{
		Currency: c, Lines: q.Lines[:0], Applied: q.Applied[:0], Refused: q.Refused[:0], steps: q.steps[:0],
		Subtotal: zero, Discount: zero, Net: zero, Tax: zero, Total: zero,
	}
}
