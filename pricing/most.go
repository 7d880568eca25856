package pricing

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
		part := 1.0
		if len(c.shrinks) > 0 {
			part = 0
			for _, i := range c.shrinks {
				part = max(part, float64(w.running[i])/float64(max(1, w.original[i])))
			}
		}
		return min(worth, worth*part+4*c.units, float64(w.goods))
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
		if p.shape == buyGet && !w.choosesByRank(p) {
			if p.selection != GlobalCheapest {
				return most, nil
			}
			p.selection = MaxCustomerBenefit
		}
	}
	hasFloors := w.hasFloors
	w.hasFloors = false
	total, err := e.step(b, w, first, w.relaxed)
	w.hasFloors = hasFloors
	return min(most, total), err
}

// findShrinks finds the lines of a candidate that takes off a sum of shares of
// units, or of what units cost beyond a price: when each line has left at most a
// part of what it had, it takes off at most that part of what it would, but for
// up to 4 minor units on each unit, as cutting lines into units moves each by less
// than one, and so does rounding what is taken off it, before and after.
func (t *tree) findShrinks(b *Basket, w *work, p *promotion, c *candidate) {
	homogeneous := len(p.tiers) == 0 && p.maximum == 0 && p.maximumPerUse == 0 && (!p.value.percent.IsZero() || p.value.fixed())
	if p.byLine || p.shape == plain || p.percentBase == Original || !homogeneous {
		return
	}
	from := len(t.lines)
	w.roles = cleared(w.roles, w.goodsLines)
	add := func(lines []int32) {
		for _, i := range lines {
			if w.roles[i] == 0 {
				w.roles[i] = used
				t.lines = append(t.lines, i)
				c.units += float64(b.Lines[i].Quantity)
			}
		}
	}
	switch p.shape {
	case bundle:
		for _, part := range p.parts {
			add(w.selected(part.of))
		}
	case buyGet:
		add(w.selected(p.scope))
		add(w.selected(p.of))
	default:
		add(w.selected(p.of))
	}
	c.shrinks = t.lines[from:len(t.lines):len(t.lines)]
}
