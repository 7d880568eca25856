package attribution

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

// Markov credits channels by what would be lost without them. Paths are walks of
// an absorbing Markov chain that ends in a conversion or in none; the removal
// effect of a channel is the share of conversions that walks lose when each that
// comes to the channel ends without one. Credits are the removal effects scaled
// to the totals.
//
// A state is the last Order channels; what is shorter is one state, and a state
// that follows itself counts once. The chain is solved, not simulated.
//
// Anderl, Becker, von Wangenheim and Schumann (2016), Mapping the customer
// journey, International Journal of Research in Marketing 33(3).
type Markov struct {
	Order int // 1 to 10; 0 for 1
	// ConvertingOnly leaves those who did not convert out. Without them every
	// walk converts, and what a removed channel loses is all that there is to see.
	ConvertingOnly bool
}

// Removal is the removal effect of a channel.
type Removal struct {
	Channel     utm.ChannelGroup `json:"channel"`
	Conversions float64          `json:"conversions"` // share of the probability of converting that is lost
	Value       float64          `json:"value"`       // share of the expected value that is lost
}

// MarkovResult is the credit with what led to it.
type MarkovResult struct {
	Result
	Order       int       `json:"order"`
	States      int       `json:"states"`      // without start, conversion and null
	Probability float64   `json:"probability"` // of converting
	Removals    []Removal `json:"removals"`    // in order of the channels' names
	// Error bounds the error of Probability that is left, beside rounding.
	Error float64 `json:"error"`
}

// MaxOrder is the highest order of a Markov model.
const MaxOrder = 10

// Credit returns the credits alone; see [Markov.Solve].
func (m Markov) Credit(s *Set) (*Result, error) {
	r, err := m.Solve(s)
	if err != nil {
		return nil, err
	}
	return &r.Result, nil
}

func (m Markov) order() (int, error) {
	if m.Order < 0 || m.Order > MaxOrder {
		return 0, refuse("order", fmt.Errorf("%d is not from 1 to %d: %w", m.Order, MaxOrder, flywheel.ErrOutOfRange))
	}
	return max(m.Order, 1), nil
}

// Solve builds the chain and solves it for each channel. It takes O(T) for the T
// touches of all paths, and for each channel O(E·L) for E transitions and walks
// of length L, or O(S³) where there are few states or walks hardly end.
func (m Markov) Solve(s *Set) (*MarkovResult, error) {
	order, err := m.order()
	if err != nil {
		return nil, err
	}
	r := &MarkovResult{Result: *s.empty(), Order: order, Removals: make([]Removal, len(s.channels))}
	for i, c := range s.channels {
		r.Removals[i].Channel = c
	}
	if s.totals.conversions == 0 {
		r.Warnings = append(r.Warnings, noConversions)
		return r, nil
	}
	c := newChain(s, order, m.ConvertingOnly)
	r.States = len(c.states)
	all, err := c.walk(-1)
	if err != nil {
		return nil, err
	}
	r.Probability, r.Error = all.converted, all.rest
	var sum, sumValue float64
	for i := range s.channels {
		without, err := c.walk(i)
		if err != nil {
			return nil, err
		}
		r.Error = max(r.Error, without.rest)
		e := &r.Removals[i]
		e.Conversions = max(1-without.converted/all.converted, 0)
		if all.value > 0 {
			e.Value = max(1-without.value/all.value, 0)
		}
		sum += e.Conversions
		sumValue += e.Value
	}
	for i := range r.Removals {
		r.Credits[i].Conversions = r.Removals[i].Conversions / sum * float64(s.totals.conversions)
		if sumValue > 0 {
			r.Credits[i].Value = r.Removals[i].Value / sumValue * s.totals.value
		}
	}
	if r.Error > 1e-12 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("walks hardly end: the probability of converting is known to %.1e only", r.Error))
	}
	return r, nil
}

// Transition is a probability of the chain.
type Transition struct {
	From, To    []utm.ChannelGroup // a state; nil From is the start
	Conversion  bool               // To is a conversion
	Null        bool               // To is the end without one
	Probability float64
}

