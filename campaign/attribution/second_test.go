package attribution_test

import (
	"math/bits"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/mat"

	"github.com/flywheel-go/flywheel/campaign/attribution"
	"github.com/flywheel-go/flywheel/campaign/utm"
)

// The second methods by which the goldens are computed again: row by row, with
// texts as states, linear systems and sums over subsets.

func asMap(credits map[utm.ChannelGroup]float64) map[string]float64 {
	out := map[string]float64{}
	for c, v := range credits {
		out[string(c)] = v
	}
	return out
}

// ruleByHand adds the conversions of row after row.
func ruleByHand(paths []attribution.Path, rule attribution.Rule) map[utm.ChannelGroup]float64 {
	out := map[utm.ChannelGroup]float64{}
	for _, p := range paths {
		n := len(p.Channels)
		weights := make([]float64, n)
		switch rule.(type) {
		case attribution.First:
			weights[0] = 1
		case attribution.Last, attribution.LastNonDirect: // no channel of the file is direct
			weights[n-1] = 1
		case attribution.Linear:
			for i := range weights {
				weights[i] = 1 / float64(n)
			}
		case attribution.UShaped:
			for i := range weights {
				switch {
				case n == 1:
					weights[i] = 1
				case n == 2:
					weights[i] = 0.5
				case i == 0 || i == n-1:
					weights[i] = 0.4
				default:
					weights[i] = 0.2 / float64(n-2)
				}
			}
		case attribution.PositionDecay:
			sum := 0.0
			for i, power := n-1, 1.0; i >= 0; i, power = i-1, power/2 {
				weights[i] = power
				sum += power
			}
			for i := range weights {
				weights[i] /= sum
			}
		}
		for i, c := range p.Channels {
			out[c] += weights[i] * float64(p.Conversions)
		}
	}
	return out
}

// handChain is a Markov chain over texts.
type handChain struct {
	names []string
	holds []map[utm.ChannelGroup]bool
	start []float64
	to    []map[int]float64
	conv  []float64
}

func newHandChain(paths []attribution.Path, order int, converting bool) *handChain {
	h := &handChain{}
	index := map[string]int{}
	var out []float64
	state := func(window []utm.ChannelGroup) int {
		var b strings.Builder
		for _, c := range window {
			b.WriteString(string(c) + "|")
		}
		i, ok := index[b.String()]
		if !ok {
			i = len(h.names)
			index[b.String()] = i
			holds := map[utm.ChannelGroup]bool{}
			for _, c := range window {
				holds[c] = true
			}
			h.names, h.holds, h.start, h.conv, out = append(h.names, b.String()), append(h.holds, holds), append(h.start, 0), append(h.conv, 0), append(out, 0)
			h.to = append(h.to, map[int]float64{})
		}
		return i
	}
	total := 0.0
	for _, p := range paths {
		weight := float64(p.Conversions + p.Nulls)
		if converting {
			weight = float64(p.Conversions)
		}
		if weight == 0 {
			continue
		}
		total += weight
		last := state(p.Channels[:min(order, len(p.Channels))])
		h.start[last] += weight
		for i := 1; i+order <= len(p.Channels); i++ {
			if s := state(p.Channels[i : i+order]); s != last {
				h.to[last][s] += weight
				out[last] += weight
				last = s
			}
		}
		h.conv[last] += float64(p.Conversions)
		out[last] += weight
	}
	for i := range h.names {
		h.start[i] /= total
		h.conv[i] /= out[i]
		for k := range h.to[i] {
			h.to[i][k] /= out[i]
		}
	}
	return h
}

// converts is the probability of converting without a channel, "" for none. It is
// that from each state on, where the library follows the walks forward: a linear
// system for up to 150 states, Gauss-Seidel sweeps for more.
func (h *handChain) converts(without utm.ChannelGroup) float64 {
	n := len(h.names)
	x := make([]float64, n)
	open := func(i int) bool { return without == "" || !h.holds[i][without] }
	if n <= 150 {
		a, b := mat.NewDense(n, n, nil), mat.NewVecDense(n, nil)
		for i := range n {
			a.Set(i, i, 1)
			if !open(i) {
				continue
			}
			b.SetVec(i, h.conv[i])
			for k, p := range h.to[i] {
				a.Set(i, k, a.At(i, k)-p)
			}
		}
		var solved mat.VecDense
		if err := solved.SolveVec(a, b); err != nil {
			panic(err)
		}
		for i := range x {
			x[i] = solved.AtVec(i)
		}
	} else {
		for range 400 {
			change := 0.0
			for i := n - 1; i >= 0; i-- {
				if !open(i) {
					continue
				}
				v := h.conv[i]
				for k, p := range h.to[i] {
					v += p * x[k]
				}
				change = max(change, v-x[i])
				x[i] = v
			}
			if change < 1e-15 {
				break
			}
		}
	}
	sum := 0.0
	for i, p := range h.start {
		sum += p * x[i]
	}
	return sum
}

// shapleyByHand sums over all subsets, of which each scans all paths.
func shapleyByHand(t *testing.T, s *attribution.Set, worth func(conversions, nulls float64) float64) map[utm.ChannelGroup]float64 {
	channels := s.Channels()
	n := len(channels)
	require.Less(t, n, 16)
	type row struct {
		mask              int
		conversions, null float64
	}
	sums := map[int]*row{}
	for _, p := range s.Paths() {
		mask := 0
		for _, c := range p.Channels {
			mask |= 1 << slices.Index(channels, c)
		}
		if sums[mask] == nil {
			sums[mask] = &row{mask: mask}
		}
		sums[mask].conversions += float64(p.Conversions)
		sums[mask].null += float64(p.Nulls)
	}
	v := make([]float64, 1<<n)
	for set := range v {
		var c, z float64
		for _, r := range sums {
			if r.mask&^set == 0 {
				c += r.conversions
				z += r.null
			}
		}
		v[set] = worth(c, z)
	}
	factorial := func(k int) float64 {
		f := 1.0
		for i := 2; i <= k; i++ {
			f *= float64(i)
		}
		return f
	}
	out := map[utm.ChannelGroup]float64{}
	for i, c := range channels {
		for set := range v {
			if set&(1<<i) == 0 {
				k := bits.OnesCount(uint(set))
				out[c] += factorial(k) * factorial(n-k-1) / factorial(n) * (v[set|1<<i] - v[set])
			}
		}
	}
	return out
}

// decayByHand is time decay in days, without the library's shift.
func decayByHand(touches []time.Time, at time.Time) []float64 {
	w := make([]float64, len(touches))
	sum := 0.0
	for i, x := range touches {
		days := at.Sub(x).Hours() / 24
		w[i] = 1
		for days >= 7 {
			w[i] /= 2
			days -= 7
		}
		w[i] *= exp2(-days / 7)
		sum += w[i]
	}
	for i := range w {
		w[i] /= sum
	}
	return w
}

// exp2 is the series of 2^x.
func exp2(x float64) float64 {
	const ln2 = 0.693147180559945309417232121458
	term, sum := 1.0, 1.0
	for k := 1; k < 60; k++ {
		term *= x * ln2 / float64(k)
		sum += term
	}
	return sum
}
