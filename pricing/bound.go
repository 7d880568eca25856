package pricing

import (
	"math"
	"slices"
)

// bound returns no less than what the candidates from k on can take off. It lets
// all of them take in their order what they can, without rounding, of what those
// before have left; that is a bound because taking more before leaves no more in
// the end. Where only one of several can be taken it is the largest percentage,
// where the first of them stands. What depends on more than the sum of its lines
// takes what it would take now, and leaves all to the others.
func (t *tree) bound(e *Engine, w *work, k int) int64 {
	t.left = t.left[:0]
	for _, running := range w.running {
		t.left = append(t.left, float64(running))
	}
	var sum, rest, slack float64 // one by one; those that leave all to the others; rounding
	t.cliques = t.cliques[:0]
	for j := k; j < len(t.candidates); j++ {
		c := &t.candidates[j]
		if t.blocked[j] > 0 {
			continue
		}
		if c.clique >= 0 {
			if !slices.Contains(t.cliques, c.clique) {
				t.cliques = append(t.cliques, c.clique)
				s, r, l := t.boundClique(e, w, j)
				sum, rest, slack = sum+s, rest+r, slack+l
			}
			continue
		}
		most := t.most(e, w, c)
		if most == 0 {
			continue
		}
		sum += most
		switch {
		case c.rate > 0:
			for _, i := range c.lines {
				t.left[i] *= 1 - c.rate
			}
			slack += c.slack
		case c.amount > 0:
			t.takeAmount(c)
			slack += c.slack
		default:
			rest += most
		}
	}
	var all, left float64
	for i, running := range w.running {
		all += float64(running)
		left += t.left[i]
	}
	bound := min(all, sum, all-left+rest+slack)
	if bound >= math.MaxInt64/2 {
		return math.MaxInt64 / 2
	}
	return int64(math.Ceil(bound + all*1e-9 + 1e-6)) // what floating point may lack
}

// takeAmount takes an amount off lines by what is left of them.
func (t *tree) takeAmount(c *candidate) {
	var sum float64
	for _, i := range c.lines {
		sum += t.left[i]
	}
	if sum <= 0 {
		return
	}
	keep := 1 - min(c.amount, sum)/sum
	for _, i := range c.lines {
		t.left[i] *= keep
	}
}

// most returns no less than what a candidate can take off from here on.
func (t *tree) most(e *Engine, w *work, c *candidate) float64 {
	worth := float64(c.worth)
	p := &e.promotions[c.first]
	if c.grows {
		return float64(min(c.ceiling, w.goods))
	}
	if c.lines == nil {
		return worth
	}
	if p.minimum > 0 && w.spent(p, w.selected(p.scope)) < p.minimum {
		return 0
	}
	var sum float64
	for _, i := range c.lines {
		sum += float64(w.running[i])
	}
	if c.rate > 0 {
		return min(worth, sum*c.rate+c.slack)
	}
	return min(worth, sum)
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

// boundClique is the part of bound for the candidates of one clique, of which the
// first is j.
func (t *tree) boundClique(e *Engine, w *work, j int) (sum, rest, slack float64) {
	clique := t.candidates[j].clique
	percentages := true
	for i := j; i < len(t.candidates); i++ {
		c := &t.candidates[i]
		if c.clique != clique || t.blocked[i] > 0 {
			continue
		}
		most := t.most(e, w, c)
		if most == 0 {
			continue
		}
		sum = max(sum, most)
		slack = max(slack, c.slack)
		percentages = percentages && c.rate > 0
		for _, l := range c.lines {
			t.rates[l] = max(t.rates[l], c.rate)
		}
	}
	for i := j; i < len(t.candidates); i++ {
		c := &t.candidates[i]
		if c.clique != clique {
			continue
		}
		for _, l := range c.lines {
			if percentages {
				t.left[l] *= 1 - t.rates[l]
			}
			t.rates[l] = 0
		}
	}
	if !percentages {
		return sum, sum, 0
	}
	return sum, 0, slack
}
