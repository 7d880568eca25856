package pricing

import "math"

// bound returns no less than what the candidates from k on can take off.
func (t *tree) bound(e *Engine, w *work, k int) int64 {
	left := t.left
	for i := range left {
		left[i] = 1 // the fraction that percentages leave of each line
	}
	var sum, rest, slack float64 // one by one; those that are no percentages; rounding
	for j := k; j < len(t.candidates); j++ {
		c := &t.candidates[j]
		if c.clique >= 0 || t.blocked[j] > 0 {
			continue
		}
		most := t.most(e, w, c)
		if most == 0 {
			continue
		}
		sum += most
		if c.rate == 0 {
			rest += most
			continue
		}
		slack += c.slack
		for _, i := range c.lines {
			left[i] *= 1 - c.rate
		}
	}
	for _, clique := range t.cliques {
		s, r, l := t.boundClique(e, w, k, clique)
		sum, rest, slack = sum+s, rest+r, slack+l
	}
	var all, percentages float64
	for i, running := range w.running {
		all += float64(running)
		percentages += float64(running) * (1 - left[i])
	}
	bound := min(all, sum, percentages+rest+slack)
	if bound >= math.MaxInt64/2 {
		return math.MaxInt64 / 2
	}
	return int64(math.Ceil(bound + bound*1e-9 + 1e-6)) // what floating point may lack
}

// most returns no less than what a candidate can take off from here on.
func (t *tree) most(e *Engine, w *work, c *candidate) float64 {
	worth := float64(c.worth)
	if c.lines == nil {
		return worth
	}
	p := &e.promotions[c.first]
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

// boundClique is the part of bound for candidates of which one can be taken.
func (t *tree) boundClique(e *Engine, w *work, k int, clique int32) (sum, rest, slack float64) {
	percentages := true
	for j := k; j < len(t.candidates); j++ {
		c := &t.candidates[j]
		if c.clique != clique || t.blocked[j] > 0 {
			continue
		}
		most := t.most(e, w, c)
		if most == 0 {
			continue
		}
		sum = max(sum, most)
		slack = max(slack, c.slack)
		percentages = percentages && c.rate > 0
		for _, i := range c.lines {
			t.rates[i] = max(t.rates[i], c.rate)
		}
	}
	for j := k; j < len(t.candidates); j++ {
		c := &t.candidates[j]
		if c.clique != clique {
			continue
		}
		for _, i := range c.lines {
			if percentages {
				t.left[i] *= 1 - t.rates[i]
			}
			t.rates[i] = 0
		}
	}
	if !percentages {
		return sum, sum, 0
	}
	return sum, 0, slack
}
