package forecast

import (
	"encoding/binary"
	"errors"
	"math"
	"testing"
)

// floatsOf reads eight bytes each.
func floatsOf(data []byte) (values []float64) {
	for len(data) >= 8 && len(values) < 64 {
		values = append(values, math.Float64frombits(binary.LittleEndian.Uint64(data)))
		data = data[8:]
	}
	return values
}

func typed(err error) bool {
	_, series := errors.AsType[*SeriesError](err)
	_, setting := errors.AsType[*SettingError](err)
	return series || setting
}

// FuzzCleaning cleans any bytes: it refuses with a typed error or gives finite
// figures, and all but those that it tells of are as they were.
func FuzzCleaning(f *testing.F) {
	f.Add(bytesOf(9, 4, 9, 4, 9, 4, 900, 4, 9, 4, 9, 4, 9), bytesOf(1, 1, 0, 0.5), 0)
	f.Add(bytesOf(0, 0, 4, 0, 0, 5, 0, 3, 0, 0, 80, 0, 6), []byte{}, 4)
	f.Add(bytesOf(math.NaN(), 1e100, -1e100, 5e-324, 1e100, 0, math.NaN(), 1, 2, 3, -1e100), bytesOf(0, 1e-300, 1), 3)
	f.Add(bytesOf(1e99, 1e-99, 1e99, 1e-99, 1e99, 1e-99, 1e99, 1e-99, 1e99), bytesOf(1, 0.1, 0, 1, 1, 1, 1e-9, 1, 1), 2)
	f.Fuzz(func(t *testing.T, data, stock []byte, season int) {
		s := Series{ID: "fuzz", Values: floatsOf(data), Season: season}
		availability := floatsOf(stock)
		if len(availability) == 0 {
			availability = nil
		}
		for len(availability) > 0 && len(availability) < len(s.Values) {
			availability = append(availability, 1)
		}
		cleaned, corrections, err := Cleaning{IncludeLast: season%2 == 0}.Clean(s, availability)
		if err != nil {
			if !typed(err) {
				t.Fatal(err)
			}
			return
		}
		changed := map[int]bool{}
		for _, c := range corrections {
			changed[c.Index] = true
		}
		for i, v := range cleaned.Values {
			if math.IsNaN(v) || !(math.Abs(v) <= MaxMagnitude) || !changed[i] && v != s.Values[i] {
				t.Fatalf("observation %d is %g after %g", i, v, s.Values[i])
			}
		}
	})
}

// FuzzAnalogy launches a product beside any two analogues.
func FuzzAnalogy(f *testing.F) {
	f.Add(bytesOf(5, 15, 10, 10), bytesOf(10, 30, 20), bytesOf(4, 8), 1.0, 100.0)
	f.Add(bytesOf(0, 0, 1), bytesOf(1e-300, 0, 1e100), bytesOf(0, 0, 0, 1e100), 1e-9, 0.0)
	f.Add(bytesOf(1e100, 1e-84), bytesOf(5e-324), bytesOf(5e-324, 1), 1e100, 1e-100)
	f.Add(bytesOf(0, 0, 1), bytesOf(0, 5e-324, 0), bytesOf(1, 2), 1e-9, 0.0)
	f.Add(bytesOf(1e100, 1e-100), bytesOf(1e-100, 1e100), bytesOf(5e-324, 1e100), 1e100, 1e-100)
	f.Fuzz(func(t *testing.T, one, two, own []byte, weight, total float64) {
		m := Analogy{
			Analogues: []Analogue{{Name: "one", Values: floatsOf(one), Weight: 1}, {Name: "two", Values: floatsOf(two), Weight: weight}},
			Total:     total, Periods: 7,
		}
		fit, err := m.Fit(Series{ID: "fuzz", Values: floatsOf(own)})
		if err == nil {
			finite(t, m, "fitted", fit.Fitted...)
			finite(t, m, "sigma", fit.Sigma)
			for _, p := range fit.Parameters {
				finite(t, m, p.Name, p.Value)
			}
			var next *Forecast
			if next, err = fit.Forecast(70, 0.8); err == nil {
				finite(t, m, "mean", next.Mean...)
				finite(t, m, "interval", next.Intervals[0].Lower...)
				finite(t, m, "interval", next.Intervals[0].Upper...)
			}
		}
		if err == nil {
			var mean, sd float64
			if mean, sd, err = fit.Total(5); err == nil {
				finite(t, m, "total", mean, sd)
			}
		}
		if err != nil && !typed(err) {
			t.Fatal(err)
		}
	})
}

// FuzzCrossValidation judges models on any bytes.
func FuzzCrossValidation(f *testing.F) {
	f.Add(bytesOf(1, 2, 3, 4, 5, 6, 7, 8), 2, 1, 0, 1)
	f.Add(bytesOf(1e100, -1e100, 1e100, 0, 5e-324, 1e100), 1, 2, 3, 0)
	f.Add(bytesOf(0, 0, 0, 0, 0), 1, 0, 2, 2)
	f.Fuzz(func(t *testing.T, data []byte, horizon, step, window, season int) {
		s := Series{ID: "fuzz", Values: floatsOf(data), Season: season}
		c := CrossValidation{Horizon: horizon, Step: step, Window: window, Levels: []float64{0.9}}
		list, err := c.Compare(s, Naive{}, MovingAverage{}, SES{})
		if err != nil {
			if !typed(err) {
				t.Fatal(err)
			}
			return
		}
		for _, x := range list {
			b := x.Backtest
			finite(t, x.Model, "accuracy", b.MAE, b.RMSE, b.SMAPE, b.CRPS, b.TrackingSignal, b.MASE.Value, b.RMSSE.Value, b.WAPE.Value, b.Bias.Value)
			finite(t, x.Model, "comparison", x.OWA.Value, x.DieboldMariano.Value, x.P.Value)
			finite(t, x.Model, "levels", b.Levels[0].Width, b.Levels[0].Score.Value)
			for _, d := range b.Distances {
				finite(t, x.Model, "distance", d.ME, d.MAE, d.RMSE, d.SMAPE, d.MASE.Value, d.Width[0])
			}
		}
	})
}
