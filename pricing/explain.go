package pricing

import "github.com/flywheel-go/flywheel/pricing/money"

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
