package pricing

import (
	"math"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// levy computes the tax of each line, the line's total and the sums.
func (e *Engine) levy(q *Quote, b *Basket, w *work) error {
	w.taxBases = grown(w.taxBases, len(q.Lines))
	for i := range q.Lines {
		l := &q.Lines[i]
		left := w.running[i]
		l.Discount = minus(l.Subtotal, left)
		base, err := taxBase(l, left)
		if err != nil {
			return field(err, "lines[%d].unit", i)
		}
		w.taxBases[i] = base
		if b.TaxExempt && !l.TaxIncluded {
			l.TaxRate = money.Rate{}
		}
		tax := money.New(0, q.Currency)
		if !l.TaxRate.IsZero() {
			if tax, err = e.taxOn(base, l); err != nil {
				return field(err, "lines[%d].tax", i)
			}
		}
		l.Net, l.Tax = left, tax
		if l.TaxIncluded {
			l.Net = minus(left, tax) // the tax is part of a base that rounds to left, so it is no more
			if b.TaxExempt {
				l.Tax = money.New(0, q.Currency)
			}
		}
		if l.Total, err = l.Net.Add(l.Tax); err != nil {
			return field(err, "lines[%d].total", i)
		}
		for _, sum := range []struct{ to, add *money.Amount }{{&q.Net, &l.Net}, {&q.Tax, &l.Tax}, {&q.Total, &l.Total}} {
			if *sum.to, err = sum.to.Add(*sum.add); err != nil {
				return field(err, "lines[%d].total", i)
			}
		}
	}
	return nil
}

// taxBase returns what the tax of a line is computed on: its exact amount, which
// a unit price finer than the minor unit can make finer, less its discount.
func taxBase(l *QuoteLine, left money.Amount) (money.Price, error) {
	rounded := money.PriceOf(left)
	if l.Unit.Scale() == rounded.Scale() || left.IsZero() {
		return rounded, nil
	}
	exact, err := l.Unit.Mul(l.Quantity)
	if err != nil {
		return exact, err
	}
	exact, err = exact.Sub(money.PriceOf(l.Discount))
	if err == nil && exact.Sign() < 0 { // the line amount was rounded up, then discounted
		return money.PriceOf(money.New(0, left.Currency())), nil
	}
	return exact, err
}

// taxOn returns Base·Rate, or the part of Base that is tax where it is included.
func (e *Engine) taxOn(base money.Price, l *QuoteLine) (money.Amount, error) {
	one := int64(math.Pow10(l.TaxRate.Scale()))
	part := l.TaxRate.Coefficient()
	if l.TaxIncluded {
		return base.MulRatio(part, one+part, e.rounding)
	}
	return base.MulRatio(part, one, e.rounding)
}
