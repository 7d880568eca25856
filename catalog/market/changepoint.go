package market

import (
	"fmt"
	"math"
	"slices"
)

// Cost is what a segment without a change costs: minus twice its log-likelihood,
// up to constants.
type Cost uint8

// Costs.
const (
	// NormalMean: the mean changes, the variance does not. The cost is the residual
	// sum of squares.
	NormalMean Cost = iota
	// NormalMeanVariance: both change. The cost is n·(ln 2π + ln σ² + 1), σ² floored
	// at 1e-11.
	NormalMeanVariance
	// PoissonRate: the rate of counts changes. The cost is 2·S·(ln n - ln S), S being
	// the sum.
	PoissonRate
)

const varianceFloor = 1e-11

// Changes asks where a series changes.
type Changes struct {
	Cost Cost
	// Penalty is what each change costs. 0 is a stated rule, at which fewer than
	// one in a hundred white series of 500 values gets a change: 2.5·ln n for
	// PoissonRate, 2.5·ln n·σ² for NormalMean, σ estimated from the median of the
	// absolute differences of neighbors, and 4·ln n for NormalMeanVariance. A
	// series whose values depend on those before gets more.
	Penalty float64
	// MinSegment is the least number of values between changes; 0 is 1, for
	// NormalMeanVariance 5 (a variance of few values is often tiny by chance).
	MinSegment int
}

// Segmentation is the answer.
type Segmentation struct {
	// At are the changes: each is the number of values before it.
	At []int
	// Objective is the sum of the costs plus Penalty per change.
	Objective float64
	// Penalty is the one used.
	Penalty float64
}

func (c Changes) prepare(values []float64) (Changes, error) {
	if c.Cost > PoissonRate {
		return c, refuse("cost", uint8(c.Cost), ErrInput)
	}
	if c.MinSegment == 0 {
		c.MinSegment = 1
		if c.Cost == NormalMeanVariance {
			c.MinSegment = 5
		}
	}
	if c.MinSegment < 1 {
		return c, refuse("min segment", c.MinSegment, ErrRange)
	}
	if err := checkSeries(values, 1); err != nil {
		return c, err
	}
	if c.Cost == PoissonRate {
		for i, x := range values {
			if x < 0 || x != math.Trunc(x) {
				return c, refuse(fmt.Sprintf("values[%d]", i), x, ErrRange)
			}
		}
	}
	if !(c.Penalty >= 0 && c.Penalty <= 1e100) {
		return c, refuse("penalty", c.Penalty, ErrRange)
	}
	if c.Penalty == 0 {
		ln := math.Log(float64(max(2, len(values))))
		switch c.Cost {
		case NormalMeanVariance:
			c.Penalty = 4 * ln
		case PoissonRate:
			c.Penalty = 2.5 * ln
		default:
			c.Penalty = 2.5 * ln * differenceVariance(values)
			if c.Penalty == 0 {
				return c, refuse("penalty", "not given, and most neighbors are equal", ErrNoSpread)
			}
		}
	}
	return c, nil
}

// differenceVariance estimates the variance from the median absolute difference of
// neighbors, which changes of the mean hardly move.
func differenceVariance(values []float64) float64 {
	if len(values) < 2 {
		return 1
	}
	d := make([]float64, len(values)-1)
	for i := range d {
		d[i] = math.Abs(values[i+1] - values[i])
	}
	slices.Sort(d)
	s := madScale * middle(d) / math.Sqrt2
	return s * s
}

// sums holds cumulative sums of a series less its first value, which keeps them
// small where the level is far from zero.
type sums struct {
	cost   Cost
	linear []float64
	square []float64
}

func newSums(cost Cost, values []float64) *sums {
	s := &sums{cost: cost, linear: make([]float64, len(values)+1), square: make([]float64, len(values)+1)}
	base := 0.0
	if cost != PoissonRate {
		base = values[0]
	}
	for i, x := range values {
		x -= base
		s.linear[i+1] = s.linear[i] + x
		s.square[i+1] = s.square[i] + float64(x*x)
	}
	return s
}

// of returns the cost of values a to b-1.
func (s *sums) of(a, b int) float64 {
	n, l := float64(b-a), s.linear[b]-s.linear[a]
	switch s.cost {
	case PoissonRate:
		if l <= 0 {
			return 0
		}
		return 2 * l * (math.Log(n) - math.Log(l))
	case NormalMeanVariance:
		v := math.Max(varianceFloor, (s.square[b]-s.square[a]-l*l/n)/n)
		return n * (math.Log(2*math.Pi) + math.Log(v) + 1)
	}
	return math.Max(0, s.square[b]-s.square[a]-l*l/n)
}

// Find returns the changes that minimize the objective exactly. For NormalMean
// with segments of any length it prunes functionally (Maidstone, Hocking, Rigaill
// and Fearnhead, 2017), which takes some O(n log n) whether or not there are
// changes; otherwise it is PELT (Killick, Fearnhead and Eckley, 2012), linear
// where changes come as the series grows and O(n²) without any.
func (c Changes) Find(values []float64) (Segmentation, error) {
	c, err := c.prepare(values)
	if err != nil {
		return Segmentation{}, err
	}
	s := newSums(c.Cost, values)
	var last []int32
	if c.Cost == NormalMean && c.MinSegment == 1 {
		last = functional(s, c.Penalty)
	} else {
		last = pelt(s, c.Penalty, c.MinSegment)
	}
	r := Segmentation{At: []int{}, Penalty: c.Penalty}
	for t := len(values); t > 0; {
		from := int(last[t])
		r.Objective += s.of(from, t)
		if from > 0 {
			r.At = append(r.At, from)
			r.Objective += c.Penalty
		}
		t = from
	}
	slices.Reverse(r.At)
	return r, nil
}

