package forecast

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

// everyModel are all models with all their settings estimated and given.
var everyModel = []Model{
	Naive{}, SeasonalNaive{}, Mean{}, Drift{}, MovingAverage{}, MovingAverage{Window: 5},
	SES{}, SES{Alpha: 0.3}, Holt{}, Holt{Damped: true}, Holt{Alpha: 0.4, Beta: 0.1}, Holt{Alpha: 0.4, Phi: 0.9},
	HoltWinters{}, HoltWinters{Multiplicative: true}, HoltWinters{Alpha: 0.3, Beta: 0.1, Gamma: 0.2},
	Theta{}, Theta{Alpha: 0.2}, Auto{},
	OptimizedTheta{}, OptimizedTheta{Dynamic: true}, OptimizedTheta{Alpha: 0.3}, CES{},
	ETS{}, ETS{Error: Multiplicative, Trend: Damped, Season: Multiplicative}, ETS{Season: Additive, Alpha: 0.3, Criterion: BIC},
	Croston{}, Croston{Alpha: 0.1}, SBA{}, SBA{Alpha: 0.2, Beta: 0.1}, SBJ{}, TSB{}, TSB{Alpha: 0.1, Beta: 0.05},
	ADIDA{}, IMAPA{},
	ARIMA{}, ARIMA{Criterion: BIC}, ARIMA{Orders: &Orders{AR: 1, Differences: 1, MA: 1, SeasonalMA: 1}}, ARIMA{Orders: &Orders{AR: 2, SeasonalDifferences: 1, Constant: true}},
}

// wrapped are models made of others, some with intervals of their own.
var wrapped = []Model{
	Bootstrap{Of: SES{}, Paths: 60, Seed: 1}, Bootstrap{Of: ETS{Error: Multiplicative}, Paths: 40}, Bootstrap{Paths: 20},
	Conformal{Of: Theta{}}, Conformal{Of: Naive{}, Origins: 5, Horizon: 2}, Conformal{Of: Croston{}},
	Pool{Models: []Model{SES{}, Theta{}, SeasonalNaive{}}}, Pool{Models: []Model{ETS{}, Holt{Damped: true}, Mean{}}, By: ByMedian}, Pool{Models: []Model{CES{}, Drift{}}, By: ByAccuracy},
	Decomposed{}, Decomposed{Seasons: []int{2, 5}, Of: Theta{}}, Regression{Of: SES{}},
	Bootstrap{Of: Pool{Models: []Model{SES{}, TSB{}}}, Paths: 30}, Conformal{Of: Decomposed{}}, Pool{Models: []Model{Bootstrap{}, Decomposed{}}},
}

func label(m Model) string { return fmt.Sprintf("%T%+v", m, m) }

// demandSeries draws a demand with or without many zeros.
func demandSeries(t *rapid.T, least int) Series {
	values := rapid.SliceOfN(rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(0, 1000), rapid.Map(rapid.IntRange(0, 5), func(n int) float64 { return float64(n) })), least, 60).Draw(t, "values")
	return Series{Values: values, Season: rapid.IntRange(0, 7).Draw(t, "season")}
}

func TestConstantSeriesHasConstantForecast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		level := rapid.Float64Range(0.001, 1e6).Draw(t, "level")
		n := rapid.IntRange(1, 40).Draw(t, "n")
		s := Series{Values: slices.Repeat([]float64{level}, n), Season: rapid.IntRange(0, 5).Draw(t, "season")}
		for _, m := range everyModel {
			f, err := m.Fit(s)
			if err != nil {
				t.Fatalf("%s: %v", label(m), err)
			}
			if !slices.Contains(f.Warnings, WarnConstant) {
				t.Fatalf("%s does not warn", label(m))
			}
			next, err := f.Forecast(5, 0.9)
			if err != nil {
				t.Fatalf("%s: %v", label(m), err)
			}
			want := level
			switch m := m.(type) { // their bias correction is part of the method
			case SBA:
				beta, _ := f.Parameter("beta")
				want *= 1 - beta/2
			case SBJ:
				beta, _ := f.Parameter("beta")
				want *= 1 - beta/(2-beta)
			default:
				_ = m
			}
			for _, v := range next.Mean {
				if math.Abs(v-want) > 1e-9*level {
					t.Fatalf("%s of %d times %g is %g", label(m), n, level, v)
				}
			}
		}
	})
}

