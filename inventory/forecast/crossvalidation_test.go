package forecast

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
)

func TestCrossValidation(t *testing.T) {
	s := Series{Values: []float64{1, 2, 3, 4, 5, 6, 7, 9}}
	c := CrossValidation{Horizon: 2, Origins: 2, Levels: []float64{0.9}}
	b, err := c.Run(Naive{}, s)
	require.NoError(t, err)
	// From 5: errors 1 and 2 of 6 and 7; from 6: errors 1 and 3 of 7 and 9.
	require.Equal(t, "Naive", b.Model)
	require.Equal(t, 5, b.Origins[0].At)
	require.Equal(t, []float64{5, 5}, b.Origins[0].Forecast.Mean)
	near := func(want, got float64) { t.Helper(); require.InDelta(t, want, got, 1e-12) }
	near(1.75, b.MAE)
	near(math.Sqrt((1+4+1+9)/4.0), b.RMSE)
	near(1.75, b.MASE.Value)
	near((math.Sqrt(2.5)+math.Sqrt(5))/2, b.RMSSE.Value)
	near(7.0/29, b.WAPE.Value)
	near(700.0/29, b.Bias.Value)
	near(2, b.TrackingSignal)
	near(0.75, b.Levels[0].Coverage) // within 1.64·√h
	near(0.9, b.Levels[0].Level)
	width := 2 * 1.6448536269514722
	near(width*(1+math.Sqrt2)/2, b.Levels[0].Width)
	near(b.Levels[0].Width+20*(3-width/2*math.Sqrt2)/4, b.Levels[0].Score.Value)
	near(1, b.Distances[0].MAE)
	near(2.5, b.Distances[1].ME)
	near(math.Sqrt(6.5), b.Distances[1].RMSE)
	near(2.5, b.Distances[1].MASE.Value)
	near(0.5, b.Distances[1].Coverage[0])
	near(width*math.Sqrt2, b.Distances[1].Width[0])
	near(100*(1.0/11+1.0/13), b.Distances[0].SMAPE)
	crps := 0.0
	for _, e := range [4][2]float64{{1, 1}, {2, math.Sqrt2}, {1, 1}, {3, math.Sqrt2}} {
		one, err := NormalCRPS(e[0], 0, e[1])
		require.NoError(t, err)
		crps += one / 4
	}
	require.InEpsilon(t, crps, b.CRPS, 0.01)

	// A model sees nothing of what comes after its origin.
	changed := Series{Values: slices.Clone(s.Values)}
	changed.Values[7] = 1000
	other, err := c.Run(Naive{}, changed)
	require.NoError(t, err)
	for i := range b.Origins {
		require.Equal(t, b.Origins[i].Forecast, other.Origins[i].Forecast)
	}
}

// seen is a model that remembers what it was shown.
type seen struct{ fits *[][]float64 }

func (m seen) Fit(s Series) (*Fit, error) { return fit(m, s) }

func (m seen) FitTo(dst *Fit, s Series) error {
	*m.fits = append(*m.fits, slices.Clone(s.Values))
	return Naive{}.FitTo(dst, s)
}

func TestCrossValidationOrigins(t *testing.T) {
	s := Series{Values: []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}}
	for _, c := range []struct {
		name string
		CrossValidation
		origins, fits, lengths []int
	}{
		{"half", CrossValidation{Horizon: 2}, []int{5, 6, 7, 8}, []int{5, 6, 7, 8}, []int{5, 6, 7, 8}},
		{"one", CrossValidation{Horizon: 9}, []int{1}, []int{1}, []int{1}},
		{"every third", CrossValidation{Horizon: 1, Origins: 3, Step: 3}, []int{3, 6, 9}, []int{3, 6, 9}, []int{3, 6, 9}},
		{"every third of the half", CrossValidation{Horizon: 1, Step: 3}, []int{6, 9}, []int{6, 9}, []int{6, 9}},
		{"window", CrossValidation{Horizon: 3, Window: 4}, []int{5, 6, 7}, []int{5, 6, 7}, []int{4, 4, 4}},
		{"long window", CrossValidation{Horizon: 3, Window: 6}, []int{6, 7}, []int{6, 7}, []int{6, 6}},
		{"refit", CrossValidation{Horizon: 1, Origins: 5, Refit: 2}, []int{5, 6, 7, 8, 9}, []int{5, 7, 9}, []int{5, 7, 9}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var fits [][]float64
			b, err := c.Run(seen{&fits}, s)
			require.NoError(t, err)
			var origins, ends, lengths []int
			for _, o := range b.Origins {
				origins = append(origins, o.At)
				require.Equal(t, s.Values[o.At-1], o.Forecast.Mean[0]) // also where the fit went on
			}
			for _, f := range fits {
				ends, lengths = append(ends, int(f[len(f)-1])+1), append(lengths, len(f))
			}
			require.Equal(t, c.origins, origins)
			require.Equal(t, c.fits, ends)
			require.Equal(t, c.lengths, lengths)
		})
	}
	for _, c := range []CrossValidation{
		{}, {Horizon: -1}, {Horizon: 10}, {Horizon: MaxHorizon + 1}, {Horizon: 1, Origins: -1}, {Horizon: 1, Origins: 10}, {Horizon: 1, Origins: math.MaxInt},
		{Horizon: 1, Step: -1}, {Horizon: 1, Step: 5, Origins: 3}, {Horizon: 1, Step: math.MaxInt, Origins: 2},
		{Horizon: 1, Window: 10}, {Horizon: 1, Window: -1}, {Horizon: 2, Window: math.MaxInt}, {Horizon: 1, Window: 8, Origins: 3}, {Horizon: 1, Refit: -1},
		{Horizon: 1, Levels: []float64{1}},
	} {
		_, err := c.Run(Naive{}, s)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange, "%+v", c)
	}
	_, err := CrossValidation{Horizon: 1}.Run(Naive{}, Series{})
	require.ErrorIs(t, err, ErrEmpty)
	_, err = CrossValidation{Horizon: 1}.Run(Naive{}, Series{Values: []float64{1, 2, 3}, Regressors: []Regressor{{Values: []float64{1}}}})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

