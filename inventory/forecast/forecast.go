package forecast

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// Forecast is what a fitted model expects.
type Forecast struct {
	Mean      []float64  // Mean[h-1] is for the h-th period after the last observation
	Intervals []Interval // one for each level asked for, in that order
}

// Interval is the range in which each future observation lies with probability
// Level, as far as the model holds.
type Interval struct {
	Level        float64 // between 0 and 1, such as 0.95
	Lower, Upper []float64
}

// process is the future of a fitted model: means, and how an error of size 1
// in one period moves the periods after it. Variances follow from these.
type process interface {
	// mean fills dst with the forecasts for 1, …, len(dst) periods ahead.
	mean(dst []float64)
	// weight is the change of the observation lag ≥ 1 periods later that a
	// unit error causes.
	weight(lag int) float64
	// estimation is the standard error of the mean h ≥ 1 periods ahead that
	// comes from estimated parameters, in units of the error's deviation.
	estimation(h int) float64
	// scale is the factor by which the errors of the period h ≥ 1 periods
	// ahead are larger, that of a multiplicative season.
	scale(h int) float64
	// observe takes one more observation into the state, with parameters as
	// they are, and returns the forecast that there was for it.
	observe(y float64) float64
}

// relative is the process whose error is a share of the mean; it computes its
// own variances.
type relative interface {
	process
	variance(dst, mean []float64, sigma float64)
}

// shaped is what has quantiles of its own: errors that are drawn again, ranges
// that were calibrated, a demand in whole units.
type shaped interface {
	// quantiles fills dst[i] with the quantiles for probabilities[i] of the
	// periods ahead, whose means are given.
	quantiles(f *Fit, dst [][]float64, mean, probabilities []float64)
}

// Forecast returns means for the next horizon periods and one [Interval] for
// each of levels. Intervals come from the normal distribution with the
// variance that the model implies at each distance, those of [Auto] from errors
// that were measured. [Bootstrap] and [Conformal] make others for any model.
func (f *Fit) Forecast(horizon int, levels ...float64) (*Forecast, error) {
	dst := new(Forecast)
	if err := f.ForecastTo(dst, horizon, levels...); err != nil {
		return nil, err
	}
	return dst, nil
}

// ForecastTo is [Fit.Forecast] into the memory of dst.
func (f *Fit) ForecastTo(dst *Forecast, horizon int, levels ...float64) error {
	if err := f.checkHorizon(horizon); err != nil {
		return err
	}
	for _, level := range levels {
		if !(level > 0 && level < 1) {
			return &SettingError{Model: f.Model, Setting: "level", Value: level, Want: "between 0 and 1, such as 0.95"}
		}
	}
	dst.Mean = resize(dst.Mean, horizon)
	f.process.mean(dst.Mean)
	if cap(dst.Intervals) < len(levels) {
		dst.Intervals = append(dst.Intervals[:cap(dst.Intervals)], make([]Interval, len(levels)-cap(dst.Intervals))...)
	}
	dst.Intervals = dst.Intervals[:len(levels)]
	switch {
	case len(levels) == 0:
	case f.shape != nil:
		limits, probabilities := make([][]float64, 0, 2*len(levels)), make([]float64, 0, 2*len(levels))
		for i, level := range levels {
			v := &dst.Intervals[i]
			v.Level = level
			v.Lower, v.Upper = resizeOver(v.Lower, horizon), resizeOver(v.Upper, horizon)
			limits, probabilities = append(limits, v.Lower, v.Upper), append(probabilities, (1-level)/2, (1+level)/2)
		}
		f.shape.quantiles(f, limits, dst.Mean, probabilities)
	default:
		f.symmetric(dst, levels)
	}
	f.added.to(dst.Mean)
	for i := range dst.Intervals {
		f.added.to(dst.Intervals[i].Lower)
		f.added.to(dst.Intervals[i].Upper)
		if err := f.checkFinite(dst.Intervals[i].Lower); err != nil {
			return err
		}
		if err := f.checkFinite(dst.Intervals[i].Upper); err != nil {
			return err
		}
	}
	return f.checkFinite(dst.Mean)
}

