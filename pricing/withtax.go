package pricing

import (
	"math"

	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// taxedAs returns the rate and the basis of a line of goods: an exempt buyer pays no
// tax on top of a price, and the price that includes one as far as it is concerned.
func (w *work) taxedAs(b *Basket, i int32) (rate money.Rate, included bool) {
	t := &w.taxes[i]
	if t.included || t.tax == nil || t.exempt(b) {
		return money.Rate{}, true
	}
	return t.tax.rate, t.tax.rate.IsZero()
}

// gross returns what a line of goods costs with tax as it stands.
func (e *Engine) gross(b *Basket, w *work, i int32) (int64, error) {
	rate, included := w.taxedAs(b, i)
	if included || w.running[i] == 0 {
		return w.running[i], nil
	}
	base, err := w.baseOf(i, w.original[i]-w.running[i])
	if err != nil {
		return 0, err
	}
	units := int64(1)
	if e.taxScope == tax.PerUnit {
		units = w.quantity(b, i)
	}
	levied, err := e.taxOn(base, rate, false, units)
	if err == nil {
		levied, err = levied.Mul(units)
	}
	if err == nil && levied.Minor() > math.MaxInt64-w.running[i] {
		err = outOfRange("%s with tax", money.New(w.running[i], w.currency))
	}
	return w.running[i] + levied.Minor(), err
}

// quantity returns the units of a line of goods.
func (w *work) quantity(b *Basket, i int32) int64 { return b.Lines[i].Quantity }

// netOf returns what is left without tax of a line that costs gross, no more than
// it has.
func (e *Engine) netOf(b *Basket, w *work, i int32, gross int64) (int64, error) {
	rate, included := w.taxedAs(b, i)
	if included {
		return min(gross, w.running[i]), nil
	}
	levied, err := e.taxOn(money.PriceOf(money.New(gross, w.currency)), rate, true, 1)
	return min(gross-levied.Minor(), w.running[i]), err
}

// offWithTax takes an amount that counts with tax off one line, notes what it costs
// then as the next of w.paid, and returns what that is without tax.
func (e *Engine) offWithTax(b *Basket, w *work, k int, i int32, amount int64) (int64, error) {
	w.paid = grown(w.paid, k+1)
	gross, err := e.gross(b, w, i)
	if err != nil {
		return 0, err
	}
	w.paid[k] = max(0, gross-amount)
	return e.upTo(b, w, k, i)
}

// upTo returns what a line has to lose without tax to cost w.paid[k]. A floor stops
// it; then w.paid[k] is what that leaves.
func (e *Engine) upTo(b *Basket, w *work, k int, i int32) (int64, error) {
	net, err := e.netOf(b, w, i, w.paid[k])
	if err != nil {
		return 0, err
	}
	if net == w.running[i] && net > 0 && (!w.hasFloors || net > w.floors[i]) { // the cent was one of the tax
		if before, err := e.gross(b, w, i); err != nil || w.paid[k] < before {
			return 1, err
		}
	}
	if !w.hasFloors || net >= w.floors[i] {
		return w.running[i] - net, nil
	}
	before := w.running[i]
	w.running[i] = min(w.floors[i], before)
	w.paid[k], err = e.gross(b, w, i)
	off := before - w.running[i]
	w.running[i] = before
	return off, err
}

// shareWithTax spreads an amount that counts with tax over lines by what they cost
// with tax. What a floor refuses is spread again over those that still have room.
func (e *Engine) shareWithTax(b *Basket, w *work, lines []int32, amount int64) (total int64, err error) {
	w.discounts, w.paid = cleared(w.discounts, len(lines)), grown(w.paid, len(lines))
	w.weights = w.weights[:0]
	var sum int64
	for k, i := range lines {
		if w.paid[k], err = e.gross(b, w, i); err != nil {
			return 0, err
		}
		if sum += w.paid[k]; sum < 0 {
			return 0, outOfRange("the goods with tax")
		}
		w.weights = append(w.weights, w.paid[k])
	}
	for left := min(amount, sum); left > 0; {
		if w.shares, err = money.New(left, w.currency).AppendAllocate(w.shares[:0], w.weights); err != nil {
			break // there is no room left on any line
		}
		for k, i := range lines {
			want := max(0, w.paid[k]-w.shares[k].Minor())
			before := w.paid[k]
			w.paid[k] = want
			if w.discounts[k], err = e.upTo(b, w, k, i); err != nil {
				return 0, err
			}
			left -= before - w.paid[k]
			if w.paid[k] != want || want == 0 {
				w.weights[k] = 0
			}
		}
	}
	for _, d := range w.discounts {
		total += d
	}
	return total, nil
}

// settlePaid makes the tax of a line what is left of the amount that a voucher made
// it cost.
func (e *Engine) settlePaid(q *Quote, b *Basket, w *work) {
	if e.taxScope == tax.PerRate || e.taxEach {
		return
	}
	for k := len(w.log) - 1; k >= 0; k-- {
		entry := &w.log[k]
		i := entry.line
		if int(i) >= w.goodsLines || entry.paid < 0 || entry.base-entry.discount != w.running[i] {
			continue
		}
		rate, included := w.taxedAs(b, i)
		levied := money.New(entry.paid-w.running[i], w.currency)
		if included || levied.Sign() < 0 || levied == q.all[i].Tax {
			continue
		}
		q.all[i].Tax = levied
		w.taxes[i].paid, w.taxes[i].scope = entry.paid, tax.PerLine
		if again, err := e.taxOn(money.PriceOf(money.New(entry.paid, w.currency)), rate, true, 1); err != nil || again != levied {
			w.taxes[i].scope = tax.PerRate // a cent that no rate gives
		}
	}
}
