package forecast

import "math"

// Backtest is how a model would have done in the past: it is fitted to the
// beginning of a series and judged on what came after, from several origins.
type Backtest struct {
	Origins []Origin // oldest first
	// The means over all origins.
	SMAPE, MAE, RMSE float64
	MASE             Measure
	// Coverage has the share of actual values inside the interval of each
	// level, in the order of the levels.
	Coverage []float64
}

// Origin is one point in the past from which was forecast.
type Origin struct {
	At       int // number of observations that the model saw
	Accuracy Accuracy
	Forecast Forecast
}

// RunBacktest forecasts horizon periods from each of the last origins points of
// the series that have as many observations after them, one period apart, and
// compares with what happened. Every model sees only its past. The cost is that
// of so many fits.
func RunBacktest(m Model, s Series, origins, horizon int, levels ...float64) (*Backtest, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	n := len(s.Values)
	if origins < 1 {
		return nil, &SettingError{Model: "RunBacktest", Setting: "origins", Value: float64(origins), Want: "1 or more"}
	}
	if horizon < 1 || horizon > MaxHorizon {
		return nil, &SettingError{Model: "RunBacktest", Setting: "horizon", Value: float64(horizon), Want: "1 to 10000"}
	}
	if n-horizon-origins < 0 {
		return nil, &SettingError{Model: "RunBacktest", Setting: "origins plus horizon", Value: float64(origins) + float64(horizon), Want: "at most the number of observations"}
	}
	b := &Backtest{Origins: make([]Origin, 0, origins), Coverage: make([]float64, len(levels))}
	var f Fit
	defined := 0.0
	for at := n - horizon - origins + 1; at <= n-horizon; at++ {
		past, actual := s, s.Values[at:at+horizon]
		past.Values = s.Values[:at]
		if err := m.FitTo(&f, past); err != nil {
			return nil, err
		}
		o := Origin{At: at}
		if err := f.ForecastTo(&o.Forecast, horizon, levels...); err != nil {
			return nil, err
		}
		var err error
		if o.Accuracy, err = Evaluate(past, actual, o.Forecast.Mean); err != nil {
			return nil, err
		}
		for i, v := range o.Forecast.Intervals {
			share, err := Coverage(actual, v)
			if err != nil {
				return nil, err
			}
			b.Coverage[i] += share / float64(origins)
		}
		b.SMAPE += o.Accuracy.SMAPE / float64(origins)
		b.MAE += o.Accuracy.MAE / float64(origins)
		b.RMSE += float64(o.Accuracy.RMSE*o.Accuracy.RMSE) / float64(origins)
		if o.Accuracy.MASE.Defined {
			b.MASE.Value += o.Accuracy.MASE.Value
			defined++
		}
		b.Origins = append(b.Origins, o)
	}
	b.RMSE = math.Sqrt(b.RMSE)
	b.MASE = ratio(b.MASE.Value, defined)
	return b, nil
}
