package pricing

import "slices"

// monotony says how what a candidate leaves depends on what there was before.
// Where more before leaves more, taking a promotion never makes those behind it
// leave more in the end, so that a combination with it is no worse.
type monotony uint8

const (
	// jumpy: more before may leave less, as where a tier is missed.
	jumpy monotony = iota
	// selecting: more before, of each unit, leaves a greater sum, as where the
	// cheapest units are free; which lines have it may change.
	selecting
	// byEach: on each line, more before leaves more, but for the noise of
	// rounding.
	byEach
	// byTotal is byEach, and a greater sum before leaves a greater sum, exactly.
	byTotal
)

// characterize finds what the bounds and the order of a candidate need.
//
// A percentage, an amount and a price leave more of a line where there was more,
// also under caps and above floors. What is shared by what is left takes from line
// i the lesser of its room and λ·left(i), with one λ for all lines, which shrinks
// when any line grows: so does a cap on what a promotion takes in all. Rounding
// the shares adds up to a minor unit on each line, for each round of sharing, and
// as much again to what it is compared with.
func (e *Engine) characterize(b *Basket, w *work, p *promotion, c *candidate) {
	if p.byLine {
		c.shape, c.grows = e.characterizeGroup(e.promotions[c.first : int(c.first)+p.together])
		return
	}
	if p.odd() {
		c.shape, c.grows, c.moving = jumpy, true, true
		c.targets = w.all[:w.goodsLines]
		return
	}
	if w.mixedTax && p.minimum > 0 {
		c.moving = true // the sum with tax
	} else if p.minimumBase == Running {
		c.moving = len(p.tiers) > 0 || p.minimumOfLines && p.minimum > 0
		if !p.minimumOfLines {
			c.minimum = p.minimum
		}
	}
	bounded := w.hasFloors || p.maximumPerLine > 0
	if p.shape != plain {
		// A unit that is free is not bought, and not chosen before one that
		// costs something: with more before there may be less left.
		c.grows = bounded || p.shape != bundle || p.percentBase == Original
		if p.shape == buyGet && p.get == 1 && p.selection != MaxCustomerBenefit && p.percentBase == Running && !bounded && w.sameLines(p) {
			// All but the k cheapest, or every k-th, stay. A unit that costs a
			// little instead of nothing makes at most itself one more of them.
			c.shape = selecting
		}
		c.targets = w.unitLines(p)
		if p.percentBase == Running {
			c.share = p.greatestRate()
			for _, i := range c.targets {
				for k := range w.units[i] {
					c.units += float64(w.units[i][k].count)
				}
			}
		}
		return
	}
	n := int64(len(w.running)) // what rounds
	if w.byUnits {
		for i := range w.goodsLines {
			n += b.Lines[i].Quantity
		}
	}
	c.lines = w.affected(p)
	c.shippings = p.level == ShippingLevel
	capped := p.maximum > 0 || p.maximumPerLine > 0 || p.maximumPerUse > 0
	if p.percentBase == Running && !capped {
		c.rate = p.greatestRate()
		c.slack, c.rounding = float64(len(c.lines)), 1
		if p.level == LineLevel {
			c.rounding = c.slack
		}
		switch {
		case c.rate > 0 || len(p.tiers) > 0:
		case p.level == LineLevel:
			c.each = float64(p.value.amount.Minor())
		case !p.value.fixed() && !bounded:
			c.amount = float64(p.value.amount.Minor())
		}
	}
	switch {
	case w.byUnits && p.asksUnits(): // a unit that has become free counts no more
	case len(c.lines) == 1, p.level == LineLevel && p.maximum == 0:
		c.shape = byEach
	case p.level == LineLevel:
		c.shape, c.noise = byEach, 2*n
	case bounded:
		c.shape, c.noise = byEach, 2*n*n // up to n rounds
	case len(c.lines) == w.goodsLines && !c.shippings, c.shippings && p.deliveries < 0:
		c.shape, c.noise = byTotal, 2*n
	default:
		c.shape, c.noise = byEach, 2*n
	}
}

// odd reports that p rounds, counts or shares in a way for which no bound but what
// is left is known.
func (p *promotion) odd() bool { return p.perUnit || p.withTax || p.shared }

// greatestRate returns the greatest percentage that p takes off, 0 where it takes
// off something else.
func (p *promotion) greatestRate() float64 {
	percent := p.value.percent
	if n := len(p.tiers); n > 0 {
		percent = p.tiers[n-1].Percent // each tier gives more than the one before
	}
	rate := float64(percent.Coefficient())
	for range percent.Scale() {
		rate /= 10
	}
	return rate
}

// unitLines returns the lines whose units a promotion can make cheaper, all of them
// where those are of several selectors.
func (w *work) unitLines(p *promotion) []int32 {
	if p.shape != bundle {
		return w.selected(p.of)
	}
	if len(p.parts) == 1 {
		return w.selected(p.parts[0].of)
	}
	return w.all[:w.goodsLines]
}

// asksUnits reports that a minimum or a tier looks at a number of units.
func (p *promotion) asksUnits() bool {
	return p.minimumQuantity > 0 || slices.ContainsFunc(p.tiers, func(t Tier) bool { return t.Quantity > 0 })
}

// sameLines reports that the units that a BuyGet asks for and those that it
// discounts are of the same lines.
func (w *work) sameLines(p *promotion) bool {
	return slices.Equal(w.selected(p.scope), w.selected(p.of))
}

// characterizeGroup is for promotions that are decided line by line: the best of
// several that hold byEach holds it too. A cap is shared by what all lines get, so
// that with one the best may even grow.
func (e *Engine) characterizeGroup(turn []promotion) (shape monotony, grows bool) {
	shape = byEach
	for m := range turn {
		p := &turn[m]
		grows = grows || p.maximum > 0 || p.odd()
		if p.minimumBase == Running && (len(p.tiers) > 0 || p.minimum > 0) {
			shape = jumpy
		}
	}
	if grows {
		shape = jumpy
	}
	return shape, grows
}

// sure reports that of the candidates behind k, whichever are taken, more before
// leaves a greater sum, but for noise: those of which it holds line by line, then
// perhaps one that selects, then those of which it holds for the sum, on goods and
// on shipping. What is left of the goods will be between low and high: a minimum
// outside of that is no question.
func (t *tree) sure(e *Engine, w *work, k int, low, high int64) (noise int64, sure bool) {
	var lines [2]bool // what is left of each line matters from here on
	for j := len(t.candidates) - 1; j > k; j-- {
		c := &t.candidates[j]
		if t.blocked[j] > 0 || c.minimum > high {
			continue
		}
		if c.moving && w.moves(&e.promotions[c.first], high-low) {
			return 0, false
		}
		side := 0
		if c.shippings {
			side = 1
		}
		switch {
		case c.shape == jumpy, c.minimum > low, c.shape == selecting && lines[side]:
			return 0, false
		case c.shape == byTotal && !lines[side]:
			continue
		}
		noise += c.noise
		lines[side] = true
	}
	return noise, true
}

// moves reports that what the lines of p have left passes a tier or the minimum
// of p when up to more is taken off.
func (w *work) moves(p *promotion, more int64) bool {
	if w.mixedTax { // then the sums are others
		return true
	}
	var high int64
	for _, i := range w.selected(p.scope) {
		high += w.running[i]
	}
	passes := func(minimum int64) bool { return minimum > high-more && minimum <= high }
	if p.minimumOfLines && passes(p.minimum) {
		return true
	}
	return slices.ContainsFunc(p.tiers, func(t Tier) bool { return passes(t.Minimum.Minor()) })
}
