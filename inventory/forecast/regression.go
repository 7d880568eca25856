package forecast

import (
	"math"
	"slices"
)

// Regression forecasts a series that regressors move, such as prices, promotions
// and holidays, with a model that knows nothing of them: it estimates what they
// do by [ARIMA], a regression whose errors are a process, takes that out of the
// series, leaves the rest to the model, and puts the effects of the periods to
// come on its forecasts. Effects are counted from their mean over the history, so
// that the level of what the model sees is that of the series.
//
// Effects add up, or multiply: then they are estimated on logarithms, the forecast
// of a period is that of the model times its factor, and so are the ranges. A
// promotion that doubles sales does so in weak and in strong weeks; and a price acts by
// its elasticity where its logarithm explains more than it does itself. What is left to
// the model is on the scale of the series, so that no mean has to be corrected for the
// logarithm.
//
// Parameters are those of the model and, under the names of the regressors,
// their coefficients with standard errors; under "log NAME" that of a logarithm. Without
// regressors it is the model alone. Intervals disregard that the coefficients are
// estimates.
type Regression struct {
	Of Model // nil is [Auto]
	// Effects says whether effects are [Additive] or [Multiplicative]. Any, the zero
	// value, takes what explains a series of demand better by its likelihood, of the
	// values or of their logarithms (Box & Cox, 1964), and adds where a value is
	// negative, more than half are zero, or a factor to come would be ten times what
	// the history knows. Where effects multiply, zeros count as half of the smallest
	// demand in estimating them.
	Effects Form
}

const (
	// regressionSearched is the number of observations up to which the process of the
	// errors is searched for. In longer series it hardly moves the coefficients: errors
	// of order one, with their season, do.
	regressionSearched = 300
	// regressionZeros is the share of zeros up to which logarithms are considered.
	regressionZeros = 0.5
)

// Fit implements [Model].
func (m Regression) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. The cost is that of the model and of one to four ARIMA with
// given orders, in series of up to 300 observations of an automatic one.
func (m Regression) FitTo(dst *Fit, s Series) error {
	if m.Of == nil {
		m.Of = Auto{}
	}
	if m.Effects != Any && m.Effects != Additive && m.Effects != Multiplicative {
		return &SettingError{Model: "Regression", Setting: "effects", Value: float64(m.Effects), Want: "Any, Additive or Multiplicative"}
	}
	if len(s.Regressors) == 0 {
		return m.Of.FitTo(dst, s)
	}
	e, err := m.effects(s)
	if err != nil {
		return err
	}
	n := len(s.Values)
	rest := Series{ID: s.ID, Season: s.Season, Values: make([]float64, n)}
	for t := range n {
		rest.Values[t] = e.off(s.Values[t], t)
	}
	if err := m.Of.FitTo(dst, rest); err != nil {
		return err
	}
	for i := range dst.Fitted {
		dst.Fitted[i] = e.on(dst.Fitted[i], dst.Skipped+i)
	}
	dst.added.known = true
	if e.multiply {
		dst.added.factors, dst.added.next = append(dst.added.factors[:0], e.sizes...), n
	} else {
		dst.added.future = append(dst.added.future[:0], e.sizes[n:]...)
	}
	dst.Parameters = append(dst.Parameters, e.coefficients...)
	if slices.Contains(e.warnings, WarnNoEffect) {
		dst.warn(WarnNoEffect)
	}
	dst.demand = !slices.ContainsFunc(s.Values, func(y float64) bool { return y < 0 })
	dst.Model = "Regression with " + dst.Model + " errors"
	if e.multiply {
		dst.Model = "Multiplying r" + dst.Model[1:]
	}
	return nil
}

// effects are what regressors do to a series.
type effects struct {
	coefficients []Parameter
	warnings     []Warning
	multiply     bool
	sizes        []float64 // by period, observed and to come: what is added or multiplied
}

func (e *effects) on(v float64, t int) float64 {
	if e.multiply {
		return v * e.sizes[t]
	}
	return v + e.sizes[t]
}

func (e *effects) off(y float64, t int) float64 {
	if e.multiply {
		return y / e.sizes[t]
	}
	return y - e.sizes[t]
}

