package pricing

import (
	"math"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// aim finds the lines of each selector.
func (e *Engine) aim(q *Quote, b *Basket, w *work) {
	w.pairs, w.pairKeys = w.pairs[:0], w.pairKeys[:0]
	w.all = grown(w.all, len(w.running))
	for i := range w.all {
		w.all[i] = int32(i)
	}
	if len(e.selectors) > 0 {
		for i := range b.Lines {
			if e.conditions.asksLine {
				e.conditions.loadLine(w.line, &b.Lines[i], &q.Lines[i])
			}
			if w.items[i] >= 0 {
				for _, s := range e.named.of(w.items[i]) {
					if e.selectors[s].lines.MatchRecord(w.line) {
						w.pairs, w.pairKeys = append(w.pairs, int32(i)), append(w.pairKeys, s)
					}
				}
			}
			for _, s := range e.free {
				if e.selectors[s].lines.MatchRecord(w.line) {
					w.pairs, w.pairKeys = append(w.pairs, int32(i)), append(w.pairKeys, s)
				}
			}
		}
	}
	for _, d := range e.deliveries {
		for i := range b.Shipping {
			if slices.Contains(d.ids, b.Shipping[i].ID) {
				w.pairs, w.pairKeys = append(w.pairs, int32(w.goodsLines+i)), append(w.pairKeys, d.selector)
			}
		}
	}
	w.targets.fill(len(e.selectors), w.pairKeys, w.pairs)
	if e.conditions.asksBasket {
		e.conditions.loadBasket(w.basket, b, w)
	}
}

// selected returns the lines of a selector.
func (w *work) selected(selector int32) []int32 {
	if selector < 0 {
		return w.all[:w.goodsLines]
	}
	return w.targets.of(selector)
}

// affected returns the lines that a plain p is computed on.
func (w *work) affected(p *promotion) []int32 {
	switch {
	case p.level == ShippingLevel && p.deliveries >= 0:
		return w.targets.of(p.deliveries)
	case p.level == ShippingLevel:
		return w.all[w.goodsLines:]
	}
	return w.selected(p.scope)
}

// refuse reports that p does not apply to the basket, and notes why.
func (e *Engine) refuse(r *Refusal, b *Basket, w *work, p *promotion, index int32) bool {
	if w.statics[index] == 0 {
		w.statics[index] = 1 + p.static(b, w)
	}
	if s := w.statics[index] - 1; s > 0 {
		r.Reason = staticReasons[s]
		return true
	}
	lines := w.selected(p.scope)
	if p.minimum > 0 {
		if sum := w.spent(p, lines); sum < p.minimum {
			r.Reason, r.Missing = ReasonMinimum, money.New(p.minimum-sum, b.Currency)
			return true
		}
	}
	if p.minimumQuantity > 0 {
		if n := w.boughtBy(b, p, lines); n < p.minimumQuantity {
			r.Reason, r.MissingQuantity = ReasonQuantity, p.minimumQuantity-n
			return true
		}
	}
	return false
}

// staticReasons are those that do not depend on other promotions.
var staticReasons = [...]Reason{"", ReasonCurrency, ReasonNotStarted, ReasonEnded, ReasonCoupon, ReasonCondition, ReasonNoLine}

// static returns the index of the reason in staticReasons, 0 for none.
func (p *promotion) static(b *Basket, w *work) uint8 {
	switch {
	case !p.currency.IsZero() && p.currency != b.Currency:
		return 1
	case b.At.Before(p.starts):
		return 2
	case !open(p.starts, p.ends, b.At):
		return 3
	case p.coupon != "" && !slices.Contains(w.codes, p.coupon):
		return 4
	case !p.when.MatchRecord(w.basket):
		return 5
	case p.shape != bundle && len(w.selected(p.scope)) == 0, p.level == ShippingLevel && len(w.affected(p)) == 0 && !p.standing:
		return 6
	}
	return 0
}

// spent returns the sum that a minimum of p looks at.
func (w *work) spent(p *promotion, lines []int32) (sum int64) {
	if !p.minimumOfLines {
		switch {
		case p.minimumBase == Original:
			return w.goodsBefore()
		case w.mixedTax:
			return w.sumOf(Running, w.all[:w.goodsLines])
		}
		return w.goods
	}
	return w.sumOf(p.minimumBase, lines)
}

// goodsBefore returns the sum of all goods before promotions.
func (w *work) goodsBefore() int64 {
	if w.mixedTax {
		return w.sumOf(Original, w.all[:w.goodsLines])
	}
	return w.originalGoods
}

// sumOf returns the sum of lines. Where some prices include tax and some do not,
// it is one with tax.
func (w *work) sumOf(base Basis, lines []int32) (sum int64) {
	amounts := w.running
	if base == Original {
		amounts = w.original
	}
	for _, i := range lines {
		if sum += w.withTax(i, amounts[i]); sum < 0 {
			return math.MaxInt64
		}
	}
	return sum
}

// spentOn is what one unit of a run is of the sum that a minimum of p looks at.
func (w *work) spentOn(p *promotion, r *run) int64 {
	u := &w.units[r.line][r.unit]
	if p.minimumBase == Original {
		return w.withTax(r.line, u.original)
	}
	return w.withTax(r.line, u.left)
}

// boughtBy returns how many units of the lines count as bought for p.
func (w *work) boughtBy(b *Basket, p *promotion, lines []int32) (n int64) {
	for _, i := range lines {
		if n += w.bought(b, p.minimumBase, i); n < 0 {
			return math.MaxInt64
		}
	}
	return n
}

// reach returns what p takes off: its own value, or that of the last tier that
// the lines reach. Where they reach none it returns what they lack to the first.
func (p *promotion) reach(b *Basket, w *work, lines []int32) (v value, missing, missingUnits int64) {
	if len(p.tiers) == 0 {
		return p.value, 0, 0
	}
	sum, n := w.sumOf(p.minimumBase, lines), w.boughtBy(b, p, lines)
	for i := len(p.tiers) - 1; i >= 0; i-- {
		t := &p.tiers[i]
		if sum >= t.Minimum.Minor() && n >= t.Quantity {
			return t.value(), 0, 0
		}
	}
	first := &p.tiers[0]
	return value{}, max(0, first.Minimum.Minor()-sum), max(0, first.Quantity-n)
}

// lacks notes what is missing to the first tier.
func (r *Refusal) lacks(missing, units int64, c money.Currency) {
	if units > 0 {
		r.Reason, r.MissingQuantity = ReasonQuantity, units
	}
	if missing > 0 {
		r.Reason, r.Missing = ReasonMinimum, money.New(missing, c)
	}
}
