package forecast

import (
	"fmt"
	"math"
)

// CrossValidation reports how models would have done in the past, from many
// origins (Tashman, 2000; Hyndman & Athanasopoulos, 2021, section 5.10). From
// each, a model sees only what was before; of regressors, which are known ahead,
// also what comes after.
//
//	b, err := forecast.CrossValidation{Horizon: 6, Origins: 12, Levels: []float64{0.8}}.Run(model, series)
type CrossValidation struct {
	// Horizon is the number of periods forecast from each origin, all of which
	// are observed.
	Horizon int
	// Origins is their number, the last being that with just Horizon observations
	// after it; 0 means all that have half of the observations before them, one
	// at least.
	Origins int
	// Step is the number of periods from one origin to the next; 0 means 1.
	Step int
	// Window is the number of observations that a model is fitted to, the last
	// before the origin; 0 means all.
	Window int
	// Refit says at which origins parameters are estimated again: at the first and
	// at every Refit-th from it; at the others the fit takes in the observations
	// since (see [Fit.Update]), which is faster. 0 and 1 mean all.
	Refit int
	// Levels are those of the intervals, such as 0.8 and 0.95.
	Levels []float64
}

// Run forecasts from each origin and compares with what happened. The cost is
// that of the fits.
func (c CrossValidation) Run(m Model, s Series) (*Backtest, error) {
	if err := c.prepare(&s); err != nil {
		return nil, err
	}
	v := validation{CrossValidation: c, series: s, levels: make([]levelSums, len(c.Levels)), distances: make([]distanceSums, c.Horizon)}
	for h := range v.distances {
		v.distances[h].levels = make([]levelSums, len(c.Levels))
	}
	last := len(s.Values) - c.Horizon
	var f Fit
	for i := range c.Origins {
		at := last - (c.Origins-1-i)*c.Step
		past := c.history(s, at)
		var err error
		if i%c.Refit == 0 {
			err = m.FitTo(&f, past)
		} else {
			err = f.Update(s.Values[at-c.Step : at]...)
		}
		if err != nil {
			return nil, err
		}
		if err := v.judge(&f, past, at); err != nil {
			return nil, err
		}
	}
	return v.finish()
}

// prepare checks the settings and puts in what zero stands for.
func (c *CrossValidation) prepare(s *Series) error {
	if err := s.check(); err != nil {
		return err
	}
	if _, err := s.checkRegressors(); err != nil {
		return err
	}
	n := len(s.Values)
	for _, x := range []struct {
		name  string
		value int
	}{{"origins", c.Origins}, {"step", c.Step}, {"window", c.Window}, {"refit", c.Refit}} {
		if x.value < 0 {
			return &SettingError{Model: "CrossValidation", Setting: x.name, Value: float64(x.value), Want: "0 or more"}
		}
	}
	if c.Horizon < 1 || c.Horizon > MaxHorizon {
		return &SettingError{Model: "CrossValidation", Setting: "horizon", Value: float64(c.Horizon), Want: "1 to 10000"}
	}
	c.Step, c.Refit = max(c.Step, 1), max(c.Refit, 1)
	least, last := max(c.Window, 1), n-c.Horizon
	if last < least {
		return &SettingError{Model: "CrossValidation", Setting: "window plus horizon", Value: float64(least) + float64(c.Horizon), Want: fmt.Sprintf("at most the %d observations", n)}
	}
	if c.Origins == 0 {
		c.Origins = max(0, last-max(least, (n+1)/2))/c.Step + 1
	}
	if c.Origins-1 > (last-least)/c.Step {
		return &SettingError{Model: "CrossValidation", Setting: "origins", Value: float64(c.Origins), Want: fmt.Sprintf("at most %d for %d observations", (last-least)/c.Step+1, n)}
	}
	return nil
}

// history is what is known at an origin.
func (c *CrossValidation) history(s Series, at int) Series {
	from := 0
	if c.Window > 0 {
		from = at - c.Window
	}
	s.Values = s.Values[from:at]
	if from > 0 && len(s.Regressors) > 0 {
		cut := make([]Regressor, len(s.Regressors))
		for i, r := range s.Regressors {
			cut[i] = Regressor{r.Name, r.Values[from:]}
		}
		s.Regressors = cut
	}
	return s
}

// validation sums up what comes of the origins.
type validation struct {
	CrossValidation
	series    Series
	result    Backtest
	all       distanceSums
	rmsse     running
	levels    []levelSums
	distances []distanceSums
	actuals   float64 // Σ y
	magnitude float64 // Σ |y|
	next      [2][]float64
}

