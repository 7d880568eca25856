package assortment

import (
	"math"
	"slices"
)

// work bounds the nodes of a search for an exact answer, so that it takes about
// a tenth of a second.
const work = 2_000_000

// knapsack maximizes the gain of at most limit items within the space, by
// branching on the items by falling gain per space (Horowitz and Sahni, 1974).
// It returns the items and an upper bound, the exact maximum unless the search
// was cut off.
func (s *search) knapsack(items []ranked, limit int) ([]int, float64) {
	slices.SortFunc(items, func(a, b ranked) int {
		x, y := a.by*s.Space[b.item], b.by*s.Space[a.item]
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return a.item - b.item
	})
	k := &knapsack{limit: limit, taken: make([]bool, len(items)), left: work}
	for _, i := range items {
		k.gains, k.sizes = append(k.gains, i.by), append(k.sizes, s.Space[i.item])
	}
	// largest[j] is the largest gain of items from j on, for the bound by number.
	k.largest = make([]float64, len(items)+1)
	for j := len(items) - 1; j >= 0; j-- {
		k.largest[j] = math.Max(k.largest[j+1], k.gains[j])
	}
	root := k.bound(0, 0, s.MaxSpace, limit)
	k.best = -1
	k.branch(0, 0, s.MaxSpace, limit)
	var chosen []int
	for j, taken := range k.answer {
		if taken {
			chosen = append(chosen, items[j].item)
		}
	}
	bound := math.Max(k.best, 0)
	if k.left <= 0 {
		bound = root
	}
	return chosen, bound
}

type knapsack struct {
	gains, sizes, largest []float64
	limit                 int
	taken, answer         []bool
	best                  float64
	left                  int
}

// bound fills the space with fractions of items in order, and the number with the
// largest gain that is left.
func (k *knapsack) bound(at int, sum, space float64, number int) float64 {
	byNumber := sum + float64(number)*k.largest[at]
	for j := at; j < len(k.gains); j++ {
		if k.sizes[j] <= space {
			space -= k.sizes[j]
			sum += k.gains[j]
			continue
		}
		sum += k.gains[j] * space / k.sizes[j]
		break
	}
	return math.Min(sum, byNumber)
}

func (k *knapsack) branch(at int, sum, space float64, number int) {
	// An answer is noted on the way back, when what was added to it is noted already.
	defer func() {
		if sum > k.best {
			k.best = sum
			k.answer = slices.Clone(k.taken)
		}
	}()
	if at == len(k.gains) || number == 0 || k.left <= 0 {
		return
	}
	k.left--
	if k.bound(at, sum, space, number) <= k.best+1e-15*math.Abs(k.best) {
		return
	}
	if k.sizes[at] <= space {
		k.taken[at] = true
		k.branch(at+1, sum+k.gains[at], space-k.sizes[at], number-1)
		k.taken[at] = false
	}
	k.branch(at+1, sum, space, number)
}

// withFixedCost branches on the products by falling margin.
func (s *search) withFixedCost() Offer {
	b := &fixedCosts{search: s, order: s.byMargin(0), left: 2 * work / (intervals * max(1, len(s.Margin))), best: 0}
	b.bounds = math.Inf(-1)
	// A first answer: add or drop the product that helps most, until none does.
	b.climb()
	b.branch(0, nil, 0, s.v0, 0, 0)
	o := Offer{Products: slices.Clone(b.answer), Value: b.best, Bound: b.best}
	if b.left <= 0 {
		// At the root the bound can afford many intervals, each as narrow as the gap it
		// leaves.
		fine := b.bound(0, 0, s.v0, 0, 0, fineIntervals)
		o.Bound = math.Max(b.best, math.Min(b.bounds, fine))
	}
	return o
}

// intervals is how many parts a bound splits the weights of an offer into, in the
// search and for the bound that is reported.
const (
	intervals     = 12
	fineIntervals = 500
)

type fixedCosts struct {
	*search
	order  []int
	answer []int
	best   float64
	left   int
	bounds float64 // the largest bound of what was cut off unexplored
}

func (b *fixedCosts) fits(number int, space float64) bool {
	return (b.MaxProducts == 0 || number <= b.MaxProducts) && (b.Space == nil || space <= b.MaxSpace)
}

