package forecast

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// ARIMA is the autoregressive integrated moving average, with seasonal parts
// (Box & Jenkins, 1976): the series y is differenced d times, and D times over
// its season of m periods, and what remains, less its mean, follows
//
//	φ(B)·Φ(B^m)·w(t) = θ(B)·Θ(B^m)·ε(t)
//
// with polynomials of orders p, P, q and Q in the backshift B. Signs are R's:
// w(t) = ar1·w(t-1) + … + ε(t) + ma1·ε(t-1) + ….
//
// The zero value chooses the orders as R's forecast::auto.arima does
// (Hyndman & Khandakar, 2008): D by [SeasonalDifferences], d by [Differences]
// of what that leaves, the other orders, up to 5 and 2, and the constant by
// Criterion in a stepwise search. Where R turns to approximate likelihoods, in
// long series, this uses the exact one.
//
// Parameters are estimated by maximum likelihood, exact and Gaussian, of the
// differenced series, which is R's with its diffuse start; the process is
// always stationary and invertible. They are "ar1", …, "ma1", …, "sar1", …,
// "sma1", … and "mean" or "drift" per period. Sigma divides by the number of
// differenced observations less that of the coefficients. Fitted values begin
// after the observations that differencing uses up. Intervals disregard, as
// usual, that the parameters are estimates.
//
// Regressors of the series make it a dynamic regression, y = Σ β·x + n where n
// is the ARIMA process above (Pankratz, 1991): the coefficients are estimated
// together with the process, by the same likelihood, and are parameters under
// the names of the regressors, with their standard errors. The number of
// differences is that of the errors of ordinary least squares. A regressor that
// does not vary in the history, that says what others say, or that is one of more than
// a quarter of the number of observations, has the coefficient zero, with [WarnNoEffect].
//
// A series that is too short for the orders gets a model without coefficients,
// with [WarnShort]. Without a season in the series, or with one of more than
// 350 periods, there are no seasonal parts.
type ARIMA struct {
	Orders    *Orders   // nil chooses
	Criterion Criterion // what the choice minimises
}

// Fit implements [Model].
func (m ARIMA) Fit(s Series) (*Fit, error) { return fit(m, s) }

// FitTo implements [Model]. Each likelihood is O(n·m + m²) for a season of m;
// the automatic choice takes some thousands.
func (m ARIMA) FitTo(dst *Fit, s Series) error {
	if err := s.check(); err != nil {
		return err
	}
	regressors := s.Regressors
	ahead, err := s.checkRegressors()
	if err != nil {
		return err
	}
	s.Regressors = nil
	if m.Criterion > BIC {
		return &SettingError{Model: "ARIMA", Setting: "criterion", Value: float64(m.Criterion), Want: "AICc, AIC or BIC"}
	}
	if m.Orders != nil {
		if err := m.Orders.check(); err != nil {
			return err
		}
	}
	dst.reset("ARIMA", &s)
	season := s.season()
	if season > mostARIMASeason {
		season = 1
		dst.warn(WarnNoSeason)
	}
	var o Orders
	if m.Orders != nil {
		if o = *m.Orders; season == 1 {
			if o.SeasonalAR+o.SeasonalDifferences+o.SeasonalMA > 0 && s.season() == 1 {
				dst.warn(WarnNoSeason)
			}
			o.SeasonalAR, o.SeasonalDifferences, o.SeasonalMA = 0, 0, 0
		}
	}
	if dst.arima == nil {
		dst.arima = new(arimaSearch)
	}
	e := dst.arima
	if m.Orders == nil && !s.constant() {
		if o, err = differencesOf(e.unexplained(s.Values, regressors), season); err != nil {
			return err
		}
	}
	if o.lost(season) >= len(s.Values) {
		o = Orders{Constant: true}
		dst.warn(WarnShort)
	}
	e.prepare(s.Values, season, o)
	if len(regressors) > 0 && !e.influences.prepare(regressors, len(s.Values), season, o) {
		dst.warn(WarnNoEffect)
	}
	switch {
	case e.flat(s.Values):
		o = o.bare()
		if m.Orders != nil { // a level that never moves is kept in any case
			o.Constant = m.Orders.Constant && o.Constant || s.constant() && o.lost(season) == 0
		}
		e.best.settle(o)
	case m.Orders == nil:
		short := e.choose(o, len(s.Values), m.Criterion)
		if math.IsInf(e.best.score, 1) {
			e.best.settle(o.bare())
			short = true
		}
		if short {
			dst.warn(WarnShort)
		}
	case len(e.w) <= e.parameters(o):
		o.AR, o.MA, o.SeasonalAR, o.SeasonalMA = 0, 0, 0, 0
		e.best.settle(o)
		dst.warn(WarnShort)
	default:
		e.best.settle(o)
		e.estimate(o, e.best.x, fineARIMA)
	}
	return e.finish(dst, &s, regressors, ahead)
}

