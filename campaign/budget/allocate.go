package budget

import (
	"container/heap"
	"fmt"
	"math"
	"slices"
)

// Allocate returns the allocation that brings most, with the proof of how far from
// the best it can be. Where all curves are concave the answer is exact. With
// S-shaped curves and minimum spends it is found by branch and bound: the concave
// envelope of each curve gives a problem that bounds the true one and is solved
// exactly; the channel whose envelope lies furthest above its curve is split in
// two; what cannot beat the best known is dropped.
//
// A node takes O(n log n) for n channels and periods; concave curves take one.
func Allocate(p Plan) (*Allocation, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	return p.search(), nil
}

// search state of one plan.
type search struct {
	plan    *Plan
	n       int // channels
	budget  float64
	groups  []Period
	best    []float64 // spends of the best allocation so far, by item
	value   float64
	scratch []*item
	x       []float64
}

// node is a part of the space with its bound.
type node struct {
	items  []item
	x      []float64
	bound  float64
	number int
	found  bool // its relaxed solution is an allocation: nothing to split
	split  int
}

type queue []*node

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].bound != q[j].bound {
		return q[i].bound > q[j].bound
	}
	return q[i].number < q[j].number
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push is for container/heap.
func (q *queue) Push(x any) { *q = append(*q, x.(*node)) }

// Pop is for container/heap.
func (q *queue) Pop() any {
	old := *q
	n := old[len(old)-1]
	*q = old[:len(old)-1]
	return n
}

func (p *Plan) search() *Allocation {
	s := &search{plan: p, n: len(p.Channels), budget: p.Budget, value: math.Inf(-1), groups: p.Periods}
	if len(s.groups) == 0 {
		s.groups = []Period{{}}
	}
	tolerance, most := p.Tolerance, p.MostNodes
	if tolerance == 0 {
		tolerance = 1e-9
	}
	if most == 0 {
		most = 20_000
	}
	var items []item
	for _, period := range s.groups {
		for i, c := range p.Channels {
			high := c.High
			if high == 0 || math.IsInf(high, 1) {
				high = maxMoney
			}
			if period.High > 0 {
				high = min(high, max(period.High, c.Low))
			}
			it := item{curve: c.Curve, weight: 1, low: c.Low, least: max(c.Low, c.Minimum), high: max(min(high, p.Budget), c.Low)}
			if period.Factors != nil {
				it.weight = period.Factors[i]
			}
			if it.least > it.high {
				it.high, it.least = it.low, it.low
			}
			it.prepare()
			items = append(items, it)
		}
	}
	s.x = make([]float64, len(items))
	var open queue
	nodes := 0
	add := func(items []item) {
		nodes++
		n := &node{items: items, number: nodes}
		if !s.relax(n) || n.bound <= s.value {
			return
		}
		s.round(n)
		if !n.found {
			heap.Push(&open, n)
		}
	}
	add(items)
	bound := s.value
	for len(open) > 0 {
		n := heap.Pop(&open).(*node)
		bound = max(n.bound, s.value)
		if bound-s.value <= tolerance*math.Abs(bound) || nodes >= most {
			break
		}
		for _, part := range n.parts() {
			add(part)
		}
		bound = s.value
		if len(open) > 0 {
			bound = max(bound, open[0].bound)
		}
	}
	return s.allocation(bound, nodes, tolerance)
}

// pointers gives the items of a group, or of all for -1.
func (s *search) pointers(items []item, group int) []*item {
	s.scratch = s.scratch[:0]
	from, to := 0, len(items)
	if group >= 0 {
		from, to = group*s.n, (group+1)*s.n
	}
	for i := from; i < to; i++ {
		s.scratch = append(s.scratch, &items[i])
	}
	return s.scratch
}

// relax solves a node with envelopes. It reports false where the node holds no
// allocation.
func (s *search) relax(n *node) bool {
	x, ok := s.solve(n.items)
	if !ok {
		return false
	}
	n.x = x
	worst := 0.0
	n.split = -1
	for i := range n.items {
		it := &n.items[i]
		e := it.envelope(x[i])
		n.bound += e
		if x[i] > it.low && x[i] < it.turn {
			if above := e - it.response(x[i]); above > worst || it.least > x[i] && n.split < 0 {
				worst, n.split = above, i
			}
		}
	}
	n.bound += 1e-14 * math.Abs(n.bound)
	return true
}