func (b *fixedCosts) climb() {
	in := make([]bool, len(b.order))
	top, bottom, cost, space, number := 0.0, b.v0, 0.0, 0.0, 0
	for range 100 * work / max(1, len(in)) {
		bestGain, at := 1e-12*math.Abs(b.best), -1
		now := b.Customers*top/bottom - cost
		for i := range in {
			sign := 1.0
			if in[i] {
				sign = -1
			}
			if sign > 0 {
				sp := space
				if b.Space != nil {
					sp += b.Space[i]
				}
				if !b.fits(number+1, sp) {
					continue
				}
			}
			value := b.Customers*(top+float64(sign*b.Margin[i]*b.v[i]))/(bottom+float64(sign*b.v[i])) - (cost + float64(sign*b.FixedCost[i]))
			if value-now > bestGain {
				bestGain, at = value-now, i
			}
		}
		if at < 0 {
			break
		}
		sign := 1.0
		if in[at] {
			sign = -1
		}
		in[at] = !in[at]
		top += float64(sign * b.Margin[at] * b.v[at])
		bottom += float64(sign * b.v[at])
		cost += float64(sign * b.FixedCost[at])
		if b.Space != nil {
			space += float64(sign * b.Space[at])
		}
		number += int(sign)
	}
	var offer []int
	for i, is := range in {
		if is {
			offer = append(offer, i)
		}
	}
	if v := b.value(offer); v > b.best {
		b.best, b.answer = v, offer
	}
}

func (b *fixedCosts) branch(at int, chosen []int, top, bottom, cost, space float64) {
	if v := b.Customers*top/bottom - cost; v > b.best+1e-12*math.Abs(b.best) || v > b.best-1e-12*math.Abs(b.best) && len(chosen) < len(b.answer) {
		b.best = math.Max(v, b.best)
		b.answer = slices.Clone(chosen)
	}
	if at == len(b.order) {
		return
	}
	bound := b.bound(at, top, bottom, cost, space, intervals)
	if bound <= b.best {
		return
	}
	if b.left <= 0 {
		b.bounds = math.Max(b.bounds, bound)
		return
	}
	b.left--
	i := b.order[at]
	more := space
	if b.Space != nil {
		more += b.Space[i]
	}
	if b.fits(len(chosen)+1, more) {
		b.branch(at+1, append(chosen, i), top+float64(b.Margin[i]*b.v[i]), bottom+b.v[i], cost+b.FixedCost[i], more)
	}
	b.branch(at+1, chosen, top, bottom, cost, space)
}

// bound splits the total weight W of the offer into intervals. Within [a, c] the
// profit is at most the one with each margin divided by a, over products whose
// weight fits into c: a knapsack, filled with fractions.
func (b *fixedCosts) bound(at int, top, bottom, cost, space float64, intervals int) float64 {
	most := bottom
	for _, i := range b.order[at:] {
		most += b.v[i]
	}
	if most <= bottom {
		return b.Customers*top/bottom - cost
	}
	ratio := math.Pow(most/bottom, 1/float64(intervals))
	type entry struct{ gain, weight float64 }
	var entries []entry
	best := math.Inf(-1)
	for k := range intervals {
		a := bottom * math.Pow(ratio, float64(k))
		room := a*ratio - bottom
		entries = entries[:0]
		for _, i := range b.order[at:] {
			if g := b.Customers*b.Margin[i]*b.v[i]/a - b.FixedCost[i]; g > 0 && (b.Space == nil || space+b.Space[i] <= b.MaxSpace) {
				entries = append(entries, entry{g, b.v[i]})
			}
		}
		slices.SortFunc(entries, func(x, y entry) int {
			switch d := x.gain*y.weight - y.gain*x.weight; {
			case d > 0:
				return -1
			case d < 0:
				return 1
			}
			return 0
		})
		sum := b.Customers*math.Max(top/a, top/(a*ratio)) - cost
		for _, e := range entries {
			if e.weight <= room {
				room -= e.weight
				sum += e.gain
				continue
			}
			sum += e.gain * room / e.weight
			break
		}
		best = math.Max(best, sum)
	}
	return best
}
