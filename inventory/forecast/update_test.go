package forecast

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

// With nothing left to estimate, going on is the same as running over the whole.
func TestUpdateIsRunningOverTheWhole(t *testing.T) {
	start := &Start{Level: 20, Trend: 0.5}
	season := &Start{Level: 20, Trend: 0.5, Season: []float64{1.1, 0.9, 1.05, 0.95}}
	for _, m := range []Model{
		Naive{}, SeasonalNaive{}, Mean{}, Drift{},
		SES{Alpha: 0.3, Start: start}, Holt{Alpha: 0.4, Beta: 0.1, Phi: 0.9, Start: start},
		ETS{Error: Additive, Trend: Damped, Season: Additive, Alpha: 0.3, Beta: 0.05, Gamma: 0.1, Phi: 0.9, Start: season},
		ETS{Error: Multiplicative, Trend: Additive, Season: Multiplicative, Alpha: 0.3, Beta: 0.05, Gamma: 0.1, Start: season},
		Croston{Alpha: 0.1}, SBA{Alpha: 0.2, Beta: 0.1}, SBJ{Alpha: 0.2}, TSB{Alpha: 0.1, Beta: 0.05},
		ARIMA{Orders: &Orders{Differences: 1}}, ARIMA{Orders: &Orders{SeasonalDifferences: 1, Differences: 1}},
	} {
		rapid.Check(t, func(t *rapid.T) {
			values := rapid.SliceOfN(rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0.5, 50)), 12, 40).Draw(t, "values")
			at := rapid.IntRange(7, len(values)).Draw(t, "at")
			whole, err := m.Fit(Series{Values: values, Season: 4})
			require.NoError(t, err, label(m))
			f, err := m.Fit(Series{Values: values[:at], Season: 4})
			require.NoError(t, err, label(m))
			require.NoError(t, f.Update(values[at:]...), label(m))

			near := func(want, got []float64) {
				require.Len(t, got, len(want), label(m))
				for i := range want {
					require.InDelta(t, want[i], got[i], 1e-9*(1+math.Abs(want[i])), label(m))
				}
			}
			a, err := whole.Forecast(6, 0.8)
			require.NoError(t, err)
			b, err := f.Forecast(6, 0.8)
			require.NoError(t, err)
			near(a.Mean, b.Mean)
			require.Equal(t, whole.Skipped+len(whole.Fitted), f.Skipped+len(f.Fitted))
			switch m.(type) {
			case Mean, Drift: // their fitted values know the average or slope of all
			default:
				if whole.Skipped == f.Skipped { // else the part had no demand yet
					near(a.Intervals[0].Upper, b.Intervals[0].Upper)
					near(whole.Fitted, f.Fitted)
				}
			}
			for i, p := range whole.Parameters {
				require.InDelta(t, p.Value, f.Parameters[i].Value, 1e-9*(1+math.Abs(p.Value)), "%s %s", label(m), p.Name)
			}
		})
	}
}

// For every model: what is taken in was forecast as Forecast said, and an
// observation that is just what a linear model expects changes nothing.
func TestUpdateOfEveryModel(t *testing.T) {
	for _, s := range []Series{{Values: demandLike(60), Season: 12}, {Values: demandLike(30)}, {Values: sporadic(40)}, {Values: make([]float64, 12)}, {Values: []float64{4, 4, 4, 4, 4, 4}, Season: 3}} {
		for _, m := range slices.Concat(everyModel, wrapped, []Model{Counts{}}) {
			f, err := m.Fit(s)
			require.NoError(t, err, label(m))
			n := len(f.Fitted)
			for _, y := range []float64{25, 0, 31, 12, 18} {
				next, err := f.Forecast(1)
				require.NoError(t, err, label(m))
				require.NoError(t, f.Update(y), label(m))
				n++
				require.Len(t, f.Fitted, n)
				require.InDelta(t, next.Mean[0], f.Fitted[n-1], 1e-9*(1+math.Abs(next.Mean[0])), label(m))
				require.False(t, math.IsNaN(f.Sigma) || math.IsInf(f.Sigma, 0), label(m))
			}
			switch m.(type) {
			case Auto, Croston, SBA, SBJ, TSB, ADIDA, IMAPA, Drift, MovingAverage, HoltWinters, Pool, Bootstrap, Conformal:
				continue
			}
			before, err := f.Forecast(5)
			require.NoError(t, err)
			if before.Mean[0] <= 0 {
				continue
			}
			require.NoError(t, f.Update(before.Mean[0]))
			after, err := f.Forecast(4)
			require.NoError(t, err)
			require.InDeltaSlice(t, before.Mean[1:], after.Mean, 1e-8*(1+math.Abs(before.Mean[1])), label(m))
		}
	}
}

