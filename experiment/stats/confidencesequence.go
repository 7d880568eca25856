package stats

import "math"

// ConfidenceSequence makes a result valid however often it is looked at: its
// intervals hold the effect at all times at once with probability 1-alpha, and
// its p value stays above alpha for ever with that probability where there is no
// effect. The price is power at any single look; a [GroupSequential] design with
// few planned looks keeps more of it. The zero value is two-sided at 5 %, most
// powerful at 5,000 units.
//
// It is the asymptotic confidence sequence of Waudby-Smith, Arbour, Sinha,
// Kennedy & Ramdas (2024), equations 9, 134 and 161 of its preprint: the mixture
// of normal effects whose width is least at PlannedUnits.
type ConfidenceSequence struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
	// PlannedUnits, of both arms, is where the interval is tightest; 0 means 5,000.
	PlannedUnits float64
	// Relative is the method for the relative interval.
	Relative RelativeInterval
}

// defaultPlannedUnits is where a confidence sequence is tightest unless told.
const defaultPlannedUnits = 5000

// Test compares treatment with control. The error is an [*InputError].
func (c ConfidenceSequence) Test(control, treatment Sample) (Result, error) {
	r, basis, err := Welch{Alpha: c.Alpha, Alternative: c.Alternative, Relative: c.Relative, LargeSample: true}.prepare(control, treatment)
	if err != nil {
		return Result{}, err
	}
	r.basis = basis
	return c.Widen(r)
}

// Widen returns the result of another comparison, such as [CUPED], with intervals
// and p values that are valid at every look. The result must come from a test of
// this package, not from JSON.
func (c ConfidenceSequence) Widen(r Result) (Result, error) {
	alpha, err := alphaOr(c.Alpha, 0.05)
	if err != nil {
		return Result{}, err
	}
	if err := c.check(); err != nil {
		return Result{}, err
	}
	basis := r.basis
	if !(basis.variance() > 0) {
		return Result{}, refuse("variance of the effect", basis.variance(), ErrZeroVariance)
	}
	n := float64(r.Control.N) + float64(r.Treatment.N)
	basis.df = math.Inf(1)
	r.Alpha, r.Alternative = alpha, c.Alternative
	r.Warnings = keep(r.Warnings, RelativeUndefined, UnboundedInterval)
	y := yardstick{alternative: c.Alternative, relative: c.Relative, critical: c.critical(n, alpha)}
	y.p = func(statistic float64) (p, logP float64) {
		logP = min(0, -c.logEvidence(statistic, n, alpha))
		return math.Exp(logP), logP
	}
	y.judge(&r, basis)
	return r, nil
}

func (c ConfidenceSequence) check() error {
	if err := c.Alternative.check(); err != nil {
		return err
	}
	if c.Relative > Delta {
		return refuse("relative interval", float64(c.Relative), ErrBeyond)
	}
	if !(c.PlannedUnits == 0 || c.PlannedUnits >= 1 && c.PlannedUnits <= mostCount) {
		return refuse("planned units", c.PlannedUnits, ErrBeyond)
	}
	return nil
}

// mixture returns ρ², the variance of the mixture that is best at PlannedUnits.
func (c ConfidenceSequence) mixture(alpha float64) float64 {
	planned := c.PlannedUnits
	if planned == 0 {
		planned = defaultPlannedUnits
	}
	if c.Alternative != TwoSided {
		alpha = min(2*alpha, 0.999)
	}
	l := -2 * math.Log(alpha)
	return (l + math.Log1p(l)) / planned
}

// critical returns how many standard errors the interval reaches after n units.
func (c ConfidenceSequence) critical(n, alpha float64) float64 {
	v := n * c.mixture(alpha)
	limit := 0.5*math.Log1p(v) - math.Log(alpha)
	if c.Alternative != TwoSided {
		limit = math.Log1p(math.Sqrt(v+1) / (2 * alpha))
	}
	return math.Sqrt(2 * (v + 1) / v * limit)
}

// logEvidence returns the log of the e value: the likelihood ratio of the mixture
// of effects to no effect. One-sided, effects on the wrong side count nothing,
// and the bound of the interval is inverted instead.
func (c ConfidenceSequence) logEvidence(z, n, alpha float64) float64 {
	v := n * c.mixture(alpha)
	square := v * z * z / (2 * (v + 1))
	if c.Alternative == TwoSided {
		return square - 0.5*math.Log1p(v)
	}
	if c.Alternative == Less {
		z = -z
	}
	if z <= 0 {
		return 0
	}
	// critical(α) = z solved for α: ln(1 + √(v+1)/2α) = square.
	return math.Log(2) + logExpm1(square) - 0.5*math.Log1p(v)
}

// logExpm1 returns ln(e^x - 1).
func logExpm1(x float64) float64 {
	if x > 40 {
		return x
	}
	return math.Log(math.Expm1(x))
}

// LogEvidence returns the natural logarithm of the e value of a two-sided
// comparison, absolute and relative: how many times likelier the data are under
// the mixture of effects than without effect. Unlike the p value it is not
// capped, and those of independent experiments may be added.
func (c ConfidenceSequence) LogEvidence(e Effect, units int64) (float64, error) {
	alpha, err := alphaOr(c.Alpha, 0.05)
	if err != nil {
		return 0, err
	}
	if err := c.check(); err != nil {
		return 0, err
	}
	if units <= 0 {
		return 0, refuse("units", float64(units), ErrEmptyArm)
	}
	if !finite(e.Statistic) {
		return 0, refuse("statistic", e.Statistic, ErrNotANumber)
	}
	return c.logEvidence(e.Statistic, float64(units), alpha), nil
}

// NormalMixtureBoundary returns √((v+ρ)·ln((v+ρ)/(α²ρ))): a sum of independent
// differences with variance v leaves ± this boundary at any time with probability
// at most alpha. ρ is the v at which it is meant to be tight, up to a factor.
// Howard, Ramdas, McAuliffe & Sekhon (2021), equation 14. The error is an
// [*InputError].
func NormalMixtureBoundary(v, rho, alpha float64) (float64, error) {
	switch {
	case !(v >= 0) || !finite(v):
		return 0, refuse("intrinsic time", v, ErrBeyond)
	case !(rho > 0) || !finite(rho):
		return 0, refuse("rho", rho, ErrBeyond)
	case !(alpha > 0 && alpha < 1):
		return 0, refuse("alpha", alpha, ErrBeyond)
	}
	return math.Sqrt((v + rho) * (math.Log1p(v/rho) - 2*math.Log(alpha))), nil
}
