package stats

import (
	"fmt"
	"math"
)

// Posterior is what is believed about one arm: [Beta] for a rate, [Gamma] for
// events per unit, [StudentT] for a mean. All are exact; none is drawn from.
type Posterior interface {
	// Mean returns the expectation.
	Mean() float64
	// Above returns the probability that the parameter exceeds x.
	Above(x float64) float64
	// Quantile returns the value that is exceeded with probability 1-p.
	Quantile(p float64) float64

	check(what string) error
	// The rest is on a scale t of the whole real line, on which the density is
	// smooth: log-odds, logarithm or the parameter itself.

	center() (t, scale float64)
	value(t float64) float64                    // the parameter at t
	logRise(t float64) float64                  // log of its derivative
	logDensity(t float64) float64               // by t
	logTails(t float64) (below, above float64)  // logs of the probabilities
	timesAt(t, factor float64) (scaled float64) // where value is factor times that at t
}

// After returns the posterior of d as prior and the observed trials. The error
// is an [*InputError].
func (d Beta) After(observed Proportion) (Beta, error) {
	if err := d.check("prior"); err != nil {
		return Beta{}, err
	}
	if observed.Trials == 0 && observed.Successes == 0 {
		return d, nil
	}
	if err := observed.check("observed"); err != nil {
		return Beta{}, err
	}
	return Beta{d.Alpha + float64(observed.Successes), d.Beta + float64(observed.Trials-observed.Successes)}, nil
}

// After returns the posterior of d as prior and events counted over an exposure,
// such as orders over customers. The error is an [*InputError].
func (d Gamma) After(events, exposure float64) (Gamma, error) {
	if err := d.check("prior"); err != nil {
		return Gamma{}, err
	}
	for _, x := range []struct {
		what  string
		value float64
	}{{"events", events}, {"exposure", exposure}} {
		if !finite(x.value) {
			return Gamma{}, refuse(x.what, x.value, ErrNotANumber)
		}
		if x.value < 0 {
			return Gamma{}, refuse(x.what, x.value, ErrNegative)
		}
	}
	return Gamma{d.Shape + events, d.Rate + exposure}, nil
}

// MeanPosterior returns the posterior of the mean of a normal metric under
// Jeffreys' prior. Jeffreys (1961), 3.4. The error is an [*InputError].
func MeanPosterior(s Sample) (StudentT, error) {
	if err := s.check("sample"); err != nil {
		return StudentT{}, err
	}
	if s.Variance == 0 {
		return StudentT{}, refuse("variance", 0, ErrZeroVariance)
	}
	return StudentT{Location: s.Mean, Scale: s.StandardError(), DF: float64(s.N - 1)}, nil
}

// quantileAt returns the t below which the posterior has probability p.
func quantileAt(d Posterior, p float64) float64 {
	start, scale := d.center()
	if p <= 0.5 {
		return solveTail(math.Log(p), start, scale, func(t float64) (logTail, slope float64) {
			below, _ := d.logTails(t)
			return below, math.Exp(d.logDensity(t) - below)
		})
	}
	return solveTail(math.Log1p(-p), start, scale, func(t float64) (logTail, slope float64) {
		_, above := d.logTails(t)
		return above, -math.Exp(d.logDensity(t) - above)
	})
}

// Credible returns the equal-tailed interval that holds the parameter with
// probability 1-alpha; alpha 0 means 0.05. The error is an [*InputError].
func Credible(d Posterior, alpha float64) (lower, upper float64, err error) {
	if alpha, err = alphaOr(alpha, 0.05); err != nil {
		return 0, 0, err
	}
	if err = d.check("posterior"); err != nil {
		return 0, 0, err
	}
	return d.Quantile(alpha / 2), d.Quantile(1 - alpha/2), nil
}

// HighestDensity returns the shortest interval that holds the parameter with
// probability 1-alpha; alpha 0 means 0.05. Every value inside is more credible
// than any outside. The error is an [*InputError].
func HighestDensity(d Posterior, alpha float64) (lower, upper float64, err error) {
	if alpha, err = alphaOr(alpha, 0.05); err != nil {
		return 0, 0, err
	}
	if err = d.check("posterior"); err != nil {
		return 0, 0, err
	}
	// Bisection on the probability left below until both ends are equally dense.
	density := func(p float64) float64 {
		t := quantileAt(d, p)
		return d.logDensity(t) - d.logRise(t)
	}
	low, high := 0.0, alpha
	for range 60 {
		q := (low + high) / 2
		if q == low || q == high || q+(1-alpha) >= 1 {
			high = q
			break
		}
		if density(q) < density(q+(1-alpha)) {
			low = q
		} else {
			high = q
		}
	}
	if high < alpha*1e-12 {
		high = 0
	}
	return d.Quantile(high), d.Quantile(min(1, high+(1-alpha))), nil
}

// checkPosteriors refuses too few or improper posteriors.
func checkPosteriors[P Posterior](arms []P) error {
	if len(arms) < 2 {
		return refuse("number of arms", float64(len(arms)), ErrShape)
	}
	for i, d := range arms {
		if err := d.check(fmt.Sprintf("arms[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}