// Transitions returns the probabilities of the chain, from the start on, ordered
// by the states' channels, with a conversion and the null behind the others.
func (m Markov) Transitions(s *Set) ([]Transition, error) {
	order, err := m.order()
	if err != nil {
		return nil, err
	}
	c := newChain(s, order, m.ConvertingOnly)
	name := func(state int32) []utm.ChannelGroup {
		var names []utm.ChannelGroup
		for _, i := range c.states[state] {
			names = append(names, s.channels[i])
		}
		return names
	}
	ranked := make([]int32, len(c.states))
	for i := range ranked {
		ranked[i] = int32(i)
	}
	slices.SortFunc(ranked, func(a, b int32) int { return slices.Compare(c.states[a], c.states[b]) })
	var out []Transition
	for _, to := range ranked {
		if c.start[to] > 0 {
			out = append(out, Transition{To: name(to), Probability: c.start[to]})
		}
	}
	for _, from := range ranked {
		edges := slices.Clone(c.edges[c.from[from]:c.from[from+1]])
		slices.SortFunc(edges, func(a, b edge) int { return slices.Compare(c.states[a.to], c.states[b.to]) })
		for _, e := range edges {
			out = append(out, Transition{From: name(from), To: name(e.to), Probability: e.p})
		}
		if c.converts[from] > 0 {
			out = append(out, Transition{From: name(from), Conversion: true, Probability: c.converts[from]})
		}
		if c.ends[from] > 0 {
			out = append(out, Transition{From: name(from), Null: true, Probability: c.ends[from]})
		}
	}
	return out, nil
}

// edge is a probability of going on to another state.
type edge struct {
	to int32
	p  float64
}

// chain is the absorbing chain of a set.
type chain struct {
	states   [][]uint16 // channels of each
	start    []float64  // probability of beginning in a state
	converts []float64  // of converting from it
	ends     []float64  // of ending from it
	value    []float64  // expected value from converting from it
	from     []int32    // edges of state i are edges[from[i]:from[i+1]]
	edges    []edge
	visits   []float64 // scratch of walk
	next     []float64
	closed   []bool
}

