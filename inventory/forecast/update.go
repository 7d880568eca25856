package forecast

import (
	"fmt"
	"math"
)

// demanding reports whether the process is one of demand, which is never
// negative.
func (f *Fit) demanding() bool {
	p, ok := f.process.(interface{ demanding() bool })
	return ok && p.demanding()
}

// selfMeasured is a process that knows what Sigma is.
type selfMeasured interface{ deviation() float64 }

// described is a process some of whose parameters follow the series.
type described interface {
	// describe calls set for each of them, in their order.
	describe(set func(name string, value float64))
}

// Update takes observations that follow those of the series, oldest first, and
// estimates nothing again: smoothing parameters, coefficients, weights and
// seasons stay, while levels and what else the model learns from period to
// period go on, as if these had been given and run over the longer series. The
// fitted values grow by the forecasts that there were for the observations, and
// Sigma takes in their errors; information criteria stay those of the series
// that was fitted, and so do the ranges of [Auto], [Bootstrap] and [Conformal].
// It is for what must follow each sale at once; fit again now and then.
//
// A value that is NaN, infinite, too large or, for a model of demand, negative
// is a [*SeriesError] with its position in the longer series, and changes
// nothing. A fit with regressors can go on as far as these are known. O(1) per
// observation, for [ARIMA] as many steps as it has states.
func (f *Fit) Update(values ...float64) error {
	if err := f.checkFitted(); err != nil {
		return err
	}
	first := f.Skipped + len(f.Fitted)
	s := Series{ID: f.Series, Values: values, Season: f.season}
	if len(values) == 0 {
		return nil
	}
	err := s.check()
	if f.demanding() {
		err = s.checkDemand()
	}
	if bad, ok := err.(*SeriesError); ok {
		bad.Index += first
		return bad
	}
	if err != nil {
		return err
	}
	if f.added.known && len(values) > f.added.ahead() {
		return &SettingError{Model: f.Model, Setting: "number of observations", Value: float64(len(values)), Want: fmt.Sprintf("at most the %d future periods that the regressors have", f.added.ahead())}
	}
	for _, y := range values {
		inner, scale := f.added.off(0, y), f.process.scale(1)
		mean := f.process.observe(inner)
		f.Fitted = append(f.Fitted, f.added.on(0, mean))
		f.added.step()
		// An error beyond all measure, of a unit next to zero, tells nothing of Sigma.
		e := (inner - mean) / f.unit(mean, scale)
		if squares := f.errors.squares + float64(e*e); squares <= math.MaxFloat64 {
			f.errors.squares = squares
			f.errors.n++
		}
	}
	if p, ok := f.process.(selfMeasured); ok {
		f.Sigma = p.deviation()
	} else if t := f.errors; t.n > t.degrees {
		f.Sigma = math.Sqrt(t.squares / float64(t.n-t.degrees))
	} else if t.n > 0 {
		f.Sigma = math.Sqrt(t.squares / float64(t.n))
	}
	if d, ok := f.process.(described); ok {
		next := 0
		d.describe(func(name string, value float64) {
			for i := next; i < len(f.Parameters); i++ {
				if f.Parameters[i].Name == name {
					f.Parameters[i].Value, next = value, i+1
					return
				}
			}
		})
	}
	return f.checkFinite(f.Fitted[len(f.Fitted)-len(values):])
}

// unit is what Sigma measures an error in: the mean where errors are relative,
// the factor of the season where that multiplies.
func (f *Fit) unit(mean, scale float64) float64 {
	switch f.process.(type) {
	case *relativeSmoothing:
		return mean
	case *combination:
		return 1
	}
	return scale
}
