package stats

import "math"

// Gamma is the distribution of an unknown rate of events: the posterior of events
// per unit after Shape events in Rate units of exposure.
type Gamma struct {
	Shape, Rate float64
}

func (d Gamma) check(what string) error {
	if err := checkShape(what+" shape", d.Shape); err != nil {
		return err
	}
	return checkScale(what+" rate", d.Rate)
}

// Mean returns Shape/Rate.
func (d Gamma) Mean() float64 { return d.Shape / d.Rate }

// Above returns the probability of a rate above x.
func (d Gamma) Above(x float64) float64 {
	_, upper := incompleteGamma(d.Shape, d.Rate*x)
	return math.Exp(upper)
}

// Quantile returns the rate that is exceeded with probability 1-p.
func (d Gamma) Quantile(p float64) float64 {
	if !(p > 0 && p < 1) {
		return edge(p, 0, math.Inf(1))
	}
	return math.Exp(quantileAt(d, p))
}

// The posterior is integrated over the logarithm of the rate.

func (d Gamma) center() (t, scale float64) {
	return math.Log(d.Shape / d.Rate), math.Sqrt(1/d.Shape + 1/(d.Shape*d.Shape))
}

func (d Gamma) value(t float64) float64 { return math.Exp(t) }

func (d Gamma) logRise(t float64) float64 { return t }

// expected returns the logarithm of the events that the rate at t would bring.
func (d Gamma) expected(t float64) float64 { return math.Log(d.Rate) + t }

func (d Gamma) logDensity(t float64) float64 {
	u := d.expected(t)
	switch {
	case u < -farOut: // only the leading power is left
		return math.Log(d.Shape) + d.logPowerTail(u)
	case u > 690:
		return math.Inf(-1)
	}
	return logGammaFront(d.Shape, math.Exp(u))
}

// logPowerTail returns the log of the lower tail far out, x^a/Γ(a+1).
func (d Gamma) logPowerTail(u float64) float64 {
	g, _ := math.Lgamma(d.Shape + 1)
	return d.Shape*u - g
}

func (d Gamma) logTails(t float64) (below, above float64) {
	u := d.expected(t)
	if u < -farOut {
		below = min(0, d.logPowerTail(u))
		return below, logComplement(below)
	}
	return incompleteGamma(d.Shape, math.Exp(min(u, 690)))
}

func (d Gamma) timesAt(t, factor float64) float64 { return t + math.Log(factor) }