func newChain(s *Set, order int, convertingOnly bool) *chain {
	c := &chain{}
	type link struct {
		from, to int32
		weight   int64
	}
	var links []link
	var starts, conversions, nulls []int64
	var values []exact
	single := make([]int32, len(s.channels)) // states of order one, from 1
	longer := map[string]int32{}
	stateOf := func(window []uint16) int32 {
		var id int32
		if order == 1 {
			id = single[window[0]]
		} else {
			id = longer[bytesOf(window)]
		}
		if id > 0 {
			return id - 1
		}
		c.states = append(c.states, window)
		id = int32(len(c.states))
		if order == 1 {
			single[window[0]] = id
		} else {
			longer[bytesOf(window)] = id // window belongs to the set, which does not change
		}
		starts, conversions, nulls, values = append(starts, 0), append(conversions, 0), append(nulls, 0), append(values, exact{})
		return id - 1
	}
	edgeAt := map[uint64]int32{}
	small := order == 1 && len(s.channels) <= 256
	var table []int32 // edges by from and to, where there are few states
	if small {
		table = make([]int32, len(s.channels)*len(s.channels))
	}
	total := int64(0)
	for i := range s.paths {
		p := &s.paths[i]
		weight := p.conversions + p.nulls
		if convertingOnly {
			weight = p.conversions
		}
		if weight == 0 {
			continue
		}
		total += weight
		n := len(p.channels)
		last := stateOf(p.channels[:min(order, n)])
		starts[last] += weight
		for at := 1; at+order <= n; at++ {
			to := stateOf(p.channels[at : at+order])
			if to == last {
				continue
			}
			if small {
				k := &table[int(last)*len(s.channels)+int(to)]
				if *k == 0 {
					links = append(links, link{from: last, to: to})
					*k = int32(len(links))
				}
				links[*k-1].weight += weight
			} else {
				key := uint64(last)<<32 | uint64(to)
				k, ok := edgeAt[key]
				if !ok {
					k = int32(len(links))
					edgeAt[key] = k
					links = append(links, link{from: last, to: to})
				}
				links[k].weight += weight
			}
			last = to
		}
		conversions[last] += p.conversions
		nulls[last] += weight - p.conversions
		values[last].add(p.value)
	}
	n := len(c.states)
	slices.SortFunc(links, func(a, b link) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	out := make([]int64, n)
	for _, l := range links {
		out[l.from] += l.weight
	}
	c.start, c.converts, c.ends, c.value = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	c.from = make([]int32, n+1)
	c.edges = make([]edge, len(links))
	for i := range n {
		c.start[i] = float64(starts[i]) / float64(total)
		leave := float64(out[i] + conversions[i] + nulls[i])
		c.converts[i] = float64(conversions[i]) / leave
		c.ends[i] = float64(nulls[i]) / leave
		c.value[i] = values[i].float() / leave
	}
	for k, l := range links {
		c.from[l.from+1] = int32(k + 1)
		c.edges[k] = edge{l.to, float64(l.weight) / float64(out[l.from]+conversions[l.from]+nulls[l.from])}
	}
	for i := range n {
		c.from[i+1] = max(c.from[i+1], c.from[i])
	}
	c.visits, c.next, c.closed = make([]float64, n), make([]float64, n), make([]bool, n)
	return c
}

// outcome is where walks end.
type outcome struct {
	converted float64 // probability of a conversion
	value     float64 // expected value
	rest      float64 // probability of walking on, which bounds the error
}

const (
	directStates = 48      // up to so many states are eliminated at once
	mostSteps    = 200_000 // of walks, before they are eliminated
	mostDirect   = 2000    // states that can be eliminated
)

// walk returns where walks end that may not come to a channel, -1 for none. It
// follows the mass of all walks step by step until less than 1e-18 is left of it,
// which is the exact answer up to that rest; few states, and walks that hardly
// end, are solved by elimination instead.
func (c *chain) walk(without int) (outcome, error) {
	for i, state := range c.states {
		c.closed[i] = without >= 0 && slices.Contains(state, uint16(without))
	}
	if len(c.states) <= directStates {
		return c.eliminate(), nil
	}
	var o outcome
	now, next := c.visits, c.next
	rest := 0.0
	for i, p := range c.start {
		now[i] = 0
		if !c.closed[i] {
			now[i] = p
			rest += p
		}
	}
	for step := 0; rest > 1e-18; step++ {
		if step == mostSteps || step == 5000 && len(c.states) <= mostDirect && rest > 1e-9 {
			if len(c.states) <= mostDirect {
				return c.eliminate(), nil
			}
			o.rest = rest
			return o, nil
		}
		clear(next)
		for i, mass := range now {
			if mass == 0 {
				continue
			}
			o.converted += float64(mass * c.converts[i])
			o.value += float64(mass * c.value[i])
			for _, e := range c.edges[c.from[i]:c.from[i+1]] {
				next[e.to] += float64(mass * e.p)
			}
		}
		rest = 0
		for i := range next {
			if c.closed[i] {
				next[i] = 0
			}
			rest += next[i]
		}
		now, next = next, now
	}
	return o, nil
}

// eliminate solves the chain by taking out state by state and joining those
// before it to those after it. It never subtracts, so that every probability is
// right to its last digits (Grassmann, Taksar and Heyman, 1985, Regenerative
// analysis and steady state distributions, Operations Research 33(5)).
func (c *chain) eliminate() outcome {
	n := len(c.states)
	wide := n + 3 // to each state, conversion, value, null
	a := make([]float64, (n+1)*wide)
	row := func(i int) []float64 { return a[i*wide : (i+1)*wide] }
	lost := 0.0
	begin := row(n)
	for i := range n {
		if c.closed[i] {
			lost += c.start[i]
			continue
		}
		begin[i] = c.start[i]
		r := row(i)
		r[n], r[n+1], r[n+2] = c.converts[i], c.value[i], c.ends[i]
		for _, e := range c.edges[c.from[i]:c.from[i+1]] {
			if c.closed[e.to] {
				r[n+2] += e.p
			} else {
				r[e.to] = e.p
			}
		}
	}
	begin[n+2] = lost
	for i := n - 1; i >= 0; i-- {
		if c.closed[i] {
			continue
		}
		r := row(i)
		leave := r[n] + r[n+2]
		for j := range i {
			leave += r[j]
		}
		if leave == 0 {
			continue // nobody comes here, or never leaves
		}
		for k := 0; k <= n; k++ {
			if k >= i && k < n {
				continue
			}
			to := row(k)
			if to[i] == 0 {
				continue
			}
			f := to[i] / leave
			to[i] = 0
			for j := range i {
				if r[j] != 0 {
					to[j] += float64(f * r[j])
				}
			}
			to[n] += float64(f * r[n])
			to[n+1] += float64(f * r[n+1])
			to[n+2] += float64(f * r[n+2])
		}
	}
	return outcome{converted: begin[n] / (begin[n] + begin[n+2]), value: begin[n+1]}
}