// A demand next to zero leaves no season to multiply by: the model goes on
// without one and says so.
func TestVanishingSeason(t *testing.T) {
	s := Series{Values: []float64{1, 1, 1.8645851828000517e-155, 1, 1}, Season: 2}
	for _, m := range slices.Concat(everyModel, wrapped) {
		if _, err := forecastOf(m, s); err != nil {
			t.Errorf("%s: %v", label(m), err)
		}
	}
	f, err := HoltWinters{Multiplicative: true}.Fit(s)
	if err != nil || !slices.Contains(f.Warnings, WarnNoSeason) {
		t.Errorf("%v, warnings %v", err, f)
	}
}

// A series in dozens has a forecast in dozens.
func TestScaleEquivariance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := demandSeries(t, 1)
		// A power of two scales without rounding, so that no search can take
		// another turn.
		factor := math.Ldexp(1, rapid.IntRange(-8, 8).Draw(t, "exponent"))
		scaled := Series{Values: make([]float64, len(s.Values)), Season: s.Season}
		for i, y := range s.Values {
			scaled.Values[i] = y * factor
		}
		for _, m := range everyModel {
			a, err := forecastOf(m, s)
			b, err2 := forecastOf(m, scaled)
			if err != nil || err2 != nil {
				t.Fatalf("%s: %v, %v", label(m), err, err2)
			}
			for h := range a.Mean {
				near := func(x, y float64) bool { return math.Abs(x*factor-y) <= 1e-9*(math.Abs(y)+factor) }
				_, counts := m.(Auto) // whose ranges of a rare demand are in whole units
				if !near(a.Mean[h], b.Mean[h]) || !counts && !near(a.Intervals[0].Upper[h], b.Intervals[0].Upper[h]) {
					t.Fatalf("%s: %g times %g is not %g", label(m), a.Mean[h], factor, b.Mean[h])
				}
			}
		}
	})
}

func forecastOf(m Model, s Series) (*Forecast, error) {
	f, err := m.Fit(s)
	if err != nil {
		return nil, err
	}
	return f.Forecast(4, 0.9)
}

// Wider levels give wider intervals, the mean lies inside, and the deviation of
// a total lies between that of independent and of fully dependent periods.
func TestIntervalsAreOrdered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := demandSeries(t, 1)
		// The mean need not lie inside ranges of errors that are drawn again.
		for _, m := range append(slices.Clip(everyModel), Decomposed{}, Pool{Models: []Model{SES{}, Theta{}, SeasonalNaive{}}}, Pool{Models: []Model{Holt{}, TSB{}}, By: ByMedian}) {
			f, err := m.Fit(s)
			if err != nil {
				t.Fatalf("%s: %v", label(m), err)
			}
			next, err := f.Forecast(6, 0.5, 0.8, 0.99)
			if err != nil {
				t.Fatalf("%s: %v", label(m), err)
			}
			for h, mean := range next.Mean {
				low, high := mean, mean
				if f.shape != nil { // a count may be zero in most periods, below its mean
					low, high = next.Intervals[0].Lower[h], next.Intervals[0].Upper[h]
				}
				for _, v := range next.Intervals {
					if !(v.Lower[h] <= low && v.Upper[h] >= high) {
						t.Fatalf("%s: interval %g is not around the one inside it", label(m), v.Level)
					}
					low, high = v.Lower[h], v.Upper[h]
				}
			}
			mean, sd, err := f.Total(1)
			if err != nil {
				t.Fatal(err)
			}
			v, _ := f.Forecast(1, 0.6826894921370859)
			within := func(mean float64) float64 { // a demand is not below zero
				if f.demand {
					return max(mean, 0)
				}
				return mean
			}
			if half := v.Intervals[0].Upper[0] - v.Mean[0]; mean != within(v.Mean[0]) || f.shape == nil && math.Abs(half-math.Abs(sd)) > 1e-9*(1+math.Abs(sd)) {
				t.Fatalf("%s: the total of one period is %g ± %g, the period %g ± %g", label(m), mean, sd, v.Mean[0], half)
			}
			total, _, err := f.Total(3)
			if err != nil || math.Abs(total-within(next.Mean[0])-within(next.Mean[1])-within(next.Mean[2])) > 1e-9*(1+math.Abs(total)) {
				t.Fatalf("%s: the total %g is not the sum (%v)", label(m), total, err)
			}
		}
	})
}

