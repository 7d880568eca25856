package stats

import "math"

// Beta is the distribution of an unknown rate: the posterior of a conversion rate
// after Alpha-1 successes and Beta-1 failures under the uniform prior.
type Beta struct {
	Alpha, Beta float64
}

func (d Beta) check(what string) error { return checkShape(what, d.Alpha, d.Beta) }

// checkShape refuses parameters of a posterior that are not positive.
func checkShape(what string, a, b float64) error {
	for _, x := range []float64{a, b} {
		if !finite(x) {
			return refuse(what+" parameter", x, ErrNotANumber)
		}
		if x <= 0 {
			return refuse(what+" parameter", x, ErrBeyond)
		}
	}
	return nil
}

// Mean returns Alpha/(Alpha+Beta).
func (d Beta) Mean() float64 { return d.Alpha / (d.Alpha + d.Beta) }

// Above returns the probability of a rate above x.
func (d Beta) Above(x float64) float64 {
	_, upper := incompleteBeta(d.Alpha, d.Beta, x, 1-x)
	return math.Exp(upper)
}

// Quantile returns the rate that is exceeded with probability 1-p.
func (d Beta) Quantile(p float64) float64 {
	if !(p > 0 && p < 1) {
		return edge(p, 0, 1)
	}
	return 1 / (1 + math.Exp(-quantileAt(d, p)))
}

// edge returns the end of the support for p = 0 and 1, NaN beyond.
func edge(p, low, high float64) float64 {
	switch p {
	case 0:
		return low
	case 1:
		return high
	}
	return math.NaN()
}

// The posterior is integrated over the log-odds, on which its density is
// log-concave and smooth even where that of the rate has a pole.

func (d Beta) center() (t, scale float64) {
	// Moments of the log-odds by the trigamma function's leading terms.
	return math.Log(d.Alpha / d.Beta), math.Sqrt(1/d.Alpha + 1/d.Beta + 1/(d.Alpha*d.Alpha) + 1/(d.Beta*d.Beta))
}

func (d Beta) value(t float64) float64 { return 1 / (1 + math.Exp(-t)) }

func (d Beta) rise(t float64) float64 {
	x := 1 / (1 + math.Exp(-math.Abs(t)))
	return x * (1 - x)
}

func (d Beta) logDensity(t float64) float64 {
	return logBetaFront(d.Alpha, d.Beta, 1/(1+math.Exp(-t)), 1/(1+math.Exp(t)))
}

func (d Beta) logTails(t float64) (below, above float64) {
	return incompleteBeta(d.Alpha, d.Beta, 1/(1+math.Exp(-t)), 1/(1+math.Exp(t)))
}

func (d Beta) timesAt(t, factor float64) float64 {
	x := factor / (1 + math.Exp(-t))
	if x >= 1 {
		return math.Inf(1)
	}
	return math.Log(x / (1 - x))
}
