package stats

import "math"

// RelativeInterval is the method for the interval of a relative effect.
type RelativeInterval uint8

// Intervals of relative effects.
const (
	// Fieller is exact for normal means at any size of the control's error, and
	// agrees with the test: it holds zero exactly when the absolute interval
	// does. Fieller (1954).
	Fieller RelativeInterval = iota
	// Delta is the symmetric first-order approximation. It covers too little
	// when the control's mean is not many standard errors from zero.
	Delta
)

// contrast is a difference between arms and what is needed to judge it, in
// units of the metric and as a share of the base, the control's mean.
//
// The difference d and the base a are jointly normal. Written as d = slope·a +
// rest, with the rest independent of a, all formulas stay free of cancellation.
type contrast struct {
	difference   float64 // treatment less control
	base         float64 // what the relative effect is a share of
	baseVariance float64 // of the estimated base
	slope        float64 // covariance of difference and base over baseVariance
	restVariance float64 // of the part of the difference that the base does not explain
	at           float64 // relative effect at which the delta method linearises
	df           float64
}

// between returns the contrast of two independent means with variances va, vb of
// the means.
func between(a, va, b, vb, df float64) contrast {
	return contrast{difference: b - a, base: a, baseVariance: va, slope: -1, restVariance: vb, at: (b - a) / a, df: df}
}

func (c contrast) variance() float64 { return c.restVariance + float64(c.slope*c.slope)*c.baseVariance }

// relativeError returns the standard error of difference/base by the delta
// method.
func (c contrast) relativeError() float64 {
	s := c.slope - c.at
	return math.Sqrt(c.restVariance+float64(s*s)*c.baseVariance) / math.Abs(c.base)
}

// yardstick is how a statistic becomes an interval and a p value.
type yardstick struct {
	alternative Alternative
	margin      float64 // the absolute difference under the null hypothesis
	relative    RelativeInterval
	// critical is how many standard errors the interval reaches from the
	// estimate.
	critical float64
	p        func(statistic float64) (p, logP float64)
}

// student returns the yardstick of a t test.
func student(alpha, df, margin float64, a Alternative, relative RelativeInterval) yardstick {
	return yardstick{
		alternative: a, margin: margin, relative: relative, critical: studentQuantile(a.tail(alpha), df),
		p: func(statistic float64) (p, logP float64) { return a.p(statistic, df) },
	}
}

// judge fills in the effects of a result.
func (y yardstick) judge(r *Result, c contrast) {
	r.basis = c
	r.Absolute = y.symmetric(c.difference, math.Sqrt(c.variance()), y.margin, c.df)
	r.Relative = nil
	if c.base == 0 {
		r.warn(RelativeUndefined, "the mean of the control is zero")
		return
	}
	estimate, standardError := c.difference/math.Abs(c.base), c.relativeError()
	if !finite(estimate) || !(standardError > 0) || !finite(standardError) {
		r.warn(RelativeUndefined, "the mean of the control is too close to zero")
		return
	}
	if y.relative == Delta {
		e := y.symmetric(estimate, standardError, 0, c.df)
		r.Relative = &e
		return
	}
	e := Effect{Estimate: estimate, StandardError: standardError, Statistic: c.difference / r.Absolute.StandardError, DF: c.df}
	if e.P, e.LogP = r.Absolute.P, r.Absolute.LogP; y.margin != 0 {
		e.P, e.LogP = y.p(e.Statistic)
	}
	lower, upper, bounded := c.fieller(y.critical)
	if !bounded {
		r.warn(UnboundedInterval, "the mean of the control may be zero, so the relative effect has no bounds")
	}
	e.Lower, e.Upper = y.alternative.bounds(lower, upper)
	r.Relative = &e
}

// symmetric returns an effect with the interval estimate ± critical·standardError.
func (y yardstick) symmetric(estimate, standardError, null, df float64) Effect {
	e := Effect{Estimate: estimate, StandardError: standardError, Statistic: (estimate - null) / standardError, DF: df}
	e.P, e.LogP = y.p(e.Statistic)
	half := float64(y.critical * standardError)
	e.Lower, e.Upper = y.alternative.bounds(estimate-half, estimate+half)
	return e
}

// fieller returns the bounds of difference/|base|: the ratios ρ of difference to
// base that satisfy (d - ρa)² ≤ k²·var(d - ρa). Fieller (1954).
func (c contrast) fieller(k float64) (lower, upper float64, bounded bool) {
	k2 := k * k
	denominator := c.base*c.base - float64(k2*c.baseVariance)
	if !(denominator > 0) {
		return math.Inf(-1), math.Inf(1), false
	}
	// The discriminant of the quadratic in ρ, as a sum of two squares.
	d := c.difference - float64(c.slope*c.base)
	root := k * math.Sqrt(float64(c.restVariance*denominator)+float64(d*d)*c.baseVariance)
	// The center (da - k²·slope·va)/denominator, less its part slope.
	center := d * c.base
	lower, upper = (center-root)/denominator+c.slope, (center+root)/denominator+c.slope
	if c.base < 0 {
		lower, upper = -upper, -lower
	}
	return lower, upper, true
}