// solve solves the problem with envelopes. It reports false where the limits leave
// no allocation.
func (s *search) solve(items []item) (x []float64, ok bool) {
	x = make([]float64, len(items))
	lows := 0.0
	for i := range items {
		lows += items[i].low
	}
	if lows > s.budget*(1+1e-12) {
		return nil, false
	}
	limited := false
	for _, g := range s.groups {
		limited = limited || g.Low > 0 || g.High > 0
	}
	if !limited {
		fill(s.pointers(items, -1), s.budget, x)
		return x, true
	}
	// What a period spends at a price is what its channels would without its
	// limits, moved to within them: its best response is concave in its spend.
	lowest := 0.0
	own := make([]float64, len(s.groups))
	for g, period := range s.groups {
		low, high := 0.0, 0.0
		for _, it := range s.pointers(items, g) {
			low += it.low
			high += it.high
		}
		if period.High > 0 && low > period.High*(1+1e-12) || high < period.Low*(1-1e-12) {
			return nil, false
		}
		lowest += max(low, period.Low)
	}
	if lowest > s.budget*(1+1e-12) {
		return nil, false
	}
	sum := func(price float64, own []float64, pick func(least, most float64) float64) (total float64) {
		for g, period := range s.groups {
			least, most := 0.0, 0.0
			for _, it := range s.pointers(items, g) {
				a, b := it.best(price)
				least += a
				most += b
			}
			own[g] = period.within(pick(least, most))
			total += own[g]
		}
		return total
	}
	least := func(least, _ float64) float64 { return least }
	most := func(_, most float64) float64 { return most }
	price := s.price(items, func(price float64) (float64, float64) { return sum(price, own, least), sum(price, own, most) })
	// Each period gets the least at the price, and what is left goes to those that
	// are as well off with more.
	room := make([]float64, len(s.groups))
	price, rest := prices(price)
	left := s.budget - sum(price, own, least)
	sum(rest, room, most)
	for g, period := range s.groups {
		if add := min(max(room[g]-own[g], 0), left); add > 0 {
			own[g] += add
			left -= add
		}
		if left < 0 && own[g] > period.Low { // rounding
			take := min(-left, own[g]-period.Low)
			own[g] -= take
			left += take
		}
	}
	for g := range s.groups {
		fill(s.pointers(items, g), own[g], x[g*s.n:(g+1)*s.n])
	}
	afford(s.pointers(items, -1), s.budget, x) // of a tiny budget the rounding of prices is a part
	return x, true
}

// within moves a spend to within the limits of a period.
func (p Period) within(spend float64) float64 {
	if p.High > 0 {
		spend = min(spend, p.High)
	}
	return max(spend, p.Low)
}

// price finds the price at which the budget lies between the least and the most
// that is spent.
func (s *search) price(items []item, totals func(price float64) (least, most float64)) float64 {
	var slopes []float64
	top := 1e-300
	for i := range items {
		it := &items[i]
		switch {
		case it.high <= it.low:
		case it.turn > it.low:
			slopes = append(slopes, it.slope)
			top = max(top, it.slope)
		default:
			top = max(top, it.marginal(it.low+min(s.budget/float64(len(items))*1e-3, it.high-it.low)))
		}
	}
	if _, most := totals(0); most <= s.budget {
		return 0
	}
	slices.Sort(slopes)
	slopes = slices.Compact(slopes)
	from, to := 0, len(slopes)
	for from < to {
		middle := (from + to) / 2
		least, most := totals(slopes[middle])
		switch {
		case least > s.budget:
			from = middle + 1
		case most < s.budget:
			to = middle
		default:
			return slopes[middle]
		}
	}
	bottom := 0.0
	if from > 0 {
		bottom = slopes[from-1]
	}
	if from < len(slopes) {
		top = slopes[from]
	}
	over := func(price float64) float64 {
		least, _ := totals(price)
		return least - s.budget
	}
	for from == len(slopes) && over(top) > 0 && top < 1e300 {
		top *= 1e3
	}
	return root(over, bottom, top, s.budget)
}

// parts splits a node at the channel whose envelope lies furthest above its curve.
func (n *node) parts() [][]item {
	it := n.items[n.split]
	at := n.x[n.split]
	left, right := it, it
	if at < it.least {
		left.high, left.least = it.low, it.low
		right.low = it.least
	} else {
		wide := it.turn - it.low
		at = min(max(at, it.low+wide/16), it.turn-wide/16)
		at = max(at, it.least)
		left.high = at
		right.low, right.least = at, at
	}
	var out [][]item
	for _, part := range []item{left, right} {
		if part.high < part.low {
			continue
		}
		part.prepare()
		items := slices.Clone(n.items)
		items[n.split] = part
		out = append(out, items)
	}
	return out
}

