package forecast

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"
)

// The law is that of textbooks: Poisson, negative binomial by its variance, and
// with a share of certain zeros.
func TestCountLaw(t *testing.T) {
	for _, mean := range []float64{0.2, 3, 40, 5000} {
		poisson := distuv.Poisson{Lambda: mean}
		law := countLaw{mean, mean, 0}
		for _, y := range []float64{0, 1, math.Floor(mean), math.Floor(2*mean + 3)} {
			require.InDelta(t, poisson.LogProb(y), law.log(y), 1e-8*(1+math.Abs(poisson.LogProb(y))))
		}
	}
	// R: dnbinom(0:3, size = 2.5/1.5, mu = 2.5), of variance 2.5·2.5
	law := countLaw{2.5, 6.25, 0}
	sum, first, second := 0.0, 0.0, 0.0
	for y := range 400 {
		p := math.Exp(law.log(float64(y)))
		sum, first, second = sum+p, first+p*float64(y), second+p*float64(y*y)
	}
	require.InDelta(t, 1, sum, 1e-12)
	require.InDelta(t, 2.5, first, 1e-10)
	require.InDelta(t, 6.25, second-first*first, 1e-9)

	// A third of the periods has no demand, the others four of Poisson.
	inflated := countLaw{8.0 / 3, 8.0/3 + 0.5*64/9, 1.0 / 3}.inflated()
	require.InDelta(t, math.Log(1.0/3+2*math.Exp(-4)/3), inflated.log(0), 1e-12)
	require.InDelta(t, math.Log(2.0/3)+distuv.Poisson{Lambda: 4}.LogProb(5), inflated.log(5), 1e-9)

	rapid.Check(t, func(t *rapid.T) {
		mean := rapid.Float64Range(0.01, 300).Draw(t, "mean")
		zeros := rapid.SampledFrom([]float64{0, 0.3, 0.8}).Draw(t, "zeros")
		variance := mean * rapid.Float64Range(1, 20).Draw(t, "dispersion")
		law := countLaw{mean, variance + mean*mean*zeros/(1-zeros), zeros}.inflated()
		p := rapid.Float64Range(0.001, 0.999).Draw(t, "p")
		k := law.quantile(p)
		below, to := 0.0, 0.0
		for y := 0.0; y <= k; y++ {
			below, to = to, to+math.Exp(law.log(y))
		}
		require.GreaterOrEqual(t, to, p-1e-9)
		require.Less(t, below, p+1e-9)
	})
}

// drawn is a demand of the given model.
func drawn(c counts, n int, seed uint64) []float64 {
	y := make([]float64, n)
	c.simulate(y, rand.New(rand.NewPCG(seed, 9)))
	return y
}

// With much to learn from, the form and parameters that made a series are found
// again.
func TestCountsAreFoundAgain(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		made counts
		want string
		dynamics
	}{
		{counts{dispersion: 1, average: 3, mu: 3}, "Counts(static, negative binomial)", dynamics{}},
		{counts{dispersion: 4, average: 6, mu: 6}, "Counts(static, negative binomial)", dynamics{dispersion: 4}},
		{counts{dispersion: 1, zeros: 0.5, average: 4, mu: 4}, "Counts(static, zero-inflated)", dynamics{zeros: 0.5}},
		{counts{dispersion: 2, average: 10, mu: 10, alpha: 0.3, phi: 0.5}, "Counts(reverting, negative binomial)", dynamics{alpha: 0.3, phi: 0.5, dispersion: 2}},
	} {
		f, err := Counts{}.Fit(Series{Values: drawn(c.made, 800, 4)})
		require.NoError(t, err)
		require.Equal(t, c.want, f.Model)
		for name, want := range map[string]float64{"alpha": c.alpha, "phi": c.phi, "zeros": c.zeros} {
			got, _ := f.Parameter(name)
			require.InDelta(t, want, got, 0.1, "%s %s", f.Model, name)
		}
		got, _ := f.Parameter("dispersion")
		require.InEpsilon(t, max(c.dispersion, 1), got, 0.15, f.Model)
		l, ok := f.Likelihood()
		require.True(t, ok)
		truth := c.made.loss(drawn(c.made, 800, 4))
		require.LessOrEqual(t, -2*l.LogLik, truth+0.5, "no worse than the truth")
	}
}

