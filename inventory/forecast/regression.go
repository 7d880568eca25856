package forecast

import "slices"

// Regression forecasts a series that regressors move, such as prices, promotions
// and holidays, with a model that knows nothing of them: it estimates what they
// do by [ARIMA], a regression whose errors are a process, takes that out of the
// series, leaves the rest to the model, and puts the effects of the periods to
// come on its forecasts. Effects add up and are counted from their mean over the
// history, so that the level of what the model sees is that of the series.
//
// Parameters are those of the model and, under the names of the regressors,
// their coefficients with standard errors. Without regressors it is the model
// alone. Intervals disregard that the coefficients are estimates.
type Regression struct {
	Of Model // nil is [Auto]
}

// Fit implements [Model].
func (m Regression) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. The cost is that of ARIMA and of the model.
func (m Regression) FitTo(dst *Fit, s Series) error {
	if m.Of == nil {
		m.Of = Auto{}
	}
	if len(s.Regressors) == 0 {
		return m.Of.FitTo(dst, s)
	}
	regression, err := ARIMA{}.Fit(s)
	if err != nil {
		return err
	}
	n := len(s.Values)
	effects := make([]float64, len(s.Regressors[0].Values))
	coefficients := regression.Parameters[len(regression.Parameters)-len(s.Regressors):]
	for i, r := range s.Regressors {
		for t, v := range r.Values {
			effects[t] += float64(coefficients[i].Value * v)
		}
	}
	mean := average(effects[:n])
	rest := Series{ID: s.ID, Season: s.Season, Values: make([]float64, n)}
	for t := range effects {
		effects[t] -= mean
		if t < n {
			rest.Values[t] = s.Values[t] - effects[t]
		}
	}
	if err := m.Of.FitTo(dst, rest); err != nil {
		return err
	}
	for i := range dst.Fitted {
		dst.Fitted[i] += effects[dst.Skipped+i]
	}
	dst.added.known, dst.added.future = true, append(dst.added.future[:0], effects[n:]...)
	dst.Parameters = append(dst.Parameters, coefficients...)
	for _, w := range regression.Warnings {
		if w == WarnNoEffect {
			dst.warn(w)
		}
	}
	dst.demand = !slices.ContainsFunc(s.Values, func(y float64) bool { return y < 0 })
	dst.Model = "Regression with " + dst.Model + " errors"
	return nil
}
