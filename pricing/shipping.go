package pricing

import "github.com/flywheel-go/flywheel/pricing/money"

// settleShipping taxes a shipping line like the goods: its amount is shared over
// the rates of the goods by their net values, and each share taxed at its rate.
// Goods that are all free have the rate of the first of them; where there are no
// goods nothing is taxed.
func (e *Engine) settleShipping(q *Quote, b *Basket, w *work, i int) (err error) {
	l := &q.all[i]
	w.rates, w.weights = w.rates[:0], w.weights[:0]
	for g := range w.goodsLines {
		rate := w.taxes[g].tax.rate // also where the buyer is exempt from it
		k := 0
		for k < len(w.rates) && w.rates[k].rate != rate {
			k++
		}
		if k == len(w.rates) {
			w.rates, w.weights = append(w.rates, rateTax{rate: rate}), append(w.weights, 0)
		}
		w.weights[k] += q.all[g].Net.Minor()
	}
	if len(w.rates) == 0 {
		return q.addRate(money.Rate{}, l.Net, l.Tax)
	}
	left := l.Net
	if w.shares, err = left.AppendAllocate(w.shares[:0], w.weights); err != nil {
		w.weights[0] = 1
		if w.shares, err = left.AppendAllocate(w.shares[:0], w.weights); err != nil {
			return err
		}
	}
	zero := money.New(0, q.Currency)
	l.Net, l.Tax = zero, zero
	from := len(q.parts)
	for k, share := range w.shares {
		part := TaxPart{Rate: w.rates[k].rate, Net: share}
		if part.Tax, err = e.taxOn(money.PriceOf(share), part.Rate, l.TaxIncluded, 1); err != nil {
			return err
		}
		if l.TaxIncluded {
			part.Net = minus(share, part.Tax)
		}
		if b.TaxExempt {
			part.Rate, part.Tax = money.Rate{}, zero
		}
		if l.Net, err = l.Net.Add(part.Net); err != nil {
			return err
		}
		if l.Tax, err = l.Tax.Add(part.Tax); err != nil {
			return err
		}
		if err = q.addRate(part.Rate, part.Net, part.Tax); err != nil {
			return err
		}
		q.parts = append(q.parts, part)
	}
	l.Taxes = q.parts[from:len(q.parts):len(q.parts)]
	return nil
}