// effects estimates them, on the scale that explains more where that is open.
func (m *Regression) effects(s Series) (effects, error) {
	ahead, err := s.checkRegressors()
	if err != nil {
		return effects{}, err
	}
	if err := s.check(); err != nil {
		return effects{}, err
	}
	logs, jacobian, ok := logarithms(s.Values)
	if m.Effects == Multiplicative && !ok {
		return effects{}, &SeriesError{Series: s.ID, Index: slices.IndexFunc(s.Values, func(y float64) bool { return y <= 0 }), Err: ErrNoLogarithm}
	}
	added, multiplied := s, s
	multiplied.Values = logs
	elastic := multiplied
	elastic.Regressors = logarithmic(s.Regressors)
	// Candidates are compared with errors of one kind: the likelihoods of other
	// differences are those of other observations.
	candidates := []struct {
		series   *Series
		multiply bool
		fair     float64 // what brings -2·log-likelihood to the scale of the series
	}{{&added, false, 0}, {&multiplied, true, 2 * jacobian}, {&elastic, true, 2 * jacobian}}
	chosen, least := -1, math.Inf(1)
	for i, c := range candidates {
		switch {
		case c.multiply && (!ok || m.Effects == Additive), !c.multiply && m.Effects == Multiplicative, i == 2 && elastic.Regressors == nil:
			continue
		case chosen < 0:
			chosen = i // the only one, unless others follow
		}
		fit, err := ARIMA{Orders: &Orders{AR: 1, Constant: true}}.Fit(*c.series)
		if err != nil {
			return effects{}, err
		}
		if l, has := fit.Likelihood(); has && l.AIC+c.fair < least {
			chosen, least = i, l.AIC+c.fair
		}
	}
	n := len(s.Values)
	e, err := estimateEffects(candidates[chosen].series, n+ahead, candidates[chosen].multiply)
	switch {
	case err != nil || !e.beyond(n):
		return e, err
	case m.Effects == Multiplicative:
		return effects{}, &SeriesError{Series: s.ID, Index: -1, Err: ErrFactors}
	}
	return estimateEffects(&added, n+ahead, false)
}

// estimateEffects estimates what the regressors do in the given number of periods.
func estimateEffects(s *Series, periods int, multiply bool) (effects, error) {
	process, err := regressionErrors(s)
	if err != nil {
		return effects{}, err
	}
	regression, err := process.Fit(*s)
	if err != nil {
		return effects{}, err
	}
	e := effects{
		coefficients: slices.Clone(regression.Parameters[len(regression.Parameters)-len(s.Regressors):]), warnings: regression.Warnings,
		multiply: multiply, sizes: make([]float64, periods),
	}
	for i, r := range s.Regressors {
		e.coefficients[i].Name = r.Name
		for t, v := range r.Values {
			e.sizes[t] += float64(e.coefficients[i].Value * v)
		}
	}
	mean := average(e.sizes[:len(s.Values)])
	for t := range e.sizes {
		if e.sizes[t] -= mean; !multiply {
			continue
		}
		e.sizes[t] = math.Exp(e.sizes[t])
	}
	return e, nil
}

// mostFactor bounds what regressors multiply a period by.
const mostFactor = 1e6

// beyond reports whether a factor is out of all proportion, or one to come is ten times
// what the history of n periods knows, or a tenth: there an exponential is no guide.
func (e *effects) beyond(n int) bool {
	if !e.multiply {
		return false
	}
	low, high := slices.Min(e.sizes[:n]), slices.Max(e.sizes[:n])
	if !(low > 1/mostFactor && high < mostFactor) {
		return true
	}
	return slices.ContainsFunc(e.sizes[n:], func(v float64) bool { return !(v >= low/10 && v <= high*10) })
}

// regressionErrors returns the process of the errors of a regression.
func regressionErrors(s *Series) (ARIMA, error) {
	if len(s.Values) <= regressionSearched {
		return ARIMA{}, nil
	}
	season := s.season()
	if season > mostARIMASeason {
		season = 1
	}
	o, err := differencesOf(s.Values, season)
	o.AR, o.MA, o.Constant = 1, 1, o.Differences+o.SeasonalDifferences == 0
	switch {
	case o.SeasonalDifferences > 0:
		o.SeasonalMA = 1
	case season > 1:
		o.SeasonalAR = 1
	}
	return ARIMA{Orders: &o}, err
}

// logarithms returns those of a demand, with half of the smallest one in place of zeros,
// and their sum; false where a value is negative or too many are zero.
func logarithms(values []float64) (logs []float64, sum float64, ok bool) {
	least, zeros := math.Inf(1), 0
	for _, y := range values {
		switch {
		case y < 0:
			return nil, 0, false
		case y == 0:
			zeros++
		default:
			least = min(least, y)
		}
	}
	if float64(zeros) > regressionZeros*float64(len(values)) || math.IsInf(least, 1) {
		return nil, 0, false
	}
	logs = make([]float64, len(values))
	for i, y := range values {
		if y == 0 {
			y = least / 2
		}
		logs[i] = math.Log(y)
		sum += logs[i]
	}
	return logs, sum, true
}

// logarithmic returns the regressors with the logarithms of those that are positive
// throughout and take more than two values, as prices do; nil where there are none.
func logarithmic(regressors []Regressor) []Regressor {
	all, found := slices.Clone(regressors), false
	for i, r := range regressors {
		distinct := slices.Clone(r.Values)
		slices.Sort(distinct)
		if distinct = slices.Compact(distinct); len(distinct) <= 2 || !(distinct[0] > 0) {
			continue
		}
		found = true
		logs := make([]float64, len(r.Values))
		for t, v := range r.Values {
			logs[t] = math.Log(v)
		}
		all[i] = Regressor{Name: "log " + r.Name, Values: logs}
	}
	if !found {
		return nil
	}
	return all
}
