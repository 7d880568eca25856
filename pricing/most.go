package pricing

import "slices"

// most returns no less than what a candidate can take off from here on.
func (t *tree) most(e *Engine, w *work, c *candidate) float64 {
	p := &e.promotions[c.first]
	if !p.byLine && p.minimum > 0 && w.spent(p, w.selected(p.scope)) < p.minimum {
		return 0
	}
	worth := float64(c.worth)
	if c.grows {
		worth = float64(c.ceiling)
	}
	if c.lines == nil {
		var left float64
		for _, i := range c.targets {
			left += float64(w.running[i])
		}
		if p.byLine {
			left = float64(w.goods)
		}
		if c.share > 0 {
			left = left*c.share + c.units
		}
		return min(worth, left)
	}
	var sum float64
	for _, i := range c.lines {
		sum += float64(w.running[i])
	}
	if c.rate > 0 {
		return min(worth, sum*c.rate+c.rounding)
	}
	return min(worth, sum)
}

// least returns the least that the goods can be left with after a candidate that
// takes off most, where it was least before: when it is taken they had its
// minimum.
func (c *candidate) least(least, most float64) float64 {
	before := max(least, float64(c.minimum))
	after := before - most
	if c.rate > 0 {
		after = max(after, before*(1-c.rate))
	}
	return min(least, after)
}

// ceiling returns no less than what a turn that may grow can take off after any
// others: what it takes off first when nothing caps a line or the sum, for it is
// that which makes it grow; or else when it discounts the dearest units that it
// can.
func (e *Engine) ceiling(b *Basket, w *work, first int32, turn []promotion) (int64, error) {
	w.relaxed = append(w.relaxed[:0], turn...)
	p := &w.relaxed[0]
	most := w.goods
	if slices.ContainsFunc(turn, func(p promotion) bool { return p.odd() }) {
		return most, nil
	}
	switch {
	case p.byLine:
		for m := range w.relaxed {
			w.relaxed[m].maximum = 0
		}
	default:
		if p.maximum > 0 {
			most = min(most, p.maximum)
		}
		p.maximumPerLine = 0
		switch {
		case p.shape == gift:
			p.minimum, p.minimumQuantity = 0, 0
			p.scope = -1
		case p.shape == buyGet && p.selection == GroupDescending && !w.sameLines(p), p.percentBase == Original:
			return most, nil
		case p.shape == buyGet:
			p.selection = MaxCustomerBenefit
		}
	}
	hasFloors := w.hasFloors
	w.hasFloors = false
	total, err := e.step(b, w, first, w.relaxed)
	w.hasFloors = hasFloors
	return min(most, total), err
}
