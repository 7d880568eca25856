package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/internal/testkit"
)

// skewed is a level with errors that are rare and large upwards.
func skewed(n int, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 0))
	y := make([]float64, n)
	for i := range y {
		y[i] = 50 + 10*(rng.ExpFloat64()-1)
	}
	return y
}

// covered returns the shares of what comes below and above the intervals one to
// horizon periods ahead, at many origins.
func covered(t *testing.T, m Model, horizon int, level float64) (below, above float64) {
	n := 0.0
	for seed := range uint64(300) {
		y := skewed(90+horizon, seed)
		f, err := m.Fit(Series{Values: y[:90]})
		require.NoError(t, err)
		next, err := f.Forecast(horizon, level)
		require.NoError(t, err)
		for h, v := range y[90:] {
			n++
			if v < next.Intervals[0].Lower[h] {
				below++
			}
			if v > next.Intervals[0].Upper[h] {
				above++
			}
		}
	}
	return below / n, above / n
}

// Errors are exponential: a normal interval at 90 % is never missed below and
// too often above. Errors drawn again miss on both sides as they should; the
// conformal interval covers as it says.
func TestIntervalsWithoutLaw(t *testing.T) {
	below, above := covered(t, SES{Alpha: 0.1}, 4, 0.9)
	require.Zero(t, below)
	require.Greater(t, above, 0.05)

	below, above = covered(t, Bootstrap{Of: SES{Alpha: 0.1}, Paths: 400}, 4, 0.9)
	require.InDelta(t, 0.05, below, 0.025)
	require.InDelta(t, 0.05, above, 0.025)

	below, above = covered(t, Conformal{Of: SES{Alpha: 0.1}}, 4, 0.9)
	require.InDelta(t, 0.1, below+above, 0.025)
}

// A random walk with the wrong model, whose own intervals do not grow: those
// that are measured do.
func TestConformalCorrectsTheModel(t *testing.T) {
	inside, own, n := 0.0, 0.0, 0.0
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		y := make([]float64, 132)
		for i := 1; i < len(y); i++ {
			y[i] = y[i-1] + rng.NormFloat64()
		}
		s := Series{Values: y[:120]}
		f, err := Conformal{Of: ARIMA{Orders: &Orders{AR: 1}}, Horizon: 12, Origins: 60}.Fit(s)
		require.NoError(t, err)
		next, err := f.Forecast(12, 0.8)
		require.NoError(t, err)
		plain, err := ARIMA{Orders: &Orders{AR: 1}}.Fit(s)
		require.NoError(t, err)
		narrow, err := plain.Forecast(12, 0.8)
		require.NoError(t, err)
		share, err := Coverage(y[120:], next.Intervals[0])
		require.NoError(t, err)
		inside += share
		share, err = Coverage(y[120:], narrow.Intervals[0])
		require.NoError(t, err)
		own += share
		n++
	}
	t.Logf("covered %.3f, by the model's own %.3f", inside/n, own/n)
	require.Greater(t, inside/n, own/n)
	require.InDelta(t, 0.8, inside/n, 0.06)
}

// The rank is that of split conformal prediction.
func TestConformalRanks(t *testing.T) {
	y := []float64{10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 11, 8, 13, 6, 15}
	f, err := Conformal{Of: Mean{}, Origins: 5, Horizon: 1}.Fit(Series{Values: y})
	require.NoError(t, err)
	// The mean was constant before the origins: errors are in units of the series.
	var errors []float64
	for at := 10; at < 15; at++ {
		errors = append(errors, math.Abs(y[at]-average(y[:at])))
	}
	slices.Sort(errors)
	for level, rank := range map[float64]int{0.1: 1, 0.5: 3, 0.6: 4, 0.8: 5, 0.99: 5} { // ⌈6·level⌉, at most 5
		next, err := f.Forecast(2, level)
		require.NoError(t, err)
		for h := range 2 {
			require.InDelta(t, errors[rank-1], next.Intervals[0].Upper[h]-next.Mean[h], 1e-12, level)
			require.InDelta(t, errors[rank-1], next.Mean[h]-next.Intervals[0].Lower[h], 1e-12, level)
		}
	}
}