// pelt returns, for each end, where its last segment starts.
func pelt(s *sums, penalty float64, least int) []int32 {
	n := len(s.linear) - 1
	best, last := make([]float64, n+1), make([]int32, n+1)
	best[0] = -penalty
	if least > n {
		return last // too short for a change
	}
	type candidate struct {
		start int32
		until int32 // the end at which it is dropped, 0 for never so far
		value float64
		here  float64 // value with the segment from start to the current end
	}
	list := []candidate{{value: best[0]}}
	for t := least; t <= n; t++ {
		if start := t - least; start >= least {
			list = append(list, candidate{start: int32(start), value: best[start]})
		}
		min, from := math.Inf(1), int32(0)
		costs := list[:0]
		for _, c := range list {
			if c.until != 0 && int32(t) >= c.until {
				continue
			}
			costs = append(costs, c)
		}
		list = costs
		for i := range list {
			c := &list[i]
			c.here = c.value + s.of(int(c.start), t)
			if v := c.here + penalty; v < min {
				min, from = v, c.start
			}
		}
		best[t], last[t] = min, from
		for i := range list {
			c := &list[i]
			if c.until == 0 && c.here >= min {
				// From the end at which t can start a segment, t is at least as good.
				c.until = int32(t + least)
			}
		}
	}
	return last
}

// functional keeps, for every level that the last segment can have, the start that
// is best for it: intervals of levels, each with its start.
func functional(s *sums, penalty float64) []int32 {
	n := len(s.linear) - 1
	best, last := make([]float64, n+1), make([]int32, n+1)
	best[0] = -penalty
	type piece struct {
		low, high float64
		start     int32
		// base is best[start] + penalty - the squares before it; its cost at level m is
		// base + squares[t] - 2·m·(linear[t]-linear[start]) + (t-start)·m².
		base, linear float64
		// middle is the best level at the current end, inverse 1/(t-start).
		middle, inverse float64
	}
	pieces := []piece{{low: math.Inf(-1), high: math.Inf(1)}}
	inverses := make([]float64, n+1)
	for k := 1; k <= n; k++ {
		inverses[k] = 1 / float64(k)
	}
	next := make([]piece, 0, 16)
	for t := 1; t <= n; t++ {
		lin, sq := s.linear[t], s.square[t]
		min, from := math.Inf(1), int32(0)
		for i := range pieces {
			p := &pieces[i]
			k := int32(t) - p.start
			l, inverse := lin-p.linear, inverses[k]
			m := l * inverse
			p.middle, p.inverse = m, inverse
			if m < p.low {
				m = p.low
			} else if m > p.high {
				m = p.high
			}
			if v := p.base + m*(float64(k)*m-2*l); v < min {
				min, from = v, p.start
			}
		}
		best[t], last[t] = min+sq, from
		// A start at t would cost min + penalty at every level: it takes the levels
		// where a piece costs more.
		level := min + penalty
		next = next[:0]
		fresh := false // whether the last piece of next starts at t
		take := func(low, high float64) {
			if fresh {
				next[len(next)-1].high = high
				return
			}
			next = append(next, piece{low: low, high: high, start: int32(t), base: level, linear: lin})
			fresh = true
		}
		for i := range pieces {
			p := &pieces[i]
			m := p.middle
			d := (level-p.base)*p.inverse + m*m // base + k·(m'-m)² - k·m² <= level
			below, above := (p.low-m)*(p.low-m), (p.high-m)*(p.high-m)
			switch {
			case d <= 0 || m < p.low && below >= d || m > p.high && above >= d:
				take(p.low, p.high)
			case below <= d && above <= d:
				next = append(next, *p)
				fresh = false
			default:
				r := math.Sqrt(d)
				low, high := p.low, p.high
				if x := m - r; x > low {
					take(low, x)
					low = x
				}
				kept := *p
				kept.low = low
				if x := m + r; x < high {
					kept.high = x
					next = append(next, kept)
					fresh = false
					take(x, high)
				} else {
					next = append(next, kept)
					fresh = false
				}
			}
		}
		pieces, next = next, pieces
	}
	return last
}

// BinarySegmentation splits the segment whose best split gains most, as long as it
// gains more than the penalty, up to most changes (0 is any number). It is a
// heuristic: use [Changes.Find] unless the number of changes is to be bounded.
// Scott and Knott (1974). O(n·changes).
func (c Changes) BinarySegmentation(values []float64, most int) (Segmentation, error) {
	c, err := c.prepare(values)
	if err != nil {
		return Segmentation{}, err
	}
	if most < 0 {
		return Segmentation{}, refuse("most changes", most, ErrRange)
	}
	s := newSums(c.Cost, values)
	type part struct {
		from, to, split int
		gain            float64
	}
	look := func(from, to int) part {
		p := part{from: from, to: to}
		whole := s.of(from, to)
		for k := from + c.MinSegment; k <= to-c.MinSegment; k++ {
			if g := whole - s.of(from, k) - s.of(k, to); g > p.gain {
				p.gain, p.split = g, k
			}
		}
		return p
	}
	parts := []part{look(0, len(values))}
	r := Segmentation{At: []int{}, Penalty: c.Penalty}
	for most == 0 || len(r.At) < most {
		best := 0
		for i := range parts {
			if parts[i].gain > parts[best].gain {
				best = i
			}
		}
		p := parts[best]
		if !(p.gain > c.Penalty) {
			break
		}
		r.At = append(r.At, p.split)
		parts[best] = look(p.from, p.split)
		parts = append(parts, look(p.split, p.to))
	}
	for _, p := range parts {
		r.Objective += s.of(p.from, p.to)
	}
	r.Objective += c.Penalty * float64(len(r.At))
	slices.Sort(r.At)
	return r, nil
}
