package pricing

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// Quote is a priced [Basket]. Its laws: Total = Net + Tax, on each line and in
// all; each sum is that of Lines and Shipping together; no line is negative; the
// trace of a line adds up to its Total; Taxes sum to Net and Tax.
type Quote struct {
	Currency money.Currency `json:"currency"`
	Lines    []QuoteLine    `json:"lines"`              // in the order of the basket
	Shipping []QuoteLine    `json:"shipping,omitempty"` // in the order of the basket
	Subtotal money.Amount   `json:"subtotal"`
	Discount money.Amount   `json:"discount"`
	Net      money.Amount   `json:"net"`
	Tax      money.Amount   `json:"tax"`
	Total    money.Amount   `json:"total"`
	// Applied are the promotions that took something off, in the order in
	// which they were applied.
	Applied []Applied `json:"applied,omitempty"`
	// Taxes is the breakdown for an invoice: one entry for each rate, in the
	// order in which they come up.
	Taxes []RateTotal `json:"taxes,omitempty"`
	// Gap is, with [BestOf] and more than 20 candidates, how much more the best
	// combination could take off at most. Zero says that this is the best one.
	Gap money.Amount `json:"gap,omitzero"`
	// Unpriced is how many lines have no price; see [Quote.Priced].
	Unpriced int `json:"unpriced,omitempty"`
	// Refused are the other promotions in the order in which they were tried,
	// then the coupon codes that no promotion has.
	Refused []Refusal `json:"refused,omitempty"`

	all   []QuoteLine // what Lines and Shipping are cut from
	steps []Step      // what the traces of the lines are cut from
	parts []TaxPart   // what the taxes of the lines are cut from
}

// QuoteLine is one priced line.
type QuoteLine struct {
	ID       string       `json:"id"`
	SKU      flywheel.SKU `json:"sku"`
	Quantity int64        `json:"quantity"`
	// Unit is the price of one unit; with graduated prices, of the last one.
	Unit money.Price `json:"unit"`
	// List is the price list of Unit, empty where the price was agreed.
	List        string `json:"list,omitempty"`
	TaxIncluded bool   `json:"tax_included,omitempty"` // in Unit, Subtotal and Discount
	TaxClass    string `json:"tax_class,omitempty"`
	// TaxRate is the sum of the rates of the class, compound ones included;
	// zero for shipping that is taxed like the goods.
	TaxRate money.Rate `json:"tax_rate"`
	// Subtotal is Unit taken Quantity times, rounded once.
	Subtotal money.Amount `json:"subtotal"`
	// Discount is what promotions take off Subtotal; it is not negative.
	Discount money.Amount `json:"discount"`
	Net      money.Amount `json:"net"`
	Tax      money.Amount `json:"tax"`
	Total    money.Amount `json:"total"`
	// Taxes are the parts of Tax where there are several: one for each tax of
	// the class, or for each rate that shipping takes from the goods.
	Taxes []TaxPart `json:"taxes,omitempty"`
	// Trace explains Total step by step.
	Trace []Step `json:"trace"`
	// Unpriced says that no price list has a price for the line. Its amounts are
	// zero and it must not be sold.
	Unpriced bool `json:"unpriced,omitempty"`
}

// Priced returns nil where every line has a price, else a [*FieldError] matching
// [ErrNoPrice] that names the first line without one. What is sold is checked
// with it; [Engine.Confirm] does.
func (q *Quote) Priced() error {
	for i := range q.Lines {
		if q.Lines[i].Unpriced {
			return field(ErrNoPrice, "lines[%d].sku", i)
		}
	}
	return nil
}

// TaxPart is a part of the tax of a line.
type TaxPart struct {
	// Code is that of the [tax.Tax], empty for shipping taxed like goods unless each
	// tax is rounded by itself.
	Code string     `json:"code,omitempty"`
	Rate money.Rate `json:"rate"`
	// Net is what the part is computed on, Tax the part.
	Net money.Amount `json:"net"`
	Tax money.Amount `json:"tax"`
}

