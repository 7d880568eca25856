package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The law of a total is one law: its shortage and leftover are the integrals of its
// quantiles.
func TestTotalDemandIsOneLaw(t *testing.T) {
	laws := map[string]TotalDemand{
		"normal":  {Mean: 40, SD: 10},
		"student": {Mean: 40, SD: 10, tail: 1},
		"between": {Mean: 40, SD: 10, tail: 0.3},
		"beyond":  {Mean: 40, SD: 10, tail: 1.3},
		"demand":  {Mean: 6, SD: 10, tail: 0.7, demand: true},
		"certain": {Mean: 40},
		"counts":  {Mean: 3, SD: 2.5, counts: &countLaw{mean: 3, variance: 6.25}},
		"none":    {counts: &countLaw{}},
	}
	for name, law := range laws {
		if law.demand {
			law.beneath = law.leftover(0)
		}
		for _, level := range []float64{-5, 0, 1, 3, 12.5, 39, 40, 60, 95} {
			// ∫ (Q(p) - level)⁺ dp in p = Φ(z), by Simpson's rule in z.
			short, left := 0.0, 0.0
			const steps = 3000
			for i := range steps + 1 {
				z := -8 + 16*float64(i)/steps
				weight := 2.0 + 2*float64(i%2)
				if i == 0 || i == steps {
					weight = 1
				}
				p := min(0.5*math.Erfc(-z/math.Sqrt2), 1-1e-15)
				q := law.Quantile(p)
				w := weight * math.Exp(-z*z/2) / math.Sqrt(2*math.Pi) * 16 / steps / 3
				short += w * max(q-level, 0)
				left += w * max(level-q, 0)
			}
			assert.InDelta(t, short, law.Shortage(level), 0.02, "%s, shortage at %g", name, level)
			assert.InDelta(t, left, law.Leftover(level), 0.02, "%s, leftover at %g", name, level)
		}
		if law.SD > 0 && law.counts == nil && !law.demand {
			assert.InDelta(t, law.Mean+law.SD, law.Quantile(0.5+normalOne/2), 1e-9, name)
			for _, p := range []float64{1e-12, 1e-4, 0.3, 0.9, 1 - 1e-9} {
				assert.InEpsilon(t, p, probabilityOf(law.tail, standardized(law.tail, p)), 1e-6, "%s at %g", name, p)
			}
		}
	}
}

// A stock that is to suffice in so many cases does: of series that were not looked at
// when the law was made, and of those whose total would be below zero.
func TestTotalDemandCovers(t *testing.T) {
	const horizon = 3
	shares := []float64{0.8, 0.9, 0.95, 0.99}
	enough, n := make([]float64, len(shares)), 0.0
	for k, row := range readTable(t, "m3_monthly") {
		if k%16 != 0 && sampled() {
			continue
		}
		fit, err := Auto{}.Fit(Series{Values: numbers(t, row["train"]), Season: 12})
		require.NoError(t, err)
		law, err := fit.TotalDemand(horizon)
		require.NoError(t, err)
		sum := 0.0
		for _, y := range numbers(t, row["test"])[:horizon] {
			sum += y
		}
		n++
		for i, share := range shares {
			if sum <= law.Quantile(share) {
				enough[i]++
			}
		}
	}
	for i, share := range shares {
		t.Logf("%.2f: %.3f", share, enough[i]/n)
		tolerance := 0.02
		if sampled() { // of 90 series
			tolerance = 0.08
		}
		assert.InDelta(t, share, enough[i]/n, tolerance)
	}

	falling := Series{}
	for i := range 30 {
		falling.Values = append(falling.Values, float64(100-100*i/29))
	}
	fit, err := Drift{}.Fit(falling)
	require.NoError(t, err)
	mean, _, err := fit.Total(12)
	require.NoError(t, err)
	assert.Zero(t, mean)
	law, err := fit.TotalDemand(12)
	require.NoError(t, err)
	assert.Zero(t, law.Quantile(0.01))
	assert.InDelta(t, 0, law.Leftover(0), 1e-12)
}

// Quantiles of many paths say the same.
func TestTotalDemandOfPaths(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 5))
	s := Series{Season: 12}
	for i := range 72 {
		s.Values = append(s.Values, 100+20*math.Sin(float64(i)*math.Pi/6)+10*random.NormFloat64())
	}
	for _, m := range []Model{Auto{}, SES{}, HoltWinters{}, ARIMA{}} {
		fit, err := m.Fit(s)
		require.NoError(t, err)
		paths, err := fit.Paths(40_000, 6, 1)
		require.NoError(t, err)
		totals := make([]float64, len(paths))
		for i, p := range paths {
			for _, y := range p {
				totals[i] += y
			}
		}
		slices.Sort(totals)
		law, err := fit.TotalDemand(6)
		require.NoError(t, err)
		for _, p := range []float64{0.05, 0.5, 0.9, 0.99} {
			assert.InDelta(t, quantileOfSorted(totals, p), law.Quantile(p), 0.15*law.SD, "%T at %g", m, p)
		}
	}
}
