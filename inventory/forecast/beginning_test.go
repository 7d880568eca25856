package forecast_test

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// repeated returns cycles of the given figures, n of them.
func repeated(n int, cycle ...float64) (values []float64) {
	for i := range n {
		values = append(values, cycle[i%len(cycle)])
	}
	return values
}

func auto(t *testing.T, season int, values ...float64) (*forecast.Fit, *forecast.Forecast) {
	t.Helper()
	fit, err := forecast.Auto{}.Fit(forecast.Series{Values: values, Season: season})
	require.NoError(t, err)
	f, err := fit.Forecast(max(season, 2), 0.95)
	require.NoError(t, err)
	return fit, f
}

// A season decides before rarity: the weekdays on which a shop is closed, and the
// months in which an item is sold.
func TestSeasonDecidesWhenDemandComes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	week := []float64{100, 110, 90, 120, 150, 0, 0}
	open := make([]float64, 20*7)
	for i := range open {
		open[i] = week[i%7] * (0.8 + 0.4*random.Float64())
	}
	_, f := auto(t, 7, open...)
	for i, want := range week {
		assert.InDelta(t, want, f.Mean[i], 25, "weekday %d", i)
	}

	year := make([]float64, 12)
	year[9], year[10], year[11] = 40, 180, 260
	_, f = auto(t, 12, repeated(60, year...)...)
	for i, want := range year {
		assert.InDelta(t, want, f.Mean[i], 1, "month %d", i)
	}

	// Seven selling weeks a year, seen for two years.
	weeks := make([]float64, 52)
	copy(weeks[45:], []float64{10, 20, 40, 60, 80, 90, 30})
	_, f = auto(t, 52, repeated(104, weeks...)...)
	assert.InDelta(t, 0, f.Mean[3], 3)
	assert.InDelta(t, 90, f.Mean[50], 10)
}

// Demand that comes at random looks seasonal in few series.
func TestRareDemandIsSeldomSeasonal(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	for _, d := range []struct {
		season, periods int
	}{{4, 20}, {7, 28}, {12, 24}, {12, 60}, {52, 104}} {
		seasonal := 0
		for range 500 {
			values := make([]float64, d.periods)
			for i := range values {
				if random.IntN(4) == 0 {
					values[i] = float64(1 + random.IntN(9))
				}
			}
			model, err := forecast.Select(forecast.Series{Values: values, Season: d.season})
			require.NoError(t, err)
			if _, is := model.(forecast.Theta); is {
				seasonal++
			}
		}
		assert.LessOrEqual(t, seasonal, 15, "season %d in %d periods", d.season, d.periods)
	}
}

func TestDemandBegins(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	regular := make([]float64, 24)
	for i := range regular {
		regular[i] = float64(26 + random.IntN(9))
	}
	fit, f := auto(t, 0, append(make([]float64, 80), regular[:20]...)...)
	assert.Contains(t, fit.Warnings, forecast.WarnLaunch)
	assert.InDelta(t, 30, f.Mean[0], 3)
	assert.Greater(t, f.Intervals[0].Lower[0], 15.0)
	assert.Equal(t, 100, fit.Skipped+len(fit.Fitted))
	require.NoError(t, fit.Update(30, 29), "the fit goes on")

	sporadic := repeated(36, 0, 0, 0, 12, 0)
	fit, f = auto(t, 0, append(sporadic, regular...)...)
	assert.Contains(t, fit.Warnings, forecast.WarnLaunch)
	assert.InDelta(t, 30, f.Mean[0], 3)

	// What was always so begins with the series.
	for _, values := range [][]float64{
		sporadic,
		append([]float64{0, 0, 0, 0, 0, 0}, sporadic...),
		append(make([]float64, 119), 4), // one demand tells no rate
		regular,
		append(append(repeated(12, 30), 0), regular...), // one zero in a regular demand
	} {
		fit, _ := auto(t, 0, values...)
		assert.NotContains(t, fit.Warnings, forecast.WarnLaunch, "%v", values)
	}
	_, f = auto(t, 0, append(make([]float64, 119), 4)...)
	assert.Less(t, f.Mean[0], 1.0)
}

// A return in an intermittent demand is taken off the sale before it.
func TestReturnsAreNetted(t *testing.T) {
	values := repeated(60, 0, 0, 0, 0, 4)
	values[30] = -1
	_, f := auto(t, 0, values...)
	values[30], values[29] = 0, 3
	_, want := auto(t, 0, values...)
	assert.Equal(t, want, f)
	assert.GreaterOrEqual(t, f.Intervals[0].Lower[0], 0.0)

	// Values around zero are no demand.
	fit, _ := auto(t, 0, repeated(60, -3, 2, 0, 4, -5, 1)...)
	assert.Equal(t, "Combination", fit.Model)
}
