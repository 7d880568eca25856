package tax

import (
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Tax is one levy on a sale.
type Tax struct {
	// Code names it, as "VAT", "GST" or "NY-STATE".
	Code string `json:"code"`
	// Rate is the tax per unit of net: 0.2 for 20 %. From 0 to 10, at most 9
	// decimals.
	Rate money.Rate `json:"rate"`
	// Compound says that it is levied on the net and the taxes listed before.
	Compound bool `json:"compound,omitempty"`
}

const (
	maxDecimals = 9
	maxTaxes    = 16
)

var maxRate = money.Percent(1000)

func (t *Tax) check() error {
	if err := flywheel.CheckID(t.Code); err != nil {
		return field(err, "code")
	}
	if t.Rate.Sign() < 0 || t.Rate.Cmp(maxRate) > 0 {
		return field(outOfRange("%s is not from 0 to %s", t.Rate, maxRate), "rate")
	}
	if t.Rate.Scale() > maxDecimals {
		return field(invalid("%s has more than %d decimals", t.Rate, maxDecimals), "rate")
	}
	return nil
}

// levy is what a list of taxes comes to: the effective rate of each on the net,
// of all together, and as weights to share a sum by.
type levy struct {
	taxes   []Tax
	rates   []money.Rate
	total   money.Rate
	weights []int64
	one     int64 // total is total.Coefficient()/one
}

// combine returns the levy of taxes.
func combine(taxes []Tax) (levy, error) {
	if len(taxes) > maxTaxes {
		return levy{}, field(invalid("%d, at most %d", len(taxes), maxTaxes), "taxes")
	}
	l := levy{taxes: slices.Clone(taxes), rates: make([]money.Rate, len(taxes))}
	for i := range taxes {
		t := &taxes[i]
		err := t.check()
		if err == nil && slices.ContainsFunc(taxes[:i], func(o Tax) bool { return o.Code == t.Code }) {
			err = field(invalid("%q is listed twice", t.Code), "code")
		}
		if err != nil {
			return levy{}, within(err, "taxes[%d]", i)
		}
		l.rates[i] = t.Rate
		if t.Compound {
			var base money.Rate
			if base, err = money.Percent(100).Add(l.total); err == nil {
				l.rates[i], err = t.Rate.Mul(base)
			}
		}
		if err == nil {
			l.total, err = l.total.Add(l.rates[i])
		}
		if err != nil {
			return levy{}, field(err, "taxes[%d].rate", i)
		}
	}
	var err error
	if l.weights, err = money.Weights(l.rates...); err != nil {
		return levy{}, field(err, "taxes")
	}
	l.one = 1
	for range l.total.Scale() {
		l.one *= 10
	}
	if l.total.Coefficient() > maxProduct-l.one {
		return levy{}, field(outOfRange("the rates come to %s", l.total), "taxes")
	}
	return l, nil
}

// maxProduct bounds denominators, so that they fit an int64.
const maxProduct = 1<<63 - 1

// on returns the tax on, or in, base taken one n-th at a time.
func (l *levy) on(base money.Price, included bool, n int64, mode money.Rounding) (money.Amount, error) {
	denominator := l.one
	if included {
		denominator += l.total.Coefficient()
	}
	if denominator > maxProduct/n {
		return money.Amount{}, outOfRange("%s over %d units", l.total, n)
	}
	part, err := base.MulRatio(l.total.Coefficient(), denominator*n, mode)
	if err != nil {
		return part, err
	}
	return part.Mul(n)
}

// split returns the components of a tax, which sum to it.
func (l *levy) split(tax money.Amount) ([]Component, error) {
	if l.total.IsZero() {
		parts := make([]Component, len(l.taxes))
		for i := range l.taxes {
			parts[i] = Component{Tax: l.taxes[i], Amount: tax} // zero
		}
		return parts, nil
	}
	amounts, err := tax.Allocate(l.weights...)
	if err != nil {
		return nil, err
	}
	parts := make([]Component, len(amounts))
	for i := range amounts {
		parts[i] = Component{Tax: l.taxes[i], Amount: amounts[i]}
	}
	return parts, nil
}
