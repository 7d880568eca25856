package pricing

import (
	"math"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// levyEach computes each tax of a class on the base of some units into parts, and
// returns their sum.
func (e *Engine) levyEach(parts []money.Amount, t *classTax, base money.Price, included bool, units int64) (sum money.Amount, err error) {
	sum = money.New(0, base.Currency())
	for k, rate := range t.rates {
		if parts[k], err = e.partOn(base, rate, t.rate, included, units); err == nil {
			parts[k], err = parts[k].Mul(units)
		}
		if err == nil {
			sum, err = sum.Add(parts[k])
		}
		if err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// partOn is taxOn of one tax of several that come to whole, all of which are included
// where one is.
func (e *Engine) partOn(base money.Price, rate, whole money.Rate, included bool, parts int64) (money.Amount, error) {
	if !included {
		return e.taxOn(base, rate, false, parts)
	}
	scale := max(rate.Scale(), whole.Scale())
	part := rate.Coefficient() * int64(math.Pow10(scale-rate.Scale()))
	of := int64(math.Pow10(scale)) + whole.Coefficient()*int64(math.Pow10(scale-whole.Scale()))
	if of = times(of, parts); of == math.MaxInt64 {
		return money.Amount{}, outOfRange("%d units are too many for a tax by unit", parts)
	}
	return base.MulRatio(part, of, e.rounding)
}

// bearer is what bears one tax of a class: a line, or a share of delivery.
type bearer struct {
	tax      *classTax
	included bool
	base     money.Price
	weight   int64
	parts    []money.Amount // of the taxes of the class
	scope    *tax.Scope     // of a line
}

// levyTaxes is levyRates where each tax is rounded by itself: on all that bears it
// at one rate, of whatever class.
func (e *Engine) levyTaxes(q *Quote, b *Basket, w *work) (err error) {
	w.bearers = w.bearers[:0]
	for i := range q.all {
		if l, t := &q.all[i], &w.taxes[i]; t.tax != nil && !l.TaxRate.IsZero() {
			parts := w.each[t.each:][:max(1, len(t.tax.codes))]
			w.bearers = append(w.bearers, bearer{t.tax, l.TaxIncluded, t.base, w.running[i], parts, &t.scope})
		}
	}
	for k := range w.delivery {
		if d := &w.delivery[k]; d.taxed(b) {
			w.bearers = append(w.bearers, bearer{d.class, d.included, money.PriceOf(d.amount), d.amount.Minor(), d.parts, nil})
		}
	}
	w.rates = w.rates[:0]
	for k := range w.bearers {
		bear := &w.bearers[k]
		for c := range bear.parts {
			if err = w.addTax(bear.kind(c), bear.base); err != nil {
				return err
			}
		}
	}
	for k := range w.rates {
		if err = e.levyTax(w, &w.rates[k]); err != nil {
			return err
		}
	}
	next := 0
	sum := func() money.Amount {
		total := money.New(0, q.Currency)
		for _, part := range w.bearers[next].parts {
			total = money.New(total.Minor()+part.Minor(), q.Currency) // each is no more than ten times what there is
		}
		next++
		return total
	}
	for i := range q.all {
		if l := &q.all[i]; w.taxes[i].tax != nil && !l.TaxRate.IsZero() {
			l.Tax = sum()
		}
	}
	for k := range w.delivery {
		if d := &w.delivery[k]; d.taxed(b) {
			d.tax = sum()
		}
	}
	return nil
}

// kind returns what tells one tax of the class from others.
func (b *bearer) kind(c int) rateTax {
	r := rateTax{rate: b.tax.rate, included: b.included}
	if len(b.tax.codes) > 0 {
		r.code, r.rate = b.tax.codes[c], b.tax.rates[c]
	}
	if b.included {
		r.whole = b.tax.rate
	}
	return r
}

func (r *rateTax) like(o rateTax) bool {
	return r.code == o.code && r.rate == o.rate && r.whole == o.whole && r.included == o.included
}

func (w *work) addTax(r rateTax, base money.Price) (err error) {
	for k := range w.rates {
		if w.rates[k].like(r) {
			w.rates[k].base, err = plusPrice(w.rates[k].base, base)
			return err
		}
	}
	r.base = base
	w.rates = append(w.rates, r)
	return nil
}

// levyTax computes one tax on all that bears it and shares it by what each has.
func (e *Engine) levyTax(w *work, r *rateTax) error {
	total, err := e.partOn(r.base, r.rate, r.whole, r.included, 1)
	if err != nil || total.IsZero() {
		return err
	}
	each := func(yield func(part *money.Amount, bear *bearer)) {
		for k := range w.bearers {
			bear := &w.bearers[k]
			for c := range bear.parts {
				if r.like(bear.kind(c)) {
					yield(&bear.parts[c], bear)
				}
			}
		}
	}
	w.weights = w.weights[:0]
	each(func(_ *money.Amount, bear *bearer) { w.weights = append(w.weights, bear.weight) })
	if w.shares, err = total.AppendAllocate(w.shares[:0], w.weights); err != nil {
		return err
	}
	next := 0
	each(func(part *money.Amount, bear *bearer) {
		*part = w.shares[next]
		next++
		if bear.scope != nil {
			*bear.scope = tax.PerRate
		}
	})
	return nil
}

// capEach shares what is left over parts that came to more, each rounded up.
func capEach(parts []money.Amount, t *classTax, left money.Amount) error {
	if len(t.weights) == 0 {
		return nil
	}
	shares, err := left.Allocate(t.weights...)
	copy(parts, shares)
	return err
}