// A Fit that was used for other models and series gives what a new one gives.
func TestReusedMemoryChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var used Fit
		var next Forecast
		for range 6 {
			s := demandSeries(t, 1)
			m := rapid.SampledFrom(slices.Concat(everyModel, wrapped)).Draw(t, "model")
			fresh, err := m.Fit(s)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.FitTo(&used, s); err != nil {
				t.Fatal(err)
			}
			horizon := rapid.IntRange(1, 9).Draw(t, "horizon")
			want, err := fresh.Forecast(horizon, 0.8, 0.95)
			if err != nil {
				t.Fatal(err)
			}
			if err := used.ForecastTo(&next, horizon, 0.8, 0.95); err != nil {
				t.Fatal(err)
			}
			require.Equal(t, want, &next)
			require.True(t, slices.Equal(fresh.Parameters, used.Parameters))
			require.True(t, slices.Equal(fresh.Fitted, used.Fitted))
			require.Equal(t, fresh.Sigma, used.Sigma)
			require.ElementsMatch(t, fresh.Warnings, used.Warnings)
		}
	})
}

func TestSeriesErrors(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []float64
		index  int
		err    error
		kind   error
	}{
		{"empty", nil, -1, ErrEmpty, flywheel.ErrInvalid},
		{"nan", []float64{1, math.NaN()}, 1, ErrNotFinite, flywheel.ErrInvalid},
		{"infinite", []float64{math.Inf(-1), 1}, 0, ErrNotFinite, flywheel.ErrInvalid},
		{"too large", []float64{1, 2, 1e101}, 2, ErrTooLarge, flywheel.ErrOutOfRange},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, m := range slices.Concat(everyModel, wrapped) {
				_, err := m.Fit(Series{ID: "s", Values: c.values})
				e, ok := errors.AsType[*SeriesError](err)
				require.True(t, ok, "%s: %v", label(m), err)
				require.Equal(t, c.index, e.Index)
				require.Equal(t, "s", e.Series)
				require.ErrorIs(t, err, c.err)
				require.ErrorIs(t, err, c.kind)
			}
		})
	}
	for _, m := range []Model{Croston{}, SBA{}, SBJ{}, TSB{}, ADIDA{}, IMAPA{}} {
		_, err := m.Fit(Series{Values: []float64{1, 2, -0.5}})
		require.ErrorIs(t, err, ErrNegative, label(m))
	}
	_, err := Naive{}.Fit(Series{Values: []float64{1}, Season: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func TestSettingErrors(t *testing.T) {
	s := Series{Values: []float64{3, 1, 4, 1, 5, 9, 2, 6}}
	nan := math.NaN()
	for _, m := range []Model{
		SES{Alpha: -0.1}, SES{Alpha: 1.1}, SES{Alpha: nan}, SES{Start: &Start{Level: nan}},
		Holt{Alpha: 2}, Holt{Beta: -1}, Holt{Alpha: 0.1, Beta: 0.2}, Holt{Phi: 1.5}, Holt{Start: &Start{Trend: math.Inf(1)}},
		HoltWinters{Gamma: 7}, Theta{Alpha: nan},
		Croston{Alpha: -1}, Croston{Beta: 0.1}, SBA{Alpha: 3}, SBJ{Alpha: 0.1, Beta: 2}, TSB{Alpha: nan}, TSB{Beta: 0.5},
		ETS{Error: 9}, ETS{Error: Absent}, ETS{Trend: Multiplicative}, ETS{Season: Damped}, ETS{Criterion: 9},
		ETS{Error: Additive, Season: Multiplicative}, ETS{Trend: Absent, Beta: 0.05}, ETS{Alpha: nan},
		ETS{Trend: Additive, Alpha: 0.1, Beta: 0.2}, ETS{Season: Absent, Gamma: 0.1},
		ETS{Phi: 2}, ETS{Trend: Additive, Phi: 0.9}, ETS{Start: &Start{Level: 1}},
		ETS{Error: Additive, Trend: Absent, Season: Additive, Start: &Start{}},
		ETS{Error: Additive, Trend: Absent, Season: Absent, Start: &Start{Level: nan}},
		ETS{Error: Multiplicative, Trend: Absent, Season: Absent, Alpha: 0.1, Start: &Start{}},
		Bootstrap{Paths: -1}, Bootstrap{Of: SES{}, Paths: MaxPaths + 1}, Conformal{Horizon: -1}, Conformal{Origins: -1},
		Pool{}, Pool{Models: []Model{SES{}}, By: 3}, Decomposed{Seasons: []int{1}}, Decomposed{Seasons: []int{3, 2}}, Counts{Dynamics: 4}, Counts{Law: 3},
	} {
		_, err := m.Fit(s)
		_, ok := errors.AsType[*SettingError](err)
		require.True(t, ok, "%s: %v", label(m), err)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	seasonal := Series{Values: s.Values, Season: 2}
	_, err := ETS{Error: Additive, Trend: Absent, Season: Additive, Start: &Start{Season: []float64{1}}}.Fit(seasonal)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)

	f, err := SES{}.Fit(s)
	require.NoError(t, err)
	for _, horizon := range []int{0, -1, MaxHorizon + 1} {
		_, err := f.Forecast(horizon)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
		_, _, err = f.Total(horizon)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	for _, level := range []float64{0, 1, -1, 95, nan} {
		_, err := f.Forecast(1, level)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err = new(Fit).Forecast(1)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestWarnings(t *testing.T) {
	for _, c := range []struct {
		model  Model
		values []float64
		season int
		want   Warning
	}{
		{SES{}, []float64{4, 4, 4}, 0, WarnConstant},
		{SBA{}, []float64{0, 0, 0}, 0, WarnNoDemand},
		{TSB{}, []float64{0, 3, 0}, 0, WarnFewDemands},
		{ADIDA{}, []float64{0, 3, 0}, 0, WarnFewDemands},
		{Holt{}, []float64{1, 2}, 0, WarnShort},
		{SeasonalNaive{}, []float64{1, 2, 3}, 4, WarnNoSeason},
		{HoltWinters{}, []float64{1, 2, 3}, 4, WarnNoSeason},
		{Theta{}, []float64{1, 5, 2, 7, 1, 6}, 4, WarnNoSeason},
		{Decomposed{}, []float64{1, 5, 2, 7, 1, 6}, 4, WarnNoSeason},
		{Bootstrap{}, []float64{1, 5, 2, 7, 1, 6}, 0, WarnShort},
		{Conformal{}, []float64{1, 5, 2, 7, 1, 6}, 0, WarnShort},
		{Pool{Models: []Model{SES{}, SBA{}}}, []float64{0, 0, 0, 0}, 0, WarnNoDemand},
		{Counts{}, []float64{0, 0, 3, 0, 0, 0}, 0, WarnFewDemands},
	} {
		f, err := c.model.Fit(Series{Values: c.values, Season: c.season})
		require.NoError(t, err)
		require.Contains(t, f.Warnings, c.want, label(c.model))
	}
}

func TestSelect(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Model
	}{
		{[]float64{5, 6}, Mean{}},
		{[]float64{0, 0, 0, 0, 0, 0}, Mean{}},
		{[]float64{0, 0, 0, 7, 0, 0}, Mean{}},
		{[]float64{5, 6, 4, 5, 6, 7}, Theta{}},
		{[]float64{5, 60, 4, 5, 6, 7}, Theta{}},
		{[]float64{5, -60, 4, 5, 6, 7}, Theta{}},
		{[]float64{0, 2, 0, 2, 0, 2, 0}, SBA{}},
		{[]float64{0, 2, 0, 2, 0, 0, 0, 0, 0, 0, 0}, TSB{}},
	} {
		got, err := Select(Series{Values: c.values})
		require.NoError(t, err)
		require.Equal(t, c.want, got, "%v", c.values)
	}
}

func TestClassStrings(t *testing.T) {
	require.Equal(t, "none", None.String())
	require.Equal(t, "Class(9)", Class(9).String())
}

func TestMetricErrors(t *testing.T) {
	_, err := Evaluate(Series{}, []float64{1, 2}, []float64{1})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = Evaluate(Series{}, nil, nil)
	require.ErrorIs(t, err, ErrEmpty)
	_, err = Evaluate(Series{}, []float64{1}, []float64{math.NaN()})
	require.ErrorIs(t, err, ErrNotFinite)
	a, err := Evaluate(Series{}, []float64{0}, []float64{0})
	require.NoError(t, err)
	require.False(t, a.MASE.Defined || a.WAPE.Defined || a.MAPE.Defined)
	require.Zero(t, a.SMAPE)
	_, err = Pinball([]float64{1}, []float64{1}, 1)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = NormalCRPS(1, 1, -1)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = SampleCRPS(1, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = IntervalScore(Series{Values: []float64{1}}, []float64{1}, Interval{2, []float64{1}, []float64{1}})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}
