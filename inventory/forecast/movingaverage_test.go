package forecast

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestMovingAverage(t *testing.T) {
	for _, c := range []struct {
		name   string
		window int
		season int
		values []float64
		fitted []float64
		used   float64
		level  float64
	}{
		{"given", 3, 0, []float64{3, 5, 7, 9, 2}, []float64{3, 4, 5, 7}, 3, 6},
		{"longer than the series", 9, 0, []float64{3, 5, 7}, []float64{3, 4}, 9, 5},
		{"one observation", 0, 0, []float64{3}, nil, 1, 3},
		{"a walk", 0, 0, []float64{1, 2, 3, 4, 5, 6, 7, 8}, []float64{1, 2, 3, 4, 5, 6, 7}, 1, 8},
		// All even windows err alike: the longest of up to half of the observations.
		{"to and fro", 0, 0, []float64{4, 6, 4, 6, 4, 6, 4, 6}, []float64{4, 5, 14 / 3.0, 5, 5, 5, 5}, 4, 5},
		{"whole seasons", 0, 3, []float64{1, 2, 9, 1, 2, 9, 1, 2, 9, 1, 2, 9}, nil, 6, 4},
		{"constant", 0, 0, []float64{5, 5, 5, 5, 5, 5}, nil, 3, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := MovingAverage{c.window}.Fit(Series{Values: c.values, Season: c.season})
			require.NoError(t, err)
			used, _ := f.Parameter("window")
			require.Equal(t, c.used, used)
			level, _ := f.Parameter("level")
			require.InDelta(t, c.level, level, 1e-12)
			if c.fitted != nil {
				require.InDeltaSlice(t, c.fitted, f.Fitted, 1e-12)
			}
			require.Equal(t, 1, f.Skipped)
			next, err := f.Forecast(3, 0.8)
			require.NoError(t, err)
			require.InDeltaSlice(t, []float64{c.level, c.level, c.level}, next.Mean, 1e-12)
		})
	}
	_, err := MovingAverage{-1}.Fit(Series{Values: []float64{1}})
	requireSetting(t, err)

	// A season longer than 24 is tried too.
	long := Series{Season: 30, Values: make([]float64, 240)}
	for i := range long.Values {
		long.Values[i] = 50 + 20*math.Sin(2*math.Pi*float64(i)/2) + float64(i%30/10)*30
	}
	f, err := MovingAverage{}.Fit(long)
	require.NoError(t, err)
	window, _ := f.Parameter("window")
	require.Equal(t, 1.0, window) // a step every ten periods: the last is the best guess
	for i := range long.Values {  // again all even windows err alike
		long.Values[i] = 50 + float64(30*(i%2))
	}
	f, err = MovingAverage{}.Fit(long)
	require.NoError(t, err)
	window, _ = f.Parameter("window")
	require.Equal(t, 60.0, window)
}

// A window of one is the naive forecast, one of the whole series the mean.
func TestMovingAverageBetweenNaiveAndMean(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := demandSeries(t, 2)
		for _, c := range []struct {
			window int
			other  Model
			same   bool
		}{{1, Naive{}, true}, {len(s.Values), Mean{}, false}, {math.MaxInt, Mean{}, false}} {
			a, err := forecastOf(MovingAverage{c.window}, s)
			require.NoError(t, err)
			b, err := forecastOf(c.other, s)
			require.NoError(t, err)
			require.InDeltaSlice(t, b.Mean, a.Mean, 1e-9)
			if c.same {
				require.InDeltaSlice(t, b.Intervals[0].Upper, a.Intervals[0].Upper, 1e-9)
			}
		}
		// Going on is running over the whole.
		m := MovingAverage{rapid.IntRange(1, 12).Draw(t, "window")}
		at := rapid.IntRange(1, len(s.Values)-1).Draw(t, "at")
		whole, err := m.Fit(s)
		require.NoError(t, err)
		f, err := m.Fit(Series{Values: s.Values[:at]})
		require.NoError(t, err)
		require.NoError(t, f.Update(s.Values[at:]...))
		require.InDeltaSlice(t, whole.Fitted, f.Fitted, 1e-9)
		require.InDelta(t, whole.Sigma, f.Sigma, 1e-9*(1+whole.Sigma))
		want, err := whole.Forecast(4, 0.9)
		require.NoError(t, err)
		got, err := f.Forecast(4, 0.9)
		require.NoError(t, err)
		require.InDeltaSlice(t, want.Mean, got.Mean, 1e-9)
		require.InDeltaSlice(t, want.Intervals[0].Lower, got.Intervals[0].Lower, 1e-6)
	})
}

func BenchmarkMovingAverage(b *testing.B) {
	s := Series{Values: demandLike(50), Season: 12}
	var f Fit
	b.ReportAllocs()
	for b.Loop() {
		if err := (MovingAverage{}).FitTo(&f, s); err != nil {
			b.Fatal(err)
		}
	}
}
