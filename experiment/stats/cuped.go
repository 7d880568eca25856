package stats

import "math"

// CUPED compares means after taking off what the same units did before the
// experiment: with a correlation ρ between the two, the variance shrinks by ρ².
// Deng, Xu, Kohavi & Walker (2013), section 3. The zero value is the two-sided
// test at 5 %.
//
// The coefficient θ is the covariance of metric and covariate over the variance
// of the covariate, both pooled over the arms. Only what happened before the
// exposure may serve as covariate; anything later biases the effect.
type CUPED struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
	// Relative is the method for the relative interval. The relative effect is a
	// share of the control's unadjusted mean.
	Relative RelativeInterval
}

// AdjustedResult is a comparison with the help of a covariate.
type AdjustedResult struct {
	Result
	// Theta is the coefficient of the covariate.
	Theta float64 `json:"theta"`
	// UnadjustedError is the standard error that the absolute effect would have
	// without the covariate.
	UnadjustedError float64 `json:"unadjusted_error"`
}

// VarianceReduction returns the share of the variance that the covariate
// removed; negative where it did harm.
func (r AdjustedResult) VarianceReduction() float64 {
	s := r.Absolute.StandardError / r.UnadjustedError
	return 1 - s*s
}

// Test compares treatment with control; X of each [Pair] is the metric, Y the
// covariate. A constant covariate leaves the means as they are, with the warning
// [ConstantCovariate]. The error is an [*InputError].
func (c CUPED) Test(control, treatment Pair) (AdjustedResult, error) {
	if err := control.check("control"); err != nil {
		return AdjustedResult{}, err
	}
	if err := treatment.check("treatment"); err != nil {
		return AdjustedResult{}, err
	}
	pooled := control
	pooled.Merge(treatment)
	out := AdjustedResult{}
	if pooled.Y.M2 > 0 {
		out.Theta = pooled.C / pooled.Y.M2
	}
	arm := func(p Pair) adjusted {
		return adjusted{
			n: p.X.N, mean: p.X.Mean, base: p.X.Variance(),
			shift: out.Theta * p.Y.Mean, shiftVariance: out.Theta * out.Theta * p.Y.Variance(), covariance: out.Theta * p.Covariance(),
		}
	}
	if err := compareAdjusted(&out, arm(control), arm(treatment), unadjustedLift, c.Alpha, c.Alternative, c.Relative); err != nil {
		return AdjustedResult{}, err
	}
	if pooled.Y.M2 == 0 {
		out.warn(ConstantCovariate, "the covariate is the same for every unit and adjusts nothing")
	}
	return out, nil
}

// adjusted is an arm's mean with the shift that a covariate takes off.
type adjusted struct {
	n             int64
	mean, base    float64 // without adjustment: mean and variance of a unit
	shift         float64 // θ times the covariate's mean
	shiftVariance float64
	covariance    float64 // of the unadjusted value and the shift
}

// sample returns the adjusted mean.
func (a adjusted) sample() Sample {
	return Sample{N: a.n, Mean: a.mean - a.shift, Variance: max(0, a.base+a.shiftVariance-2*a.covariance)}
}

// unadjustedLift is the relative effect of the means as they are, where the
// usual formula for CUPED linearises.
func unadjustedLift(a, b adjusted) float64 { return b.mean/a.mean - 1 }

// adjustedLift is the relative effect as it is estimated.
func adjustedLift(a, b adjusted) float64 {
	return ((b.mean - b.shift) - (a.mean - a.shift)) / a.mean
}

// compareAdjusted compares the adjusted means as [Welch] does, the relative
// effect as a share of the control's unadjusted mean.
func compareAdjusted(out *AdjustedResult, a, b adjusted, at func(a, b adjusted) float64, alpha float64, alternative Alternative, relative RelativeInterval) error {
	r, c, err := Welch{Alpha: alpha, Alternative: alternative, Relative: relative}.prepare(a.sample(), b.sample())
	if err != nil {
		return err
	}
	na, nb := float64(a.n), float64(b.n)
	c.base, c.baseVariance = a.mean, a.base/na
	// The adjusted control is the unadjusted one less its shift; what of the
	// shift moves with the unadjusted mean belongs to the slope.
	c.slope = -1
	rest := a.shiftVariance
	if a.base > 0 {
		c.slope = a.covariance/a.base - 1
		rest = max(0, a.shiftVariance-a.covariance/a.base*a.covariance)
	}
	c.restVariance += rest / na
	c.at = at(a, b)
	student(r.Alpha, c.df, 0, alternative, relative).judge(&r, c)
	out.Result = r
	out.UnadjustedError = math.Sqrt(a.base/na + b.base/nb)
	return nil
}

// keep returns the warnings but those of the given kinds.
func keep(warnings []Warning, drop ...WarningKind) []Warning {
	var kept []Warning
	for _, w := range warnings {
		wanted := true
		for _, kind := range drop {
			wanted = wanted && w.Kind != kind
		}
		if wanted {
			kept = append(kept, w)
		}
	}
	return kept
}
