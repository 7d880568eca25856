package forecast_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/inventory/forecast"
)

// With three observations AICc is infinite for every model with a constant; a forecast
// of zero would be the answer to another question.
func TestARIMAOfThreeObservations(t *testing.T) {
	fit, err := forecast.ARIMA{}.Fit(forecast.Series{Values: []float64{12.5, 12.1, 13.2}})
	require.NoError(t, err)
	f, err := fit.Forecast(2, 0.95)
	require.NoError(t, err)
	assert.InDelta(t, 12.6, f.Mean[1], 0.01)
	assert.Greater(t, f.Intervals[0].Lower[1], 10.0)
}

// A short series does not tell what many regressors do.
func TestRegressorsOfAShortSeries(t *testing.T) {
	random := rand.New(rand.NewPCG(4, 4))
	for _, size := range []struct{ n, regressors int }{{5, 2}, {12, 20}} {
		s := forecast.Series{}
		for range size.n {
			s.Values = append(s.Values, 50+random.Float64())
		}
		for i := range size.regressors {
			r := forecast.Regressor{Name: fmt.Sprint("x", i)}
			for range size.n + 2 {
				r.Values = append(r.Values, random.Float64())
			}
			s.Regressors = append(s.Regressors, r)
		}
		fit, err := forecast.ARIMA{}.Fit(s)
		require.NoError(t, err)
		assert.Contains(t, fit.Warnings, forecast.WarnNoEffect)
		f, err := fit.Forecast(2)
		require.NoError(t, err)
		assert.InDelta(t, 50, f.Mean[1], 5)
	}
}
