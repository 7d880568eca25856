package pricing

import (
	"slices"

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
	class    *classTax      // of the goods, or of some with that rate
	parts    []money.Amount // its taxes, with Config.TaxEach
}

// taxed reports whether a tax is computed on the share: one that is included is
// taken out also for a buyer who is exempt from it.
func (d *deliveryShare) taxed(b *Basket) bool {
	return !d.rate.IsZero() && (d.included || !d.exempt(b))
}

// exempt reports that the buyer does not pay the tax of the share.
func (d *deliveryShare) exempt(b *Basket) bool { return b.TaxExempt || d.class.exempt }

// mix is how goods spread over rates of tax, in the order in which the rates come
// up.
type mix struct {
	rates   []money.Rate
	classes []*classTax
	weights []int64 // net amounts
}

// add adds what is taxed as t; with [Config.TaxEach] each class counts by itself.
func (m *mix) add(t *classTax, each bool, net int64) {
	k := 0
	for k < len(m.rates) && (m.rates[k] != t.rate || m.classes[k].exempt != t.exempt || each && m.classes[k] != t) {
		k++
	}
	if k == len(m.rates) {
		m.rates, m.classes, m.weights = append(m.rates, t.rate), append(m.classes, t), append(m.weights, 0)
	}
	m.weights[k] += net
}

// shareDelivery shares each delivery charge without a tax class over the rates of
// the goods by their net values, and taxes the shares. Goods that are all free
// have the rate of the first of them; where there are no goods nothing is taxed.
func (e *Engine) shareDelivery(q *Quote, b *Basket, w *work) error {
	for i := w.goodsLines; i < len(q.all); i++ {
		if w.taxes[i].tax != nil {
			continue
		}
		charge := &b.Shipping[i-w.goodsLines]
		goods := b.mixes[charge.ID] // of an order that is priced anew without what came back
		if goods == nil {
			goods = e.goodsMix(q, w, charge)
		}
		if err := e.shareCharge(q, w, i, goods); err != nil {
			return field(err, "%s.tax", b.place(i))
		}
	}
	if len(w.delivery) == 0 {
		return nil
	}
	if e.taxScope == tax.PerRate {
		return e.levySums(q, b, w)
	}
	for k := range w.delivery {
		d := &w.delivery[k]
		if !d.taxed(b) {
			continue
		}
		var err error
		if len(d.parts) > 0 {
			d.tax, err = e.levyEach(d.parts, d.class, money.PriceOf(d.amount), d.included, 1)
		} else {
			d.tax, err = e.taxOn(money.PriceOf(d.amount), d.rate, d.included, 1)
		}
		if err != nil {
			return field(err, "%s.tax", b.place(int(d.line)))
		}
	}
	return nil
}

// of reports whether a charge is for a line.
func (s *Shipping) of(line string) bool { return len(s.Lines) == 0 || slices.Contains(s.Lines, line) }

// goodsMix returns the mix of the goods that a charge is for.
func (e *Engine) goodsMix(q *Quote, w *work, charge *Shipping) *mix {
	m := &w.mixed
	m.rates, m.classes, m.weights = m.rates[:0], m.classes[:0], m.weights[:0]
	for g := range w.goodsLines {
		l, net := &q.all[g], w.running[g]
		if !charge.of(l.ID) {
			continue
		}
		if l.TaxIncluded {
			net -= l.Tax.Minor()
		}
		m.add(w.taxes[g].tax, e.taxEach, net)
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
		d := deliveryShare{line: int32(i), rate: goods.rates[k], included: l.TaxIncluded, amount: share, tax: money.New(0, q.Currency), class: goods.classes[k]}
		if e.taxEach {
			if n := len(d.class.codes); n > 0 || e.taxScope == tax.PerRate {
				d.parts = make([]money.Amount, max(1, n))
				for c := range d.parts {
					d.parts[c] = money.New(0, q.Currency)
				}
			}
		}
		w.delivery = append(w.delivery, d)
	}
	return nil
}

// sharedAs returns the share of a charge with tax that a tax is part of, and what the
// taxes of its class come to.
func (w *work) sharedAs(line int, part TaxPart) (base money.Price, whole money.Rate) {
	for k := range w.delivery {
		d := &w.delivery[k]
		if int(d.line) != line || len(d.parts) < len(d.class.codes) || minus(d.amount, d.tax) != part.Net {
			continue
		}
		for c, code := range d.class.codes {
			if code == part.Code && d.class.rates[c] == part.Rate && d.parts[c] == part.Tax {
				return money.PriceOf(d.amount), d.rate
			}
		}
	}
	return money.PriceOf(part.Net), money.Rate{} // not reached: each part comes of a share
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
		if d.included && d.tax.Minor() > d.amount.Minor() { // several, each rounded up
			d.tax = d.amount
			if err = capEach(d.parts, d.class, d.amount); err != nil {
				return err
			}
		}
		part := TaxPart{Rate: d.rate, Net: d.amount, Tax: d.tax}
		if d.included {
			part.Net = minus(d.amount, d.tax)
		}
		if d.exempt(b) {
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
		if len(d.parts) == 0 || len(d.class.codes) == 0 || d.exempt(b) {
			q.parts = append(q.parts, part)
			continue
		}
		for c, code := range d.class.codes {
			q.parts = append(q.parts, TaxPart{Code: code, Rate: d.class.rates[c], Net: part.Net, Tax: d.parts[c]})
		}
	}
	if none {
		return q.addRate(money.Rate{}, l.Net, l.Tax)
	}
	l.Taxes = q.parts[from:len(q.parts):len(q.parts)]
	return nil
}
