package stats

import "math"

// Gamma is the distribution of an unknown rate of events: the posterior of events
// per unit after Shape events in Rate units of exposure.
type Gamma struct {
	Shape, Rate float64
}

func (d Gamma) check(what string) error { return checkShape(what, d.Shape, d.Rate) }

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

func (d Gamma) rise(t float64) float64 { return math.Exp(t) }

func (d Gamma) logDensity(t float64) float64 { return logGammaFront(d.Shape, d.Rate*math.Exp(t)) }

func (d Gamma) logTails(t float64) (below, above float64) {
	return incompleteGamma(d.Shape, d.Rate*math.Exp(t))
}

func (d Gamma) timesAt(t, factor float64) float64 { return t + math.Log(factor) }