type dynamics struct{ alpha, phi, dispersion, zeros float64 }

// The quantiles ahead hold what they say, for every form, and mean and deviation
// of a total are those of drawn futures.
func TestCountsAhead(t *testing.T) {
	for _, made := range []counts{
		{dispersion: 1.5, average: 1.2, mu: 1.2},
		{dispersion: 1, zeros: 0.6, average: 2, mu: 2},
		{dispersion: 2, average: 5, mu: 8, alpha: 0.2, phi: 0.8},
		{dispersion: 1.5, average: 4, mu: 9, alpha: 0.3, phi: 0.4},
	} {
		p := made
		f := &Fit{process: &p, shape: &p, season: 1}
		const paths, horizon = 20_000, 6
		all, err := f.Paths(paths, horizon, 3)
		require.NoError(t, err)
		probabilities := []float64{0.5, 0.8, 0.95, 0.99}
		q, err := f.Quantiles(horizon, probabilities...)
		require.NoError(t, err)
		mean := make([]float64, horizon)
		p.mean(mean)
		total, squares := 0.0, 0.0
		for _, path := range all {
			sum := 0.0
			for _, y := range path {
				sum += y
			}
			total += sum / paths
			squares += sum * sum / paths
		}
		for h := range horizon {
			average, inside := 0.0, make([]float64, len(q))
			strictly := make([]float64, len(q))
			for _, path := range all {
				average += path[h] / paths
				for i := range q {
					if path[h] <= q[i][h] {
						inside[i] += 1.0 / paths
					}
					if path[h] < q[i][h] {
						strictly[i] += 1.0 / paths
					}
				}
			}
			require.InDelta(t, mean[h], average, 0.12)
			for i, want := range probabilities {
				require.Greater(t, inside[i], want-0.02, "%v: %g at %d", made, want, h)
				require.Less(t, strictly[i], want+0.02, "%v: %g at %d", made, want, h)
			}
		}
		m, sd, err := f.Total(horizon)
		require.NoError(t, err)
		require.InEpsilon(t, total, m, 0.02)
		require.InEpsilon(t, math.Sqrt(squares-total*total), sd, 0.03)
	}
}

// On the demand of a slow item the normal law has ranges below zero and the
// counts have whole ones.
func TestCountsOfASlowItem(t *testing.T) {
	s := Series{ID: "valve", Values: []float64{0, 0, 2, 0, 1, 0, 0, 0, 3, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 1, 0, 0, 0, 1}}
	f, err := Counts{}.Fit(s)
	require.NoError(t, err)
	next, err := f.Forecast(3, 0.9)
	require.NoError(t, err)
	require.Equal(t, []float64{0, 0, 0}, next.Intervals[0].Lower)
	require.Equal(t, []float64{2, 2, 2}, next.Intervals[0].Upper)
	require.InDelta(t, average(s.Values), next.Mean[0], 1e-9)

	_, err = Counts{}.Fit(Series{ID: "valve", Values: []float64{1, 0.5}})
	require.ErrorIs(t, err, ErrNotWhole)
	require.ErrorContains(t, err, "valve")
	_, err = Counts{}.Fit(Series{Values: []float64{1, MaxCount + 1}})
	require.ErrorIs(t, err, ErrTooManyUnits)
	_, err = Counts{}.Fit(Series{Values: []float64{1, -1}})
	require.ErrorIs(t, err, ErrNegative)

	for _, values := range [][]float64{{0}, {3}, {0, 0, 0, 0}, {7, 7, 7}, {0, MaxCount, 0, 1}} {
		f, err := Counts{}.Fit(Series{Values: values})
		require.NoError(t, err)
		next, err := f.Forecast(2, 0.8)
		require.NoError(t, err)
		require.InDelta(t, average(values), next.Mean[0], 0.05*(1+average(values)), "%v", values)
		for _, v := range append(next.Intervals[0].Lower, next.Intervals[0].Upper...) {
			require.True(t, v == math.Trunc(v) && v >= 0)
		}
	}
}
