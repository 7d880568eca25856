package pricing

import (
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// explain cuts the log into one trace for each line.
func (e *Engine) explain(q *Quote, w *work) {
	w.stepCount = grown(w.stepCount, len(q.all))
	total := len(w.log)
	for i := range q.all {
		n := 1 + len(w.tiersOf(i, q.all[i].Quantity))
		if w.taxes[i].tax == nil {
			n += len(q.all[i].Taxes)
		} else if !q.all[i].TaxRate.IsZero() {
			n++
			if e.taxEach {
				n += max(1, len(w.taxes[i].tax.codes)) - 1
			}
		}
		w.stepCount[i] = int32(n)
		total += n
	}
	for i := range w.log {
		w.stepCount[w.log[i].line]++
	}
	q.steps = grown(q.steps, total)
	rest := q.steps
	for i := range q.all {
		n := w.stepCount[i]
		l := &q.all[i]
		l.Trace = rest[:0:n]
		rest = rest[n:]
		e.explainPrice(l, w, i)
	}
	for i := range w.log {
		entry := &w.log[i]
		l := &q.all[entry.line]
		l.Trace = append(l.Trace, Step{
			Kind: entry.kind, Source: e.promotions[entry.promotion].id, Base: money.PriceOf(money.New(entry.base, q.Currency)),
			Rate: entry.rate, Rounding: e.rounding, Amount: money.New(-entry.discount, q.Currency),
		})
	}
	for i := range q.all {
		l := &q.all[i]
		if w.taxes[i].tax == nil {
			e.explainDelivery(l, w, i)
		} else if !l.TaxRate.IsZero() {
			s := e.taxStep(l, w, i)
			if t := w.taxes[i].tax; e.taxEach && len(t.codes) > 0 {
				l.Trace = e.eachStep(l.Trace, s, w, i)
				continue
			}
			l.Trace = append(l.Trace, s)
		}
	}
}

// explainPrice begins the trace of a line.
func (e *Engine) explainPrice(l *QuoteLine, w *work, i int) {
	s := Step{Kind: StepPrice, Source: l.List, Base: l.Unit, Quantity: l.Quantity, Amount: l.Subtotal, Rounding: e.rounding}
	if tiers := w.tiersOf(i, l.Quantity); len(tiers) > 0 {
		for _, t := range tiers {
			l.Trace = append(l.Trace, Step{
				Kind: StepTier, Source: l.List, Base: t.unit, Quantity: t.count, Amount: money.New(0, w.currency), Rounding: e.rounding,
			})
		}
		s.Base, s.Quantity = w.exact[i], 1
	}
	l.Trace = append(l.Trace, s)
}

func (e *Engine) taxStep(l *QuoteLine, w *work, i int) Step {
	t := &w.taxes[i]
	s := Step{Kind: StepTax, Source: l.TaxClass, Base: t.base, Rate: l.TaxRate, Scope: t.scope, Amount: l.Tax, Rounding: e.rounding}
	if t.scope == tax.PerUnit {
		s.Quantity = l.Quantity
	}
	if t.paid > 0 {
		s.Base, s.Whole = money.PriceOf(money.New(t.paid, w.currency)), l.TaxRate
	}
	if l.TaxIncluded {
		s.Kind = StepTaxIncluded
		if left := w.running[i]; l.Total.Minor() != left {
			s.Kind = StepTaxRemoved
			s.Amount = money.New(l.Total.Minor()-left, w.currency)
		}
	}
	return s
}

// eachStep appends a step like s for each tax of a class.
func (e *Engine) eachStep(trace []Step, s Step, w *work, i int) []Step {
	t := &w.taxes[i]
	for c, code := range t.tax.codes {
		s.Source, s.Rate, s.Amount = code, t.tax.rates[c], w.each[t.each+c]
		switch s.Kind {
		case StepTaxRemoved:
			s.Amount = money.New(-s.Amount.Minor(), w.currency)
			s.Whole = t.tax.rate
		case StepTaxIncluded:
			s.Whole = t.tax.rate
		}
		trace = append(trace, s)
	}
	return trace
}

// explainDelivery ends the trace of shipping that is taxed like the goods.
func (e *Engine) explainDelivery(l *QuoteLine, w *work, i int) {
	if removed := w.running[i] - l.Total.Minor(); removed > 0 { // an included tax, for an exempt buyer
		l.Trace = append(l.Trace, Step{
			Kind: StepTaxRemoved, Base: money.PriceOf(money.New(w.running[i], w.currency)), Scope: tax.PerRate,
			Amount: money.New(-removed, w.currency), Rounding: e.rounding,
		})
	}
	for _, part := range l.Taxes {
		if part.Rate.IsZero() {
			continue
		}
		s := Step{Kind: StepTax, Rate: part.Rate, Base: money.PriceOf(part.Net), Amount: part.Tax, Rounding: e.rounding}
		if e.taxScope == tax.PerRate {
			s.Scope = tax.PerRate
		}
		if l.TaxIncluded {
			s.Kind = StepTaxIncluded
			s.Base = money.PriceOf(money.New(part.Net.Minor()+part.Tax.Minor(), w.currency))
		}
		if part.Code != "" { // one of several, each rounded
			s.Source = part.Code
			if l.TaxIncluded {
				s.Base, s.Whole = w.sharedAs(i, part)
			}
		}
		l.Trace = append(l.Trace, s)
	}
}