// symmetric fills the intervals by the variances about the means.
func (f *Fit) symmetric(dst *Forecast, levels []float64) {
	horizon := len(dst.Mean)
	// The first interval's Lower holds the variances until it is filled, last.
	first := &dst.Intervals[0]
	first.Lower = resize(first.Lower, horizon)
	f.variance(first.Lower, dst.Mean)
	for i := len(levels) - 1; i >= 0; i-- {
		v := &dst.Intervals[i]
		v.Level = levels[i]
		z := f.quantile((1 + levels[i]) / 2)
		v.Lower, v.Upper = resizeOver(v.Lower, horizon), resizeOver(v.Upper, horizon)
		for h, m := range dst.Mean {
			half := float64(z * math.Sqrt(first.Lower[h]))
			v.Lower[h], v.Upper[h] = m-half, m+half
		}
	}
}

// Quantiles returns for each probability, between 0 and 1, the level that the
// demand of each of the next horizon periods stays below with that probability:
// what to have in stock where the costs of too much and too little are known.
// The limits of an [Interval] are two of them.
func (f *Fit) Quantiles(horizon int, probabilities ...float64) ([][]float64, error) {
	if err := f.checkHorizon(horizon); err != nil {
		return nil, err
	}
	for _, p := range probabilities {
		if !(p > 0 && p < 1) {
			return nil, &SettingError{Model: f.Model, Setting: "probability", Value: p, Want: "between 0 and 1, such as 0.9"}
		}
	}
	mean := make([]float64, horizon)
	f.process.mean(mean)
	all := make([][]float64, len(probabilities))
	for i := range all {
		all[i] = make([]float64, horizon)
	}
	if f.shape != nil {
		f.shape.quantiles(f, all, mean, probabilities)
	} else {
		deviation := f.deviations(mean)
		for i, p := range probabilities {
			z := f.quantile(p)
			for h := range mean {
				all[i][h] = mean[h] + float64(z*deviation[h])
			}
		}
	}
	for _, q := range all {
		f.added.to(q)
		if err := f.checkFinite(q); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// deviations returns the roots of the variances.
func (f *Fit) deviations(mean []float64) []float64 {
	all := make([]float64, len(mean))
	f.variance(all, mean)
	for h, v := range all {
		all[h] = math.Sqrt(v)
	}
	return all
}

// quantile is that of the standardised errors.
func (f *Fit) quantile(p float64) float64 {
	if t, ok := f.process.(heavyTailed); ok {
		return t.quantile(p)
	}
	return normalQuantile(p)
}

// normalQuantile is exact in both tails.
func normalQuantile(p float64) float64 {
	if p < 0.5 {
		return normal.Quantile(p)
	}
	return -normal.Quantile(1 - p)
}

// resizeOver is resize for memory that is overwritten.
func resizeOver(s []float64, n int) []float64 {
	if cap(s) < n {
		return make([]float64, n)
	}
	return s[:n]
}

func (f *Fit) variance(dst, mean []float64) {
	if r, ok := f.process.(relative); ok {
		r.variance(dst, mean, f.Sigma)
		return
	}
	sum := 1.0
	for h := range dst {
		if h > 0 {
			w := f.process.weight(h)
			sum += float64(w * w)
		}
		e := f.process.estimation(h + 1)
		scale := f.process.scale(h+1) * f.Sigma
		dst[h] = scale * scale * (sum + float64(e*e))
	}
}

func (f *Fit) checkFitted() error {
	if f.process == nil {
		return fmt.Errorf("forecast: no model was fitted: %w", flywheel.ErrInvalid)
	}
	return nil
}

func (f *Fit) checkHorizon(horizon int) error {
	if err := f.checkFitted(); err != nil {
		return err
	}
	if horizon < 1 || horizon > MaxHorizon {
		return &SettingError{Model: f.Model, Setting: "horizon", Value: float64(horizon), Want: "1 to 10000"}
	}
	if f.added.known && horizon > f.added.ahead() {
		return &SettingError{Model: f.Model, Setting: "horizon", Value: float64(horizon), Want: fmt.Sprintf("at most the %d future periods that the regressors have", f.added.ahead())}
	}
	return nil
}

func (f *Fit) checkFinite(values []float64) error {
	for h, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return &SeriesError{Series: f.Series, Index: -1, Err: fmt.Errorf("%s has no finite forecast %d periods ahead: %w", f.Model, h+1, flywheel.ErrOutOfRange)}
		}
	}
	return nil
}

// Clamp moves every figure of the forecast that is below lower or above upper
// to that bound: demand is not negative, and a stall has only so many places.
func (f *Forecast) Clamp(lower, upper float64) {
	clamp := func(values []float64) {
		for i, v := range values {
			values[i] = min(max(v, lower), upper)
		}
	}
	clamp(f.Mean)
	for i := range f.Intervals {
		clamp(f.Intervals[i].Lower)
		clamp(f.Intervals[i].Upper)
	}
}