// distanceSums are sums over the origins, and the periods where they are over
// all of them.
type distanceSums struct {
	n                                    float64
	errors, absolute, squares, symmetric float64
	scaled                               running
	levels                               []levelSums
}

type levelSums struct {
	inside, width float64
	score         running
}

// running is the mean of the figures that exist.
type running struct{ sum, n float64 }

func (m *running) add(x Measure) {
	if x.Defined {
		m.sum += x.Value
		m.n++
	}
}

func (m *running) value() Measure { return ratio(m.sum, m.n) }

// crpsQuantiles is the number of quantiles for the CRPS.
const crpsQuantiles = 20

// judge compares the forecasts from one origin with what happened.
func (v *validation) judge(f *Fit, past Series, at int) error {
	o := Origin{At: at}
	if err := f.ForecastTo(&o.Forecast, v.Horizon, v.Levels...); err != nil {
		return err
	}
	actual := v.series.Values[at : at+v.Horizon]
	var err error
	if o.Accuracy, err = Evaluate(past, actual, o.Forecast.Mean); err != nil {
		return err
	}
	probabilities := make([]float64, crpsQuantiles)
	for k := range probabilities {
		probabilities[k] = (float64(k) + 0.5) / crpsQuantiles
	}
	quantiles, err := f.Quantiles(v.Horizon, probabilities...)
	if err != nil {
		return err
	}
	for k, q := range quantiles {
		loss, err := Pinball(actual, q, probabilities[k])
		if err != nil {
			return err
		}
		v.result.CRPS += 2 * loss / crpsQuantiles / float64(v.Origins)
	}

	for i, interval := range o.Forecast.Intervals {
		share, err := Coverage(actual, interval)
		if err != nil {
			return err
		}
		score, err := IntervalScore(past, actual, interval)
		if err != nil {
			return err
		}
		sums := &v.levels[i]
		sums.inside += share
		sums.width += interval.Width()
		sums.score.add(score)
	}
	a := &o.Accuracy
	v.all.n++
	v.all.absolute += a.MAE
	v.all.squares += float64(a.RMSE * a.RMSE)
	v.all.symmetric += a.SMAPE
	v.all.errors += a.ME
	v.all.scaled.add(a.MASE)
	v.rmsse.add(a.RMSSE)
	scale, _, changed := changes(past.Values, past.season())
	for h, y := range actual {
		m := o.Forecast.Mean[h]
		e := y - m
		d := &v.distances[h]
		d.n++
		d.errors += e
		d.absolute += math.Abs(e)
		d.squares += float64(e * e)
		if e != 0 {
			d.symmetric += 200 * math.Abs(e) / (math.Abs(y) + math.Abs(m))
		}
		if changed > 0 {
			d.scaled.add(ratio(math.Abs(e), scale/float64(changed)))
		}
		for i, interval := range o.Forecast.Intervals {
			if interval.Lower[h] <= y && y <= interval.Upper[h] {
				d.levels[i].inside++
			}
			d.levels[i].width += interval.Upper[h] - interval.Lower[h]
		}
		v.actuals += y
		v.magnitude += math.Abs(y)
	}
	v.next[0], v.next[1] = append(v.next[0], actual[0]), append(v.next[1], o.Forecast.Mean[0])
	v.result.Model = f.Model
	v.result.Origins = append(v.result.Origins, o)
	return nil
}

func (v *validation) finish() (*Backtest, error) {
	b, n := &v.result, v.all.n
	b.SMAPE, b.MAE, b.RMSE = v.all.symmetric/n, v.all.absolute/n, math.Sqrt(v.all.squares/n)
	b.MASE, b.RMSSE = v.all.scaled.value(), v.rmsse.value()
	b.WAPE = ratio(v.all.absolute*float64(v.Horizon), v.magnitude)
	b.Bias = ratio(100*v.all.errors*float64(v.Horizon), v.actuals)
	signals, err := TrackingSignal(v.next[0], v.next[1])
	if err != nil {
		return nil, err
	}
	b.TrackingSignal = signals[len(signals)-1]
	for i, l := range v.levels {
		b.Levels = append(b.Levels, LevelScore{v.Levels[i], l.inside / n, l.width / n, l.score.value()})
	}
	for _, d := range v.distances {
		distance := Distance{ME: d.errors / n, MAE: d.absolute / n, RMSE: math.Sqrt(d.squares / n), SMAPE: d.symmetric / n, MASE: d.scaled.value()}
		for _, l := range d.levels {
			distance.Coverage = append(distance.Coverage, l.inside/n)
			distance.Width = append(distance.Width, l.width/n)
		}
		b.Distances = append(b.Distances, distance)
	}
	return b, nil
}
