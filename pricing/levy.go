package pricing

import (
	"math"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// lineTax is how the tax of a line comes about.
type lineTax struct {
	tax      *classTax   // nil for shipping that is taxed like the goods
	included bool        // in the price
	base     money.Price // the exact amount
	paid     int64       // what a voucher made the line cost, where the tax follows from that
	each     int         // where its components begin in work.each, with Config.TaxEach
	scope    tax.Scope   // tax.PerRate: the tax is a share
}

// rateTax is what is taxed at one rate, with [tax.PerRate]. With [Config.TaxEach]
// it is what one tax is levied on, and whole the rate of the class where that is
// included.
type rateTax struct {
	code     string
	rate     money.Rate
	whole    money.Rate
	included bool
	base     money.Price
}

// exempt reports that the buyer does not pay the tax of the line.
func (t *lineTax) exempt(b *Basket) bool { return b.TaxExempt || t.tax != nil && t.tax.exempt }

// levy computes the tax of each line, the line's total and the sums.
func (e *Engine) levy(q *Quote, b *Basket, w *work) error {
	w.each = w.each[:0]
	for i := range q.all {
		l := &q.all[i]
		l.Discount = money.New(w.original[i]-w.running[i], q.Currency)
		l.Net, l.Tax = money.New(w.running[i], q.Currency), money.New(0, q.Currency)
		t := &w.taxes[i]
		t.paid = 0
		if t.tax == nil { // shipping
			continue
		}
		if e.taxEach {
			t.each = len(w.each)
			for range max(1, len(t.tax.codes)) {
				w.each = append(w.each, money.New(0, q.Currency))
			}
		}
		var err error
		if t.base, err = w.taxBase(l, i); err != nil {
			return field(err, "%s.unit", b.place(i))
		}
		if t.exempt(b) && !l.TaxIncluded {
			l.TaxRate = money.Rate{}
		}
		if l.TaxRate.IsZero() || e.taxScope == tax.PerRate {
			continue
		}
		if err = e.levyLine(w, l, t); err != nil {
			return field(err, "%s.tax", b.place(i))
		}
	}
	e.settlePaid(q, b, w)
	w.delivery = w.delivery[:0]
	if err := e.levySums(q, b, w); err != nil {
		return err
	}
	if err := e.shareDelivery(q, b, w); err != nil {
		return err
	}
	for i := range q.all {
		if err := e.settle(q, b, w, i); err != nil {
			return field(err, "%s.total", b.place(i))
		}
	}
	return nil
}

// levySums computes the taxes that are rounded on sums, with [tax.PerRate].
func (e *Engine) levySums(q *Quote, b *Basket, w *work) (err error) {
	switch {
	case e.taxScope != tax.PerRate:
	case e.taxEach:
		err = e.levyTaxes(q, b, w)
	default:
		err = e.levyRates(q, b, w)
	}
	if err != nil {
		return field(err, "lines.tax")
	}
	return nil
}

// place names a line in an error.
func (b *Basket) place(i int) string {
	if i < len(b.Lines) {
		return indexed("lines", i)
	}
	return indexed("shipping", i-len(b.Lines))
}

// taxBase returns what the tax of a line is computed on: its exact amount, which
// a unit price finer than the minor unit can make finer, less its discount.
func (w *work) taxBase(l *QuoteLine, i int) (money.Price, error) {
	return w.baseOf(int32(i), l.Discount.Minor())
}

// baseOf is taxBase of a line as it stands.
func (w *work) baseOf(i int32, discount int64) (money.Price, error) {
	exact, running := w.exact[i], money.PriceOf(money.New(w.running[i], w.currency))
	if w.running[i] == 0 {
		return running, nil
	}
	if exact.Scale() == w.currency.Digits() { // then it is the subtotal
		return running, nil
	}
	exact, err := exact.Sub(money.PriceOf(money.New(discount, w.currency)))
	if err == nil && exact.Sign() < 0 { // the line amount was rounded up, then discounted
		return money.PriceOf(money.New(0, w.currency)), nil
	}
	return exact, err
}

// levyLine computes the tax of one line.
func (e *Engine) levyLine(w *work, l *QuoteLine, t *lineTax) (err error) {
	units := int64(1)
	if e.taxScope == tax.PerUnit && l.Quantity > 1 {
		units, t.scope = l.Quantity, tax.PerUnit
	}
	if e.taxEach && len(t.tax.codes) > 0 {
		parts := w.each[t.each:][:len(t.tax.codes)]
		l.Tax, err = e.levyEach(parts, t.tax, t.base, l.TaxIncluded, units)
		return err
	}
	each, err := e.taxOn(t.base, l.TaxRate, l.TaxIncluded, units)
	if err == nil {
		l.Tax, err = each.Mul(units)
	}
	if l.TaxIncluded && (err != nil || l.Tax.Minor() > l.Net.Minor()) {
		l.Tax, err = l.Net, nil // rounded up for each unit it was more than there is
	}
	return err
}

// taxOn returns Base·Rate, or the part of Base that is tax where it is included,
// divided by parts.
func (e *Engine) taxOn(base money.Price, rate money.Rate, included bool, parts int64) (money.Amount, error) {
	whole := int64(math.Pow10(rate.Scale()))
	part := rate.Coefficient()
	if included {
		whole += part
	}
	if parts > 1 {
		if whole = times(whole, parts); whole == math.MaxInt64 {
			return money.Amount{}, outOfRange("%d units are too many for a tax by unit", parts)
		}
	}
	return base.MulRatio(part, whole, e.rounding)
}

// levyRates computes the tax of all lines of each rate, and of the shares of
// delivery that are taxed at it, and shares it over them.
func (e *Engine) levyRates(q *Quote, b *Basket, w *work) (err error) {
	w.rates = w.rates[:0]
	for i := range q.all {
		if l := &q.all[i]; w.taxes[i].tax != nil && !l.TaxRate.IsZero() {
			if err = w.addBase(l.TaxRate, l.TaxIncluded, w.taxes[i].base); err != nil {
				return err
			}
		}
	}
	for k := range w.delivery {
		if d := &w.delivery[k]; d.taxed(b) {
			if err = w.addBase(d.rate, d.included, money.PriceOf(d.amount)); err != nil {
				return err
			}
		}
	}
	for k := range w.rates {
		if err = e.levyRate(q, b, w, &w.rates[k]); err != nil {
			return err
		}
	}
	return nil
}

// addBase adds to what is taxed at a rate.
func (w *work) addBase(rate money.Rate, included bool, base money.Price) (err error) {
	k := 0
	for k < len(w.rates) && (w.rates[k].rate != rate || w.rates[k].included != included) {
		k++
	}
	if k == len(w.rates) {
		w.rates = append(w.rates, rateTax{rate: rate, included: included, base: base})
		return nil
	}
	w.rates[k].base, err = plusPrice(w.rates[k].base, base)
	return err
}

// levyRate computes the tax of one rate and shares it by what each part has.
func (e *Engine) levyRate(q *Quote, b *Basket, w *work, r *rateTax) error {
	total, err := e.taxOn(r.base, r.rate, r.included, 1)
	if err != nil || total.IsZero() {
		return err
	}
	w.hits, w.weights = w.hits[:0], w.weights[:0]
	for i := range q.all {
		if l := &q.all[i]; w.taxes[i].tax != nil && l.TaxRate == r.rate && l.TaxIncluded == r.included {
			w.hits, w.weights = append(w.hits, int32(i)), append(w.weights, w.running[i])
		}
	}
	for k := range w.delivery {
		if d := &w.delivery[k]; d.taxed(b) && d.rate == r.rate && d.included == r.included {
			w.weights = append(w.weights, d.amount.Minor())
		}
	}
	if w.shares, err = total.AppendAllocate(w.shares[:0], w.weights); err != nil {
		return err
	}
	for k, i := range w.hits {
		q.all[i].Tax, w.taxes[i].scope = w.shares[k], tax.PerRate
	}
	next := len(w.hits)
	for k := range w.delivery {
		if d := &w.delivery[k]; d.taxed(b) && d.rate == r.rate && d.included == r.included {
			d.tax = w.shares[next]
			next++
		}
	}
	return nil
}

// plusPrice returns a + b.
func plusPrice(a, b money.Price) (money.Price, error) {
	minus, err := b.Mul(-1)
	if err != nil {
		return a, err
	}
	return a.Sub(minus)
}

// settle makes net, tax and total of a line and adds them to the sums.
func (e *Engine) settle(q *Quote, b *Basket, w *work, i int) (err error) {
	l := &q.all[i]
	if w.taxes[i].tax == nil {
		if err = q.settleDelivery(b, w, i); err != nil {
			return err
		}
	} else {
		if e.taxEach && l.TaxIncluded && l.Tax.Minor() > l.Net.Minor() {
			l.Tax, w.taxes[i].scope = l.Net, tax.PerRate // shared
			if err = capEach(w.each[w.taxes[i].each:], w.taxes[i].tax, l.Net); err != nil {
				return err
			}
		}
		if l.TaxIncluded {
			l.Net = minus(l.Net, l.Tax) // the tax is part of a base that rounds to net, so it is no more
			if w.taxes[i].exempt(b) {
				l.Tax = money.New(0, q.Currency)
			}
		}
		rate := l.TaxRate
		if w.taxes[i].exempt(b) {
			rate = money.Rate{}
		}
		if err = q.addRate(rate, l.Net, l.Tax); err != nil {
			return err
		}
		if err = e.split(q, b, w, l, &w.taxes[i]); err != nil {
			return err
		}
	}
	if l.Total, err = l.Net.Add(l.Tax); err != nil {
		return err
	}
	for _, sum := range [...]struct{ to, add *money.Amount }{
		{&q.Subtotal, &l.Subtotal}, {&q.Discount, &l.Discount}, {&q.Net, &l.Net}, {&q.Tax, &l.Tax}, {&q.Total, &l.Total},
	} {
		if *sum.to, err = sum.to.Add(*sum.add); err != nil {
			return err
		}
	}
	return nil
}

// minus returns a - b where 0 ≤ b ≤ a.
func minus(a, b money.Amount) money.Amount { return money.New(a.Minor()-b.Minor(), a.Currency()) }

// split shares the tax of a line over the components of its class.
func (e *Engine) split(q *Quote, b *Basket, w *work, l *QuoteLine, from *lineTax) (err error) {
	t := from.tax
	if len(t.codes) == 0 || t.rate.IsZero() {
		return nil
	}
	if e.taxEach && !from.exempt(b) {
		w.shares = append(w.shares[:0], w.each[from.each:][:len(t.codes)]...)
	} else if w.shares, err = l.Tax.AppendAllocate(w.shares[:0], t.weights); err != nil {
		return err
	}
	start := len(q.parts)
	for k, share := range w.shares {
		q.parts = append(q.parts, TaxPart{t.codes[k], t.rates[k], l.Net, share})
	}
	l.Taxes = q.parts[start:len(q.parts):len(q.parts)]
	return nil
}

// addRate adds to the breakdown by rate.
func (q *Quote) addRate(rate money.Rate, net, levied money.Amount) (err error) {
	k := 0
	for k < len(q.Taxes) && q.Taxes[k].Rate != rate {
		k++
	}
	if k == len(q.Taxes) {
		zero := money.New(0, q.Currency)
		q.Taxes = append(q.Taxes, RateTotal{rate, zero, zero, zero})
	}
	r := &q.Taxes[k]
	if r.Net, err = r.Net.Add(net); err != nil {
		return err
	}
	if r.Tax, err = r.Tax.Add(levied); err != nil {
		return err
	}
	r.Total, err = r.Net.Add(r.Tax)
	return err
}
