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
	} else if !s.constant() {
		var err error
		if o, err = differencesOf(s.Values, season); err != nil {
			return err
		}
	}
	if dst.arima == nil {
		dst.arima = new(arimaSearch)
	}
	e := dst.arima
	if o.lost(season) >= len(s.Values) {
		o = Orders{Constant: true}
		dst.warn(WarnShort)
	}
	e.prepare(s.Values, season, o)
	switch {
	case e.flat(s.Values):
		o = o.bare()
		if m.Orders != nil { // a level that never moves is kept in any case
			o.Constant = m.Orders.Constant && o.Constant || s.constant() && o.lost(season) == 0
		}
		e.best.settle(o)
	case m.Orders == nil:
		e.choose(o, len(s.Values), m.Criterion)
		if math.IsInf(e.best.score, 1) {
			e.best.settle(o.bare())
			dst.warn(WarnShort)
		}
	case len(e.w) <= o.parameters():
		o.AR, o.MA, o.SeasonalAR, o.SeasonalMA = 0, 0, 0, 0
		e.best.settle(o)
		dst.warn(WarnShort)
	default:
		e.best.settle(o)
		e.estimate(o, e.best.x, fineARIMA)
	}
	return e.finish(dst, &s)
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
func (e *arimaSearch) finish(dst *Fit, s *Series) error {
	o := e.best.orders
	e.orders = o
	e.unpack(e.best.x)
	l, ok := e.filter()
	lost := len(s.Values) - len(e.w)
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
	reuse[integrated](dst).set(&e.process, o, e.season, l.mean, e.scale, s.Values)
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
	k := o.parameters()
	dst.setSigma(l.squares*e.scale*e.scale, len(e.w), k-1)
	if l.squares > 0 && n > 0 {
		loss := n*(math.Log(2*math.Pi*l.squares/n)+1+2*math.Log(e.scale)) + l.logDet
		dst.likelihood = Likelihood{
			LogLik: -loss / 2, Parameters: k,
			AIC: AIC.of(loss, len(e.w), k), AICc: AICc.of(loss, len(e.w), k), BIC: BIC.of(loss, len(e.w), k),
		}
	}
	return nil
}