// Regressors are cut with the window: a model that has nothing but them
// forecasts exactly.
func TestCrossValidationWithRegressors(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 0))
	promotion := make([]float64, 60)
	s := Series{Values: make([]float64, 60), Regressors: []Regressor{{Name: "promotion", Values: promotion}}}
	for i := range promotion {
		promotion[i] = math.Floor(random.Float64() * 2)
		s.Values[i] = 20 + 10*promotion[i] + 0.01*random.NormFloat64()
	}
	model := ARIMA{Orders: &Orders{Constant: true}}
	for _, window := range []int{0, 30} {
		b, err := CrossValidation{Horizon: 3, Window: window}.Run(model, s)
		require.NoError(t, err)
		require.Less(t, b.MAE, 0.05)
	}
}

func TestCompare(t *testing.T) {
	s := Series{Values: []float64{20, 23, 25, 30, 31, 36, 39, 41, 46, 48, 50, 56, 57, 61, 64, 69, 70, 75}}
	list, err := CrossValidation{Horizon: 2, Origins: 10}.Compare(s, Naive{}, Drift{}, Naive{})
	require.NoError(t, err)
	require.Equal(t, Measure{1, true}, list[0].OWA)
	require.False(t, list[0].P.Defined)
	require.Equal(t, "Drift", list[1].Backtest.Model)
	require.Less(t, list[1].OWA.Value, 0.5)
	require.Negative(t, list[1].DieboldMariano.Value)
	require.Less(t, list[1].P.Value, 0.01)
	require.Equal(t, Measure{0, true}, list[2].DieboldMariano)
	require.Equal(t, Measure{1, true}, list[2].P)
	var a, b []float64
	for i := range 10 {
		a, b = append(a, list[1].Backtest.Origins[i].Accuracy.MAE), append(b, list[0].Backtest.Origins[i].Accuracy.MAE)
	}
	statistic, p, err := DieboldMariano(a, b, 2, 1)
	require.NoError(t, err)
	require.Equal(t, [2]float64{statistic, p}, [2]float64{list[1].DieboldMariano.Value, list[1].P.Value})

	// Origins that do not overlap are independent.
	list, err = CrossValidation{Horizon: 4, Origins: 2, Step: 4}.Compare(s, Naive{}, Drift{})
	require.NoError(t, err)
	require.True(t, list[1].P.Defined)
	list, err = CrossValidation{Horizon: 4, Origins: 4}.Compare(s, Naive{}, Drift{})
	require.NoError(t, err)
	require.False(t, list[1].P.Defined)

	_, err = CrossValidation{Horizon: 2}.Compare(s)
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = CrossValidation{Horizon: 2}.Compare(s, Naive{}, SES{Alpha: 2})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	require.ErrorContains(t, err, "model 1, forecast.SES")
}

// What is summed by distance is what is summed by origin.
func TestCrossValidationLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := demandSeries(t, 4)
		c := CrossValidation{
			Horizon: rapid.IntRange(1, 3).Draw(t, "horizon"), Step: rapid.IntRange(0, 3).Draw(t, "step"),
			Refit: rapid.IntRange(0, 3).Draw(t, "refit"), Levels: []float64{0.5, 0.9},
		}
		m := rapid.SampledFrom([]Model{Naive{}, SES{}, SBA{}, Mean{}, Theta{}}).Draw(t, "model")
		b, err := c.Run(m, s)
		require.NoError(t, err)
		near := func(want, got float64) { require.InDelta(t, want, got, 1e-9*(1+math.Abs(want))) }
		var mae, squares, smape float64
		for _, d := range b.Distances {
			mae += d.MAE / float64(c.Horizon)
			squares += d.RMSE * d.RMSE / float64(c.Horizon)
			smape += d.SMAPE / float64(c.Horizon)
			require.LessOrEqual(t, d.Coverage[0], d.Coverage[1])
			require.LessOrEqual(t, d.Width[0], d.Width[1])
		}
		near(mae, b.MAE)
		near(math.Sqrt(squares), b.RMSE)
		near(smape, b.SMAPE)
		for i, l := range b.Levels {
			var coverage, width float64
			for _, d := range b.Distances {
				coverage += d.Coverage[i] / float64(c.Horizon)
				width += d.Width[i] / float64(c.Horizon)
			}
			near(coverage, l.Coverage)
			near(width, l.Width)
		}
		require.GreaterOrEqual(t, b.CRPS, 0.0)
		require.LessOrEqual(t, b.CRPS, b.MAE+b.Levels[1].Width+1e-9)
		require.LessOrEqual(t, math.Abs(b.TrackingSignal), float64(len(b.Origins))+1e-9)
	})
}
