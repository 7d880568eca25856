package assortment

import (
	"math"
	"slices"
)

// Problem asks which products to offer for the highest expected profit under a
// logit model.
type Problem struct {
	// Model says what customers choose. It is [MNL] here; see [NestedProblem] and
	// [MixtureProblem] for the others.
	Model MNL
	// Margin is what a sold unit of each product earns; it may be negative.
	Margin []float64
	// MaxProducts bounds the number of products; 0 is no bound.
	MaxProducts int
	// Space is what each product takes, MaxSpace what there is; nil is no bound.
	Space    []float64
	MaxSpace float64
	// FixedCost is what offering each product costs, and Customers how many come:
	// then the value is Customers × expected margin - the fixed costs. Nil is none,
	// and the value is the expected margin per customer.
	FixedCost []float64
	Customers float64
}

// Offer is the answer: the products in ascending order, what they earn, and how
// much better any other offer could be.
type Offer struct {
	Products []int
	Value    float64
	// Bound is an upper bound of the value of any offer. It equals Value where the
	// offer is proven to be optimal.
	Bound float64
	// Gap is (Bound - Value)/|Bound|, 0 for a proven optimum.
	Gap float64
	// Prefix is the best that an order by margin alone gives, within the same
	// constraints: the products of highest margin up to some number.
	Prefix float64
}

func (o *Offer) close() {
	o.Bound = math.Max(o.Bound, o.Value)
	if d := o.Bound - o.Value; d > 1e-12*math.Abs(o.Bound) {
		o.Gap = d / math.Abs(o.Bound)
	} else {
		o.Bound = o.Value
	}
	if o.Products == nil {
		o.Products = []int{}
	}
	slices.Sort(o.Products)
}

// mostProducts bounds the size of problems.
const mostProducts = 10_000_000

func (p Problem) check() error {
	n := len(p.Margin)
	switch {
	case n > mostProducts:
		return refuse("number of products", n, ErrRange)
	case len(p.Model.Utility) != n:
		return refuse("number of utilities", len(p.Model.Utility), ErrInput)
	case p.MaxProducts < 0:
		return refuse("most products", p.MaxProducts, ErrRange)
	case p.Space != nil && len(p.Space) != n:
		return refuse("number of spaces", len(p.Space), ErrInput)
	case p.Space != nil && !(p.MaxSpace >= 0 && p.MaxSpace <= 1e15):
		return refuse("most space", p.MaxSpace, ErrRange)
	case p.FixedCost != nil && len(p.FixedCost) != n:
		return refuse("number of fixed costs", len(p.FixedCost), ErrInput)
	case p.FixedCost != nil && !(p.Customers > 0 && p.Customers <= 1e15):
		return refuse("customers", p.Customers, ErrRange)
	}
	if err := p.Model.check(); err != nil {
		return err
	}
	if math.IsInf(p.Model.NoPurchase, -1) {
		return refuse("utility of no purchase", p.Model.NoPurchase, ErrRange)
	}
	if err := all("margin", p.Margin, -1e15, 1e15); err != nil {
		return err
	}
	if err := all("space", p.Space, 0, 1e15); err != nil {
		return err
	}
	return all("fixed cost", p.FixedCost, 0, 1e15)
}

// Solve returns the best offer; of several the one with the fewest products.
//
// Without space and fixed costs it is exact for any number of products: without a
// bound the best offer is a prefix of the products by falling margin (Talluri and
// van Ryzin, 2004), O(n log n); with a bound on their number it is found from the
// fixed point z = value of the K products with the largest positive v·(r - z)
// (Rusmevichientong, Shen and Shmoys, 2010), a handful of passes over the
// products. With space each step of that fixed point is a knapsack, with fixed
// costs the products are branched on; both are exact for some tens of products
// and beyond stop after a fixed amount of work with the gap that is then left.
func (p Problem) Solve() (Offer, error) {
	if err := p.check(); err != nil {
		return Offer{}, err
	}
	v, v0 := p.Model.weights()
	s := &search{Problem: p, v: v, v0: v0}
	var o Offer
	switch {
	case p.FixedCost != nil:
		o = s.withFixedCost()
	default:
		o = s.fixedPoint()
	}
	if o.Prefix = o.Value; p.MaxProducts > 0 || p.Space != nil || p.FixedCost != nil {
		o.Prefix = s.prefix()
	} // else the best offer is a prefix
	o.close()
	return o, nil
}

type search struct {
	Problem
	v        []float64
	v0       float64
	positive []ranked // reused by every step
}

// value returns the profit of an offer.
func (s *search) value(offer []int) float64 {
	top, bottom, cost := 0.0, s.v0, 0.0
	for _, i := range offer {
		top += float64(s.Margin[i] * s.v[i])
		bottom += s.v[i]
		if s.FixedCost != nil {
			cost += s.FixedCost[i]
		}
	}
	if s.FixedCost != nil {
		return s.Customers*top/bottom - cost
	}
	return top / bottom
}