// Seasonal errors are drawn in units of their season, and relative ones of the
// mean.
func TestBootstrapUnits(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	y := make([]float64, 120)
	for i := range y {
		y[i] = []float64{10, 100}[i%2] * (1 + 0.1*rng.NormFloat64())
	}
	for _, m := range []Model{OptimizedTheta{}, ETS{Error: Multiplicative, Season: Multiplicative, Trend: Absent}} {
		f, err := Bootstrap{Of: m, Seed: 3}.Fit(Series{Values: y, Season: 2})
		require.NoError(t, err)
		next, err := f.Forecast(2, 0.8)
		require.NoError(t, err)
		v := next.Intervals[0]
		require.InDelta(t, 10, (v.Upper[1]-v.Lower[1])/(v.Upper[0]-v.Lower[0]), 1.5, label(m))
		again, err := f.Forecast(2, 0.8)
		require.NoError(t, err)
		require.Equal(t, next, again)
	}
}

// In a long series the ranges of Auto cover as they say, whatever the errors and
// the season: a level with noise, one that wanders, and errors with long tails.
func TestAutoCoversLongSeries(t *testing.T) {
	t.Parallel()
	next := map[string]func(level *float64, rng *rand.Rand) float64{
		"noise": func(level *float64, rng *rand.Rand) float64 { return *level + 5*rng.NormFloat64() },
		"wander": func(level *float64, rng *rand.Rand) float64 {
			*level += 0.3 * rng.NormFloat64()
			return *level + 3*rng.NormFloat64()
		},
		"tails": func(level *float64, rng *rand.Rand) float64 {
			return *level + 4*rng.ExpFloat64()*float64(2*rng.IntN(2)-1)
		},
	}
	for _, name := range []string{"noise", "wander", "tails"} {
		for _, c := range []struct{ n, season, horizon, series int }{{300, 1, 14, 60}, {300, 52, 13, 60}, {500, 24, 48, testkit.Often(12, 0)}} {
			if c.series == 0 {
				continue // slow under the race detector
			}
			var inside80, inside95, n float64
			for i := range c.series {
				rng := rand.New(rand.NewPCG(uint64(i), uint64(c.season)))
				index, level := make([]float64, c.season), 100.0
				for k := range index {
					if c.season > 1 {
						index[k] = 15 * rng.NormFloat64()
					}
				}
				y := make([]float64, c.n+c.horizon)
				for t := range y {
					y[t] = next[name](&level, rng) + index[t%c.season]
				}
				f, err := Auto{}.Fit(Series{Values: y[:c.n], Season: c.season})
				require.NoError(t, err)
				ahead, err := f.Forecast(c.horizon, 0.8, 0.95)
				require.NoError(t, err)
				for i, inside := range []*float64{&inside80, &inside95} {
					share, err := Coverage(y[c.n:], ahead.Intervals[i])
					require.NoError(t, err)
					*inside += share
				}
				n++
			}
			t.Logf("%s %v: %.3f, %.3f", name, c, inside80/n, inside95/n)
			require.InDelta(t, 0.8, inside80/n, 0.05, "%s %v", name, c)
			require.InDelta(t, 0.95, inside95/n, 0.03, "%s %v", name, c)
		}
	}
}

