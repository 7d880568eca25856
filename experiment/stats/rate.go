package stats

import "math"

// RateInterval is the method for the interval of a single proportion.
type RateInterval uint8

// Intervals of one proportion.
const (
	// Wilson inverts the score test; good at all sizes. Wilson (1927).
	Wilson RateInterval = iota
	// AgrestiCoull is the Wald interval around Wilson's center. Agresti &
	// Coull (1998).
	AgrestiCoull
	// ClopperPearson inverts the binomial test and never covers too little.
	// Clopper & Pearson (1934).
	ClopperPearson
	// Jeffreys is the equal-tailed credible interval of the prior
	// Beta(1/2, 1/2). Brown, Cai & DasGupta (2001), 3.1.3.
	Jeffreys
	// WaldRate is the estimate ± z standard errors; only for comparison with
	// other tools. It covers far too little for rates near 0 and 1.
	WaldRate
)

// Interval returns the two-sided interval of the rate at 1-alpha; alpha 0 means
// 0.05. The error is an [*InputError].
func (p Proportion) Interval(method RateInterval, alpha float64) (lower, upper float64, err error) {
	if alpha, err = alphaOr(alpha, 0.05); err != nil {
		return 0, 0, err
	}
	if err = p.check("proportion"); err != nil {
		return 0, 0, err
	}
	rate, n := p.Rate(), float64(p.Trials)
	successes, failures := float64(p.Successes), float64(p.Trials-p.Successes)
	z := normalQuantile(alpha / 2)
	switch method {
	case Wilson:
		lower, upper = wilson(rate, n, z)
	case AgrestiCoull:
		n += float64(z * z)
		center := (successes + float64(z*z)/2) / n
		half := z * math.Sqrt(center*(1-center)/n)
		lower, upper = center-half, center+half
	case ClopperPearson:
		if err := checkShape("trials", n); err != nil {
			return 0, 0, err
		}
		lower, upper = 0, 1
		if successes > 0 {
			lower = Beta{successes, failures + 1}.Quantile(alpha / 2)
		}
		if failures > 0 {
			upper = 1 - Beta{failures, successes + 1}.Quantile(alpha/2)
		}
	case Jeffreys:
		if err := checkShape("trials", n); err != nil {
			return 0, 0, err
		}
		lower = Beta{successes + 0.5, failures + 0.5}.Quantile(alpha / 2)
		upper = 1 - Beta{failures + 0.5, successes + 0.5}.Quantile(alpha/2)
	case WaldRate:
		half := z * math.Sqrt(rate*(1-rate)/n)
		lower, upper = rate-half, rate+half
	default:
		return 0, 0, refuse("interval", float64(method), ErrBeyond)
	}
	return max(0, lower), min(1, upper), nil
}