// ranked is a product with what it is ranked by.
type ranked struct {
	by   float64
	item int
}

func compareRanked(a, b ranked) int {
	switch {
	case a.by > b.by:
		return -1
	case a.by < b.by:
		return 1
	}
	return a.item - b.item
}

// byMargin returns the first products by falling margin, so many at most; 0 is all.
func (s *search) byMargin(most int) []int {
	rs := make([]ranked, len(s.Margin))
	for i, m := range s.Margin {
		rs[i] = ranked{m, i}
	}
	if most > 0 && most < len(rs) {
		selectLargest(rs, most)
		rs = rs[:most]
	}
	slices.SortFunc(rs, compareRanked)
	order := make([]int, len(rs))
	for i, r := range rs {
		order[i] = r.item
	}
	return order
}

// prefix returns the value of the best prefix by margin that the constraints
// allow: a product that does not fit ends it.
func (s *search) prefix() float64 {
	top, bottom, cost, space, best := 0.0, s.v0, 0.0, 0.0, 0.0
	for k, i := range s.byMargin(s.MaxProducts) {
		if s.MaxProducts > 0 && k >= s.MaxProducts {
			break
		}
		if s.Space != nil {
			if space += s.Space[i]; space > s.MaxSpace {
				break
			}
		}
		top += float64(s.Margin[i] * s.v[i])
		bottom += s.v[i]
		value := top / bottom
		if s.FixedCost != nil {
			cost += s.FixedCost[i]
			value = s.Customers*top/bottom - cost
		}
		best = math.Max(best, value)
	}
	return best
}

// fixedPoint raises z to the value of the best offer at margins r - z until it
// stays (Dinkelbach, 1967).
func (s *search) fixedPoint() Offer {
	z := 0.0
	var best []int
	bound := math.Inf(1)
	for range 100 {
		offer, excess := s.linear(z)
		// excess bounds max Σ v(r-z) from above; the value of every offer is at most
		// z + (excess - z·v0)/v0.
		bound = math.Min(bound, z+math.Max(0, excess-z*s.v0)/s.v0)
		next := s.value(offer)
		if !(next > z+1e-15*math.Abs(z)) {
			break
		}
		z, best = next, offer
	}
	// What earns no more than z does not raise the value: leave it out.
	kept := best[:0]
	for _, i := range best {
		if s.Margin[i] > z+1e-12*math.Abs(z) {
			kept = append(kept, i)
		}
	}
	value := 0.0
	if len(kept) > 0 {
		value = s.value(kept)
	}
	return Offer{Products: kept, Value: value, Bound: bound}
}

// linear maximizes Σ v(r-z) under the constraints and returns an upper bound of
// it, which is exact but for a knapsack that is too hard.
func (s *search) linear(z float64) ([]int, float64) {
	s.positive = s.positive[:0]
	for i, m := range s.Margin {
		if m <= z {
			continue
		}
		if g := s.v[i] * (m - z); g > 0 && (s.Space == nil || s.Space[i] <= s.MaxSpace) {
			s.positive = append(s.positive, ranked{g, i})
		}
	}
	limit := s.MaxProducts
	if limit == 0 {
		limit = len(s.positive)
	}
	if s.Space != nil {
		return s.knapsack(s.positive, limit)
	}
	chosen := s.positive
	if len(chosen) > limit {
		selectLargest(chosen, limit)
		chosen = chosen[:limit]
	}
	sum := 0.0
	items := make([]int, len(chosen))
	for k, r := range chosen {
		sum += r.by
		items[k] = r.item
	}
	return items, sum
}

// selectLargest moves the k largest to the front; equal ones prefer the smaller
// index. Expected O(n) (Hoare's selection with a median of three).
func selectLargest(es []ranked, k int) {
	less := func(a, b ranked) bool { return a.by > b.by || a.by == b.by && a.item < b.item }
	low, high := 0, len(es)-1
	for low < high {
		middle := low + (high-low)/2
		if less(es[middle], es[low]) {
			es[middle], es[low] = es[low], es[middle]
		}
		if less(es[high], es[low]) {
			es[high], es[low] = es[low], es[high]
		}
		if less(es[high], es[middle]) {
			es[high], es[middle] = es[middle], es[high]
		}
		pivot := es[middle]
		a, b := low, high
		for a <= b {
			for less(es[a], pivot) {
				a++
			}
			for less(pivot, es[b]) {
				b--
			}
			if a <= b {
				es[a], es[b] = es[b], es[a]
				a++
				b--
			}
		}
		switch {
		case k-1 <= b:
			high = b
		case k-1 >= a:
			low = a
		default:
			low = high
		}
	}
}
