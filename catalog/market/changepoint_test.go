package market_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// stepped returns normal noise around a level that jumps every 100 to 200 values;
// with size 0 it never does.
func stepped(r *rand.Rand, n int, size float64) []float64 {
	out := make([]float64, n)
	level, left := 0.0, 100+r.IntN(101)
	for i := range out {
		if left == 0 {
			level, left = level+size*(2*float64(r.IntN(2))-1), 100+r.IntN(101)
		}
		left--
		out[i] = level + r.NormFloat64()
	}
	return out
}

// The pruned searches find the exact optimum, with and without changes, ties and
// least lengths.
func TestFindIsOptimal(t *testing.T) {
	r := rand.New(rand.NewPCG(16, 5))
	for k := range 250 {
		n := 1 + r.IntN(120)
		values := make([]float64, n)
		level := 3.0
		for i := range values {
			if r.IntN(15) == 0 {
				level = 1 + 8*r.Float64()
			}
			values[i] = level + r.NormFloat64()*(0.2+float64(k%3))
			if k%4 == 0 {
				values[i] = math.Round(values[i])
			}
		}
		counts := make([]float64, n)
		for i, v := range values {
			counts[i] = math.Max(0, math.Round(v))
		}
		for _, c := range []market.Changes{
			{Cost: market.NormalMean}, {Cost: market.NormalMean, MinSegment: 1 + r.IntN(9)},
			{Cost: market.NormalMeanVariance, MinSegment: 2 + r.IntN(9)}, {Cost: market.PoissonRate, MinSegment: 1 + r.IntN(5)},
		} {
			c.Penalty = 0.1 + 15*r.Float64()
			series := values
			if c.Cost == market.PoissonRate {
				series = counts
			}
			s, err := c.Find(series)
			require.NoError(t, err)
			_, objective := partition(c, series)
			if n < c.MinSegment {
				continue
			}
			require.InDelta(t, objective, s.Objective, 1e-8*math.Max(1, math.Abs(objective)), "%+v %d", c, k)
			for i, at := range s.At {
				before := 0
				if i > 0 {
					before = s.At[i-1]
				}
				require.GreaterOrEqual(t, at-before, max(1, c.MinSegment))
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1000, 100_000} {
		for _, size := range []float64{3, 0} {
			values := stepped(rand.New(rand.NewPCG(16, 6)), n, size)
			b.Run(fmt.Sprintf("cost=mean/n=%d/jump=%g", n, size), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := (market.Changes{Penalty: 2 * math.Log(float64(n))}).Find(values); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// changed returns in how many of n series Find reports a change at its default
// penalty.
func changed(t *testing.T, c market.Changes, n int, series func(r *rand.Rand) []float64) int {
	count := 0
	for k := range n {
		s, err := c.Find(series(rand.New(rand.NewPCG(uint64(k), 7))))
		require.NoError(t, err)
		if len(s.At) > 0 {
			count++
		}
	}
	return count
}

// At the default penalty a white series hardly ever gets a change; a series that
// remembers does, which is reported and not promised.
func TestDefaultPenalty(t *testing.T) {
	white := func(r *rand.Rand) []float64 {
		out := make([]float64, 500)
		for i := range out {
			out[i] = r.NormFloat64()
		}
		return out
	}
	autoregressive := func(r *rand.Rand) []float64 {
		out := make([]float64, 500)
		x := 0.0
		for i := range out {
			x = 0.5*x + r.NormFloat64()
			out[i] = x
		}
		return out
	}
	counts := func(r *rand.Rand) []float64 {
		out := make([]float64, 500)
		for i := range out {
			out[i] = poisson(r, 20)
		}
		return out
	}
	n := testkit.Often(1000, 100)
	for name, c := range map[string]struct {
		changes market.Changes
		series  func(r *rand.Rand) []float64
	}{
		"mean": {market.Changes{}, white}, "mean and variance": {market.Changes{Cost: market.NormalMeanVariance}, white},
		"rate": {market.Changes{Cost: market.PoissonRate}, counts},
	} {
		n := n
		if c.changes.Cost == market.NormalMeanVariance {
			n /= 10 // without changes it is slow
		}
		k := changed(t, c.changes, n, c.series)
		t.Logf("%s: %d of %d", name, k, n)
		require.LessOrEqual(t, float64(k), 0.01*float64(n)+1, name)
	}
	t.Logf("AR(1) with 0.5: %d of %d", changed(t, market.Changes{}, n, autoregressive), n)
}
