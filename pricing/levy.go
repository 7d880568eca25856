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

// explain cuts the log into one trace for each line.
func (e *Engine) explain(q *Quote, w *work) {
	w.stepCount = grown(w.stepCount, len(q.Lines))
	total := len(w.log)
	for i := range q.Lines {
		w.stepCount[i] = 1
		if !q.Lines[i].TaxRate.IsZero() {
			w.stepCount[i]++
		}
		total += int(w.stepCount[i])
	}
	for i := range w.log {
		w.stepCount[w.log[i].line]++
	}
	q.steps = grown(q.steps, total)
	rest := q.steps
	for i := range q.Lines {
		l := &q.Lines[i]
		n := w.stepCount[i]
		l.Trace = append(rest[:0:n], Step{Kind: StepPrice, Source: l.List, Base: l.Unit, Amount: l.Subtotal, Rounding: e.rounding})
		rest = rest[n:]
	}
	for i := range w.log {
		entry := &w.log[i]
		p := &e.promotions[entry.promotion]
		s := Step{
			Kind: entry.kind, Source: p.id, Base: money.PriceOf(entry.base), Rounding: e.rounding,
			Amount: money.New(-entry.discount.Minor(), q.Currency),
		}
		if entry.kind == StepLine {
			s.Rate = p.percent
		}
		l := &q.Lines[entry.line]
		l.Trace = append(l.Trace, s)
	}
	for i := range q.Lines {
		l := &q.Lines[i]
		if !l.TaxRate.IsZero() {
			l.Trace = append(l.Trace, e.taxStep(l, w.running[i], w.taxBases[i]))
		}
	}
}

func (e *Engine) taxStep(l *QuoteLine, left money.Amount, base money.Price) Step {
	s := Step{Kind: StepTax, Source: l.TaxClass, Base: base, Rate: l.TaxRate, Amount: l.Tax, Rounding: e.rounding}
	if l.TaxIncluded {
		s.Kind = StepTaxIncluded
		if l.Total != left {
			s.Kind = StepTaxRemoved
			s.Amount = money.New(l.Total.Minor()-left.Minor(), left.Currency())
		}
	}
	return s
}
