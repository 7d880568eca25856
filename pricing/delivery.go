package pricing

import (
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// deliveryShare is the part of a delivery charge that is taxed at one of the
// rates of the goods.
type deliveryShare struct {
	line     int32
	rate     money.Rate // of the goods, also where the buyer is exempt from it
	included bool
	amount   money.Amount // as charged, less discounts
	tax      money.Amount
}

// taxed reports whether a tax is computed on the share: one that is included is
// taken out also for a buyer who is exempt from it.
func (d *deliveryShare) taxed(b *Basket) bool {
	return !d.rate.IsZero() && (d.included || !b.TaxExempt)
}

// mix is how goods spread over rates of tax, in the order in which the rates come
// up.
type mix struct {
	rates   []money.Rate
	weights []int64 // net amounts
}

func (m *mix) add(rate money.Rate, net int64) {
	k := 0
	for k < len(m.rates) && m.rates[k] != rate {
		k++
	}
	if k == len(m.rates) {
		m.rates, m.weights = append(m.rates, rate), append(m.weights, 0)
	}
	m.weights[k] += net
}

// shareDelivery shares each delivery charge without a tax class over the rates of
// the goods by their net values, and taxes the shares. Goods that are all free
// have the rate of the first of them; where there are no goods nothing is taxed.
func (e *Engine) shareDelivery(q *Quote, b *Basket, w *work) error {
	goods := b.mix // of an order that is priced anew without what came back
	for i := w.goodsLines; i < len(q.all); i++ {
		if w.taxes[i].tax != nil {
			continue
		}
		if goods == nil {
			goods = w.goodsMix(q)
		}
		if err := e.shareCharge(q, w, i, goods); err != nil {
			return field(err, "%s.tax", b.place(i))
		}
	}
	if len(w.delivery) == 0 {
		return nil
	}
	if e.taxScope == tax.PerRate {
		if err := e.levyRates(q, b, w); err != nil {
			return field(err, "lines.tax")
		}
		return nil
	}
	for k := range w.delivery {
		d := &w.delivery[k]
		if !d.taxed(b) {
			continue
		}
		var err error
		if d.tax, err = e.taxOn(money.PriceOf(d.amount), d.rate, d.included, 1); err != nil {
			return field(err, "%s.tax", b.place(int(d.line)))
		}
	}
	return nil
}

// goodsMix returns the mix of the goods of the quote.
func (w *work) goodsMix(q *Quote) *mix {
	m := &w.mixed
	m.rates, m.weights = m.rates[:0], m.weights[:0]
	for g := range w.goodsLines {
		l, net := &q.all[g], w.running[g]
		if l.TaxIncluded {
			net -= l.Tax.Minor()
		}
		m.add(w.taxes[g].tax.rate, net)
	}
	return m
}

// shareCharge shares one charge.
func (e *Engine) shareCharge(q *Quote, w *work, i int, goods *mix) (err error) {
	l := &q.all[i]
	if len(goods.rates) == 0 {
		return nil
	}
	w.weights = append(w.weights[:0], goods.weights...)
	if w.shares, err = l.Net.AppendAllocate(w.shares[:0], w.weights); err != nil {
		w.weights[0] = 1
		if w.shares, err = l.Net.AppendAllocate(w.shares[:0], w.weights); err != nil {
			return err
		}
	}
	for k, share := range w.shares {
		w.delivery = append(w.delivery, deliveryShare{int32(i), goods.rates[k], l.TaxIncluded, share, money.New(0, q.Currency)})
	}
	return nil
}

// settleDelivery makes net and tax of a charge of its shares.
func (q *Quote) settleDelivery(b *Basket, w *work, i int) (err error) {
	l := &q.all[i]
	zero := money.New(0, q.Currency)
	from, none := len(q.parts), true
	for k := range w.delivery {
		d := &w.delivery[k]
		if int(d.line) != i {
			continue
		}
		if none {
			l.Net, l.Tax, none = zero, zero, false
		}
		part := TaxPart{Rate: d.rate, Net: d.amount, Tax: d.tax}
		if d.included {
			part.Net = minus(d.amount, d.tax)
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
	if none {
		return q.addRate(money.Rate{}, l.Net, l.Tax)
	}
	l.Taxes = q.parts[from:len(q.parts):len(q.parts)]
	return nil
}