// unexplained returns what ordinary least squares on the regressors leaves of
// the values.
func (e *arimaSearch) unexplained(values []float64, regressors []Regressor) []float64 {
	if len(regressors) == 0 {
		return values
	}
	o := Orders{Constant: true}
	e.prepare(values, 1, o)
	e.influences.prepare(regressors, len(values), 1, o)
	e.orders, e.process.phi, e.process.theta = o, e.process.phi[:0], e.process.theta[:0]
	if _, ok := e.filter(); !ok || len(e.columns) == 0 {
		return values
	}
	rest := append([]float64(nil), values...)
	for t := range rest {
		for j, c := range e.columns {
			rest[t] -= float64(e.values[j] * c[t] * e.scale)
		}
	}
	return rest
}

// differencesOf returns how often a series wants to be differenced.
func differencesOf(values []float64, season int) (Orders, error) {
	var o Orders
	var err error
	if o.SeasonalDifferences, err = SeasonalDifferences(Series{Values: values, Season: season}); err != nil {
		return o, err
	}
	rest := values
	if o.SeasonalDifferences > 0 {
		rest = difference(append([]float64(nil), values...), season)
	}
	o.Differences, err = Differences(Series{Values: rest})
	return o, err
}

// bare returns the model with these differences and no coefficients.
func (o Orders) bare() Orders {
	return Orders{
		Differences: o.Differences, SeasonalDifferences: o.SeasonalDifferences,
		Constant: o.Differences+o.SeasonalDifferences < 2,
	}
}

// settle takes the orders with all coefficients zero.
func (s *arimaSolution) settle(o Orders) {
	s.orders, s.x = o, resize(s.x, o.coefficients())
}

// finish runs the best model over the series and describes it.
func (e *arimaSearch) finish(dst *Fit, s *Series, regressors []Regressor, ahead int) error {
	o := e.best.orders
	e.orders = o
	e.unpack(e.best.x)
	l, ok := e.filter()
	lost := len(s.Values) - len(e.w)
	values, coefficients, deviations := s.Values, make([]float64, len(regressors)), make([]float64, len(regressors))
	if ok && len(e.columns) > 0 {
		e.coefficientsOf(coefficients, deviations)
		for t := range e.w {
			for j, c := range e.columns {
				e.w[t] -= float64(e.values[j] * c[t])
			}
		}
		values = append([]float64(nil), values...)
		for i, c := range coefficients {
			for t, v := range regressors[i].Values[:len(values)] {
				values[t] -= float64(c * v)
			}
		}
	}
	fitted := dst.fitted(lost, len(e.w))
	if ok {
		l, ok = e.process.filter(e.w, fitted, l.mean, false)
	}
	if !ok {
		return &SeriesError{Series: s.ID, Index: -1, Err: fmt.Errorf("%s has no likelihood: %w", o.name(e.season), flywheel.ErrOutOfRange)}
	}
	for i, y := range s.Values[lost:] {
		fitted[i] = y - float64(fitted[i]*e.scale)
	}
	dst.Model = o.name(e.season)
	reuse[integrated](dst).set(&e.process, o, e.season, l.mean, e.scale, values)
	x := e.best.x
	for _, block := range [...]struct {
		name string
		size int
		sign float64
	}{{"ar", o.AR, 1}, {"ma", o.MA, -1}, {"sar", o.SeasonalAR, 1}, {"sma", o.SeasonalMA, -1}} {
		e.block = e.coefficients(e.block, x[:block.size])
		for i, c := range e.block {
			dst.parameter(fmt.Sprint(block.name, i+1), block.sign*c, true)
		}
		x = x[block.size:]
	}
	n := float64(len(e.w))
	if o.Constant {
		switch {
		case o.SeasonalDifferences > 0:
			dst.parameter("drift", l.mean*e.scale/float64(e.season), true)
		case o.Differences > 0:
			dst.parameter("drift", l.mean*e.scale, true)
		default:
			dst.parameter("mean", l.mean*e.scale, true)
		}
	}
	k := e.parameters(o)
	dst.setSigma(l.squares*e.scale*e.scale, len(e.w), k-1)
	if l.squares > 0 && n > 0 {
		loss := n*(math.Log(2*math.Pi*l.squares/n)+1+2*math.Log(e.scale)) + l.logDet
		dst.likelihood = Likelihood{
			LogLik: -loss / 2, Parameters: k,
			AIC: AIC.of(loss, len(e.w), k), AICc: AICc.of(loss, len(e.w), k), BIC: BIC.of(loss, len(e.w), k),
		}
	}
	if len(regressors) == 0 {
		return nil
	}
	dst.added.known, dst.added.future = true, resize(dst.added.future, ahead)
	for i, r := range regressors {
		dst.Parameters = append(dst.Parameters, Parameter{Name: r.Name, Value: coefficients[i], Estimated: true, Error: dst.Sigma * deviations[i]})
		for h, v := range r.Values[len(s.Values):] {
			dst.added.future[h] += float64(coefficients[i] * v)
		}
	}
	dst.Model = "Regression with " + dst.Model + " errors"
	return nil
}
