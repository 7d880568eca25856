package forecast

import (
	"math"
	"slices"
)

// Tolerances of the search for parameters: to compare models, and to report one.
const (
	roughARIMA = 1e-4
	fineARIMA  = 1e-6
)

// arimaSearch estimates ARIMA models of one series and chooses among them. It
// keeps its memory from one series to the next.
type arimaSearch struct {
	season  int
	scale   float64   // a power of two that brings the series near 1
	w       []float64 // the series, differenced and divided by scale
	centre  float64   // average of w
	orders  Orders    // of the model that is being estimated
	process arma      // that model
	influences

	partial, memory, block, seasonal []float64 // memory of unpack
	x, next                          []float64 // memory of try and evaluate

	minimizer quasiNewton
	tried     []Orders
	best      arimaSolution // whose roots are clear of the unit circle
	nearest   arimaSolution // the best one with any roots
}

// arimaSolution is an estimated model.
type arimaSolution struct {
	orders Orders
	x      []float64 // transformed partial autocorrelations
	score  float64   // the criterion
}

// keep replaces the solution.
func (s *arimaSolution) keep(o Orders, x []float64, score float64) {
	s.orders, s.score = o, score
	s.x = append(s.x[:0], x...)
}

// prepare differences the series.
func (e *arimaSearch) prepare(values []float64, season int, o Orders) {
	e.season = season
	e.w = append(e.w[:0], values...)
	for range o.SeasonalDifferences {
		e.w = difference(e.w, season)
	}
	for range o.Differences {
		e.w = difference(e.w, 1)
	}
	largest := 0.0
	for _, v := range e.w {
		largest = max(largest, math.Abs(v))
	}
	_, exponent := math.Frexp(largest)
	e.scale = math.Ldexp(1, exponent)
	for i := range e.w {
		e.w[i] /= e.scale
	}
	e.centre = average(e.w)
	e.columns, e.scales, e.of = e.columns[:0], e.scales[:0], e.of[:0]
	e.tried = e.tried[:0]
	e.best.score, e.nearest.score = math.Inf(1), math.Inf(1)
}

// difference replaces y by its changes over lag periods, in place.
func difference(y []float64, lag int) []float64 {
	for t := range len(y) - lag {
		y[t] = y[t+lag] - y[t]
	}
	return y[:max(len(y)-lag, 0)]
}

// flat reports whether w is constant but for rounding.
func (e *arimaSearch) flat(values []float64) bool {
	largest := 0.0
	for _, v := range values {
		largest = max(largest, math.Abs(v))
	}
	lowest, highest := slices.Min(e.w), slices.Max(e.w)
	return (highest-lowest)*e.scale <= 1e-12*largest
}

// parameters counts those of a model, with the coefficients of regressors.
func (e *arimaSearch) parameters(o Orders) int { return o.parameters() + len(e.columns) }

// unpack sets the process to the parameters x, in the order AR, MA, seasonal
// AR, seasonal MA. The hyperbolic tangent makes partial autocorrelations of
// them, so that every x is stationary and invertible (Jones, 1980).
func (e *arimaSearch) unpack(x []float64) {
	o := &e.orders
	e.process.phi = e.product(e.process.phi, x[:o.AR], x[o.AR+o.MA:][:o.SeasonalAR])
	e.process.theta = e.product(e.process.theta, x[o.AR:][:o.MA], x[o.AR+o.MA+o.SeasonalAR:])
	for i := range e.process.theta {
		e.process.theta[i] = -e.process.theta[i]
	}
}

// coefficients returns those of a block of x.
func (e *arimaSearch) coefficients(dst, x []float64) []float64 {
	dst = resizeOver(dst, len(x))
	e.partial, e.memory = resizeOver(e.partial, len(x)), resizeOver(e.memory, len(x))
	for i, v := range x {
		e.partial[i] = math.Tanh(v)
	}
	autoregression(dst, e.memory, e.partial)
	return dst
}

// product returns the coefficients of 1 - (1 - Σ b(j)·B^j)·(1 - Σ s(j)·B^(m·j)).
func (e *arimaSearch) product(dst, plain, seasonal []float64) []float64 {
	e.block = e.coefficients(e.block, plain)
	e.seasonal = e.coefficients(e.seasonal, seasonal)
	dst = resize(dst, len(plain)+e.season*len(seasonal))
	copy(dst, e.block)
	for i, s := range e.seasonal {
		at := e.season * (i + 1)
		dst[at-1] += s
		for j, b := range e.block {
			dst[at+j] -= float64(s * b)
		}
	}
	return dst
}

// filter runs the process with the mean at its best, zero without a constant,
// and so the coefficients of regressors.
func (e *arimaSearch) filter() (armaLikelihood, bool) {
	if len(e.columns) > 0 {
		return e.process.filterColumns(&e.influences, e.w, e.orders.Constant)
	}
	if e.orders.Constant {
		return e.process.filter(e.w, nil, e.centre, true)
	}
	return e.process.filter(e.w, nil, 0, false)
}

// value is minus twice the log-likelihood at x, the variance and the mean at
// their best.
func (e *arimaSearch) value(x []float64) float64 {
	for _, v := range x {
		if !(math.Abs(v) <= 9) {
			return math.Inf(1)
		}
	}
	e.unpack(x)
	l, ok := e.filter()
	if !ok || !(l.squares > 0) {
		return math.Inf(1)
	}
	n := float64(len(e.w))
	return float64(n*(math.Log(2*math.Pi*l.squares/n)+1)) + l.logDet
}

// slope implements objective by differences.
func (e *arimaSearch) slope(x, gradient []float64, value float64) {
	const step = 1e-6
	e.next = append(e.next[:0], x...)
	for i := range x {
		e.next[i] = x[i] + step
		up := e.value(e.next)
		gradient[i] = (up - value) / step
		if math.IsInf(up, 1) {
			gradient[i] = 0
		}
		e.next[i] = x[i]
	}
}

// estimate maximizes the likelihood of the orders from x, which it improves,
// until twice the logarithm promises to gain less than tolerance.
func (e *arimaSearch) estimate(o Orders, x []float64, tolerance float64) float64 {
	e.orders = o
	if len(x) == 0 {
		return e.value(x)
	}
	return e.minimizer.minimize(e, x, tolerance, math.Inf(1), 100)
}