// round makes allocations of a node's relaxed solution and keeps the best. Where
// no channel is on the straight part of its envelope, the solution itself is one.
func (s *search) round(n *node) {
	if n.split < 0 {
		n.found = true
		s.keep(n.items, n.x)
		return
	}
	s.keep(n.items, n.x)
	it := &n.items[n.split]
	// The channel does without, gets as much as its envelope suggests, or what the
	// others leave.
	for _, at := range []float64{it.low, it.turn} {
		items := slices.Clone(n.items)
		items[n.split].low, items[n.split].high, items[n.split].least = at, at, at
		items[n.split].prepare()
		if x, ok := s.solve(items); ok {
			s.keep(items, x)
		}
	}
	if n.bound-s.value < 1e-3*math.Abs(n.bound) {
		s.balance(n)
	}
}

// keep takes spends as the best allocation if they are one and bring more, and
// returns what they bring.
func (s *search) keep(items []item, x []float64) (value float64) {
	for i := range items {
		// A minimum that is not met forbids it.
		c := &s.plan.Channels[i%s.n]
		if c.Minimum > 0 && x[i] > 0 && x[i] < c.Minimum*(1-1e-12) {
			return math.Inf(-1)
		}
		value += items[i].response(x[i])
	}
	if value > s.value {
		s.value = value
		s.best = append(s.best[:0], x...)
	}
	return value
}

// balance looks for the best spend of the channel on the straight part, with what
// it leaves going to the others, by golden section. Where there are several peaks
// it finds one of them; the search goes on in any case.
func (s *search) balance(n *node) {
	it := n.items[n.split]
	items := slices.Clone(n.items)
	worth := func(v float64) float64 {
		own := &items[n.split]
		own.low, own.high, own.least = v, v, v
		own.prepare()
		x, ok := s.solve(items)
		if !ok {
			return math.Inf(-1)
		}
		return s.keep(items, x)
	}
	const golden = 0.6180339887498949
	from, to := max(it.low, it.least), it.turn
	a, b := to-golden*(to-from), from+golden*(to-from)
	atA, atB := worth(a), worth(b)
	for range 40 {
		if atA > atB {
			to, b, atB = b, a, atA
			a = to - golden*(to-from)
			atA = worth(a)
		} else {
			from, a, atA = a, b, atB
			b = from + golden*(to-from)
			atB = worth(b)
		}
	}
}

// marginal is what the next unit brings in a period, by the channel that makes
// most of it.
func (s *search) marginal(period Period, spend []float64) float64 {
	sum, most := 0.0, 0.0
	for _, x := range spend {
		sum += x
	}
	if period.High > 0 && sum >= period.High*(1-1e-12) {
		return 0
	}
	for i, c := range s.plan.Channels {
		if c.High > 0 && spend[i] >= c.High*(1-1e-12) || c.Minimum > 0 && spend[i] == 0 {
			continue
		}
		weight := 1.0
		if period.Factors != nil {
			weight = period.Factors[i]
		}
		if weight > 0 {
			most = max(most, weight*c.Curve.Marginal(spend[i]))
		}
	}
	return min(most, math.MaxFloat64)
}

func (s *search) allocation(bound float64, nodes int, tolerance float64) *Allocation {
	a := &Allocation{Response: s.value, Bound: max(bound, s.value), Nodes: nodes}
	for g, period := range s.groups {
		row := slices.Clone(s.best[g*s.n : (g+1)*s.n])
		a.Marginal = max(a.Marginal, s.marginal(period, row))
		for _, v := range row {
			a.Spent += v
		}
		a.Spend = append(a.Spend, row)
	}
	if a.Bound > 0 {
		a.Gap = max((a.Bound-a.Response)/a.Bound, 0)
	}
	if a.Gap > tolerance {
		a.Warnings = append(a.Warnings, fmt.Sprintf("the search stopped after %d nodes with a gap of %.2g", nodes, a.Gap))
	}
	if a.Spent < s.budget*(1-1e-9) {
		a.Warnings = append(a.Warnings, fmt.Sprintf("%.6g of the budget cannot be spent within the limits", s.budget-a.Spent))
	}
	return a
}