// The ranges of a rare demand in whole units are whole, not below zero, and on
// both sides of nothing what they say; those of other demand are symmetric.
func TestRangesOfRareDemand(t *testing.T) {
	inside, above, n := 0.0, 0.0, 0.0
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 3))
		y := make([]float64, 46)
		for i := range y {
			if rng.IntN(3) == 0 {
				y[i] = 1 + math.Floor(2*rng.ExpFloat64())
			}
		}
		f, err := Auto{}.Fit(Series{Values: y[:40]})
		require.NoError(t, err)
		next, err := f.Forecast(6, 0.9)
		require.NoError(t, err)
		v := next.Intervals[0]
		for h, actual := range y[40:] {
			require.Equal(t, math.Trunc(v.Upper[h]), v.Upper[h])
			require.GreaterOrEqual(t, v.Lower[h], 0.0)
			n++
			if actual > v.Upper[h] {
				above++
			} else if actual >= v.Lower[h] {
				inside++
			}
		}
	}
	require.InDelta(t, 0.05, above/n, 0.02)
	require.InDelta(t, 1, (inside+above)/n, 0.01, "nothing is missed below zero")
	f, err := Auto{}.Fit(Series{Values: []float64{0, 0, 1.5, 0, 0, 2.5, 0, 1.5, 0, 0, 0, 1.5}})
	require.NoError(t, err)
	next, err := f.Forecast(1, 0.9)
	require.NoError(t, err)
	require.Negative(t, next.Intervals[0].Lower[0])
}

// Quantiles are the limits of intervals, and in order.
func TestQuantiles(t *testing.T) {
	s := Series{Values: demandLike(60), Season: 12}
	for _, m := range slices.Concat(everyModel, wrapped, []Model{Counts{}}) {
		f, err := m.Fit(s)
		require.NoError(t, err)
		next, err := f.Forecast(5, 0.8)
		require.NoError(t, err)
		q, err := f.Quantiles(5, 0.05, 0.1, 0.5, 0.9, 0.999)
		require.NoError(t, err)
		for h := range 5 {
			require.InDelta(t, next.Intervals[0].Lower[h], q[1][h], 1e-9, label(m))
			require.InDelta(t, next.Intervals[0].Upper[h], q[3][h], 1e-9, label(m))
			for i := 1; i < len(q); i++ {
				require.LessOrEqual(t, q[i-1][h], q[i][h], label(m))
			}
		}
		for _, p := range []float64{0, 1, -1, math.NaN()} {
			_, err = f.Quantiles(1, p)
			require.Error(t, err)
		}
	}
}

// The parts add up to the forecast, and are what they are called.
func TestComponents(t *testing.T) {
	s := Series{Values: demandLike(72), Season: 12}
	for i := range s.Values {
		s.Values[i] += 60 + 0.5*float64(i) + 25*math.Sin(2*math.Pi*float64(i)/12)
	}
	for _, m := range slices.Concat(everyModel, wrapped, []Model{Counts{}}) {
		if _, ok := m.(Counts); ok {
			for i, y := range s.Values {
				s.Values[i] = math.Round(y)
			}
		}
		f, err := m.Fit(s)
		require.NoError(t, err, label(m))
		next, err := f.Forecast(14)
		require.NoError(t, err)
		c, err := f.Components(14)
		require.NoError(t, err)
		for h, want := range next.Mean {
			require.InDelta(t, want, c.Level[h]+c.Trend[h]+c.Season[h]+c.Regressors[h], 1e-9, label(m))
		}
	}
	for _, m := range []Model{Auto{}, ETS{}, Theta{}, Decomposed{}, HoltWinters{Multiplicative: true}} {
		f, err := m.Fit(s)
		require.NoError(t, err)
		c, err := f.Components(12)
		require.NoError(t, err)
		require.InDelta(t, 116, c.Level[0], 12, label(m))
		require.Greater(t, c.Trend[11], c.Trend[0], label(m))
		require.Greater(t, slices.Max(c.Season), 12.0, label(m))
		require.Less(t, slices.Min(c.Season), -12.0, label(m))
		require.Zero(t, c.Regressors[3])
	}
	r, _ := promoted(100, 20)
	f, err := Auto{}.Fit(r)
	require.NoError(t, err)
	c, err := f.Components(20)
	require.NoError(t, err)
	require.Greater(t, slices.Max(c.Regressors)-slices.Min(c.Regressors), 25.0, "some of the days has a promotion")
	_, err = f.Components(21)
	require.Error(t, err)
}