// RateTotal sums all that is taxed at one rate.
type RateTotal struct {
	Rate  money.Rate   `json:"rate"`
	Net   money.Amount `json:"net"`
	Tax   money.Amount `json:"tax"`
	Total money.Amount `json:"total"`
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
	// Source is the price list, promotion or tax class that asks for the step, or the
	// code of a tax that is rounded by itself.
	Source string `json:"source,omitempty"`
	// Base is what the step was computed on: the unit price, the amount of the
	// line that a promotion looked at, or the line without discounts, which a
	// tax looks at. It is exact, so perhaps finer than the minor unit.
	Base money.Price `json:"base"`
	// Quantity is how often Base is taken, 0 for once.
	Quantity int64 `json:"quantity,omitempty"`
	// Rate is the fraction of Base, zero where the step has none.
	Rate money.Rate `json:"rate,omitzero"`
	// Whole is, where it is not zero, what the rates of a tax come to that is part of
	// Base: then it is Base·Rate/(1+Whole). Of several taxes in a price of which each
	// is rounded it is that of all; of a line that [Promotion.WithTax] made cost Base
	// it is Rate.
	Whole money.Rate `json:"whole,omitzero"`
	// Amount is what the step adds to the line's total, rounded by Rounding;
	// that of [StepTaxIncluded] is part of the total already.
	Amount   money.Amount   `json:"amount"`
	Rounding money.Rounding `json:"rounding"`
	// Scope is what a tax was rounded on. With [tax.PerUnit] it is that of
	// Base/Quantity, taken Quantity times, and no more than an included tax can
	// be; with [tax.PerRate] Amount is the line's share of the tax of all lines.
	Scope tax.Scope `json:"scope,omitzero"`
}

// StepKind says what a [Step] does.
type StepKind uint8

// The kinds of step, in the order in which they come.
const (
	StepPrice       StepKind = iota // Amount, the subtotal, is Base·Quantity, or with graduated prices the sum of the tiers
	StepLine                        // a promotion on the line: minus Base·Rate, or its fixed amount
	StepShare                       // the line's share of a promotion on several lines or units, or what a cap left of it
	StepTax                         // Base·Rate is added
	StepTaxIncluded                 // Base·Rate/(1+Rate) is within the total
	StepTaxRemoved                  // the same is taken off, for the buyer is exempt
	StepTier                        // so many units at Base; they are summed exactly, Amount is zero
)

var stepKinds = []string{"price", "line", "share", "tax", "tax_included", "tax_removed", "tier"}

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
	// MissingQuantity is how many units it lacks, with [ReasonQuantity] and
	// [ReasonGift].
	MissingQuantity int64 `json:"missing_quantity,omitempty"`
	// SKUs are the gifts to choose from, with [ReasonGift].
	SKUs []flywheel.SKU `json:"skus,omitempty"`
}

// Reason says why a promotion did not apply.
type Reason string

// The reasons, in the order in which they are looked at.
const (
	ReasonOutdone       Reason = "outdone"        // another combination takes off more, or another offer on each line
	ReasonExclusive     Reason = "exclusive"      // an exclusive promotion applied, or this one is exclusive and another applied
	ReasonGroup         Reason = "group"          // another promotion of its group applied
	ReasonNotWith       Reason = "not_with"       // a promotion that it does not go together with applied
	ReasonCurrency      Reason = "currency"       // it is for another currency
	ReasonNotStarted    Reason = "not_started"    // its time is to come
	ReasonEnded         Reason = "ended"          // its time is over
	ReasonCoupon        Reason = "coupon"         // it needs a code that the basket does not carry
	ReasonCondition     Reason = "condition"      // its condition on the basket does not hold
	ReasonNoLine        Reason = "no_line"        // no line is one that it is for
	ReasonMinimum       Reason = "minimum"        // the sum is below its minimum, or its first tier
	ReasonQuantity      Reason = "quantity"       // there are too few units
	ReasonGift          Reason = "gift"           // the basket has none of the gifts
	ReasonNothingLeft   Reason = "nothing_left"   // it came to nothing, or there was nothing left to take it off
	ReasonUnknownCoupon Reason = "unknown_coupon" // no promotion has the code
)

// reset empties q and keeps its memory.
func (q *Quote) reset(c money.Currency) {
	zero := money.New(0, c)
	*q = Quote{
		Currency: c, Applied: q.Applied[:0], Refused: q.Refused[:0], Taxes: q.Taxes[:0],
		all: q.all[:0], steps: q.steps[:0], parts: q.parts[:0],
		Subtotal: zero, Discount: zero, Net: zero, Tax: zero, Total: zero,
	}
}

// cut makes Lines and Shipping of what is priced.
func (q *Quote) cut(goods int) {
	q.Lines = q.all[:goods:goods]
	q.Shipping = nil
	if len(q.all) > goods {
		q.Shipping = q.all[goods:]
	}
}