// Parameters of one name keep apart: the forecast of IMAPA stays the mean of its
// rates.
func TestUpdateOfRates(t *testing.T) {
	f, err := IMAPA{}.Fit(Series{Values: sporadic(40)})
	require.NoError(t, err)
	require.NoError(t, f.Update(0, 3, 0, 0, 5, 0, 2))
	sum, rates := 0.0, map[float64]bool{}
	for _, p := range f.Parameters {
		sum += p.Value
		rates[p.Value] = true
	}
	next, err := f.Forecast(1)
	require.NoError(t, err)
	require.Len(t, rates, len(f.Parameters))
	require.Greater(t, len(rates), 1)
	require.InDelta(t, next.Mean[0], sum/float64(len(f.Parameters)), 1e-12)
}

// The filter of ARIMA goes on exactly: the same coefficients over the longer
// series forecast the same.
func TestUpdateOfARIMA(t *testing.T) {
	y := demandLike(60)
	for _, o := range []Orders{{AR: 2, MA: 1, Constant: true}, {AR: 1, Differences: 1, MA: 2, SeasonalMA: 1}, {MA: 1, SeasonalDifferences: 1, SeasonalAR: 1, Constant: true}} {
		at := 20
		f := new(Fit)
		require.NoError(t, ARIMA{Orders: &o}.FitTo(f, Series{Values: y[:at], Season: 4}))
		x := append([]float64(nil), f.arima.best.x...)
		level := f.process.(*integrated).level
		require.NoError(t, f.Update(y[at:]...))

		var e arimaSearch
		e.prepare(y, 4, o)
		e.orders = o
		e.unpack(x)
		errors := make([]float64, len(e.w))
		_, ok := e.process.filter(e.w, errors, level/e.scale, false)
		require.True(t, ok)
		for i, v := range f.Fitted {
			require.InDelta(t, y[f.Skipped+i]-errors[i]*e.scale, v, 1e-8)
		}
		var p integrated
		p.set(&e.process, o, 4, level/e.scale, e.scale, y)
		want := make([]float64, 9)
		p.mean(want)
		got, err := f.Forecast(9)
		require.NoError(t, err)
		require.InDeltaSlice(t, want, got.Mean, 1e-8)
	}
}

func TestBadUpdate(t *testing.T) {
	for _, m := range everyModel {
		f, err := m.Fit(Series{ID: "mug", Values: demandLike(30), Season: 4})
		require.NoError(t, err)
		before, err := f.Forecast(3)
		require.NoError(t, err)
		for _, bad := range []float64{math.NaN(), math.Inf(1), 1e101} {
			err := f.Update(5, bad)
			wrong, ok := err.(*SeriesError)
			require.True(t, ok, label(m))
			require.Equal(t, 31, wrong.Index)
			require.Equal(t, "mug", wrong.Series)
		}
		after, err := f.Forecast(3)
		require.NoError(t, err)
		require.Equal(t, before, after, label(m))
		require.NoError(t, f.Update())
	}
	f, err := Croston{}.Fit(Series{Values: sporadic(30)})
	require.NoError(t, err)
	require.ErrorIs(t, f.Update(-1), ErrNegative)
	require.ErrorIs(t, new(Fit).Update(1), flywheel.ErrInvalid)
}
