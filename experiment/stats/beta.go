package stats

import "math"

// Beta is the distribution of an unknown rate: the posterior of a conversion rate
// after Alpha-1 successes and Beta-1 failures under the uniform prior.
type Beta struct {
	Alpha, Beta float64
}

func (d Beta) check(what string) error {
	if err := checkShape(what+" alpha", d.Alpha); err != nil {
		return err
	}
	return checkShape(what+" beta", d.Beta)
}

// Parameters of posteriors beyond these come from no experiment, and would take
// long.
const (
	leastShape = 1e-4
	mostShape  = 1e9
)

// checkShape refuses a parameter of a posterior out of bounds.
func checkShape(what string, x float64) error {
	if !finite(x) {
		return refuse(what, x, ErrNotANumber)
	}
	if !(x >= leastShape && x <= mostShape) {
		return refuse(what, x, ErrBeyond)
	}
	return nil
}

// checkScale refuses what is no positive number of usual size.
func checkScale(what string, x float64) error {
	if !finite(x) {
		return refuse(what, x, ErrNotANumber)
	}
	if !(x >= 1e-100 && x <= 1e100) {
		return refuse(what, x, ErrBeyond)
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

func (d Beta) logRise(t float64) float64 {
	return -math.Abs(t) - 2*math.Log1p(math.Exp(-math.Abs(t)))
}

// farOut is where a rate or its complement is so small that only the leading
// power of the density is left.
const farOut = 40

func (d Beta) logDensity(t float64) float64 {
	if math.Abs(t) > farOut {
		return math.Log(d.power(t)) + d.logPowerTail(t)
	}
	return logBetaFront(d.Alpha, d.Beta, 1/(1+math.Exp(-t)), 1/(1+math.Exp(t)))
}

// power returns the parameter of the end of the support that t is near to.
func (d Beta) power(t float64) float64 {
	if t < 0 {
		return d.Alpha
	}
	return d.Beta
}

// logPowerTail returns the log of the small tail far out, x^a/(a·B(a, b)).
func (d Beta) logPowerTail(t float64) float64 {
	a := d.power(t)
	b := d.Alpha + d.Beta - a
	high, _ := math.Lgamma(a + 1)
	return logGammaRise(b, a) - high - a*math.Abs(t)
}

func (d Beta) logTails(t float64) (below, above float64) {
	if math.Abs(t) > farOut {
		small := min(0, d.logPowerTail(t))
		if t < 0 {
			return small, logComplement(small)
		}
		return logComplement(small), small
	}
	return incompleteBeta(d.Alpha, d.Beta, 1/(1+math.Exp(-t)), 1/(1+math.Exp(t)))
}

func (d Beta) timesAt(t, factor float64) float64 {
	x := factor / (1 + math.Exp(-t))
	if x >= 1 {
		return math.Inf(1)
	}
	return math.Log(x / (1 - x))
}
