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
//
// Beside the lines it looks at the goods as a whole, for minimums: see
// [candidate.least].
func (t *tree) bound(e *Engine, b *Basket, w *work, k int) int64 {
	t.left = t.left[:0]
	for _, running := range w.running {
		t.left = append(t.left, float64(running))
	}
	var sum, rest, slack float64  // one by one; those that leave all to the others; rounding
	least := float64(w.goods)     // what the goods as a whole are left with
	var beside, roundings float64 // what is taken beside that, and rounding
	t.cliques = t.cliques[:0]
	for j := k; j < len(t.candidates); j++ {
		c := &t.candidates[j]
		if t.blocked[j] > 0 {
			continue
		}
		if c.clique >= 0 {
			if !slices.Contains(t.cliques, c.clique) {
				t.cliques = append(t.cliques, c.clique)
				s, r, l, single := t.boundClique(e, w, j)
				sum, rest, slack = sum+s, rest+r, slack+l
				if single && !c.shippings {
					least = c.least(least, s)
					roundings += c.rounding
				} else {
					beside += s
				}
			}
			continue
		}
		most := t.most(e, w, c)
		if most == 0 {
			continue
		}
		sum += most
		if c.shippings {
			beside += most
		} else {
			least = c.least(least, most)
			roundings += c.rounding
		}
		switch {
		case c.rate > 0:
			for _, i := range c.lines {
				t.left[i] *= 1 - c.rate
			}
			slack += c.slack
		case c.amount > 0:
			t.takeAmount(c)
			slack += c.slack
		case c.each > 0:
			for _, i := range c.lines {
				t.left[i] = max(0, t.left[i]-c.each*float64(b.Lines[i].Quantity))
			}
		case c.share > 0 && c.share*t.sumLeft(c.targets)+c.units < most:
			for _, i := range c.targets {
				t.left[i] *= 1 - c.share
			}
			slack += c.units
		default:
			rest += most
		}
	}
	var all, left float64
	for i, running := range w.running {
		all += float64(running)
		left += t.left[i]
	}
	bound := min(all, sum, all-left+rest+slack, float64(w.goods)-least+beside+roundings)
	if bound >= math.MaxInt64/2 {
		return math.MaxInt64 / 2
	}
	return int64(math.Ceil(bound + all*1e-9 + 1e-6)) // what floating point may lack
}

// sumLeft returns what lines have left.
func (t *tree) sumLeft(lines []int32) (sum float64) {
	for _, i := range lines {
		sum += t.left[i]
	}
	return sum
}

// takeAmount takes an amount off lines by what is left of them.
func (t *tree) takeAmount(c *candidate) {
	sum := t.sumLeft(c.lines)
	if sum <= 0 {
		return
	}
	keep := 1 - min(c.amount, sum)/sum
	for _, i := range c.lines {
		t.left[i] *= keep
	}
}

// boundClique is the part of bound for the candidates of one clique, of which the
// first is j, and reports that it is the only one that is not blocked.
func (t *tree) boundClique(e *Engine, w *work, j int) (sum, rest, slack float64, single bool) {
	clique := t.candidates[j].clique
	percentages, open := true, 0
	for i := j; i < len(t.candidates); i++ {
		c := &t.candidates[i]
		if c.clique != clique || t.blocked[i] > 0 {
			continue
		}
		open++
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
		return sum, sum, 0, open == 1
	}
	return sum, 0, slack, open == 1
}
