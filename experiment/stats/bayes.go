package stats

import (
	"math"

	"github.com/flywheel-go/flywheel/internal/normal"
)

// NormalPrior is what is believed of an effect before the experiment. The zero
// value is flat: the data alone speak.
type NormalPrior struct {
	Mean float64
	// Variance 0 makes the prior flat.
	Variance float64
	// Absolute says that the prior is in units of the metric; otherwise it is of
	// the relative effect.
	Absolute bool
}

// Bayesian compares two arms by a normal posterior of the effect: the prior and
// the estimate, weighted by their precisions. It serves means, proportions,
// ratios and quantiles alike. Gelman et al. (2013), section 2.5.
type Bayesian struct {
	Alpha float64 // of the credible interval; 0 means 0.05
	Prior NormalPrior
	// LowerIsBetter marks a metric where less is won.
	LowerIsBetter bool
}

// NormalPosterior is what is believed of an effect after the experiment.
type NormalPosterior struct {
	Mean              float64 `json:"mean"`
	StandardDeviation float64 `json:"standard_deviation"`
	// Lower and Upper bound the equal-tailed credible interval.
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
	// ChanceToWin is the probability that the treatment is better.
	ChanceToWin float64 `json:"chance_to_win"`
	// RiskControl and RiskTreatment are what choosing the arm is expected to
	// lose against the better one.
	RiskControl   float64 `json:"risk_control"`
	RiskTreatment float64 `json:"risk_treatment"`
}

// BayesianResult compares a treatment with a control.
type BayesianResult struct {
	Absolute NormalPosterior `json:"absolute"`
	// Relative is nil where the control's mean may be zero; a warning says so.
	Relative *NormalPosterior `json:"relative,omitempty"`
	Warnings []Warning        `json:"warnings,omitempty"`
}

// Compare returns the posterior of the effect. The error is an [*InputError].
func (b Bayesian) Compare(control, treatment Sample) (BayesianResult, error) {
	r, err := Welch{Alpha: b.Alpha, LargeSample: true, Relative: Delta}.Test(control, treatment)
	if err != nil {
		return BayesianResult{}, err
	}
	return b.After(r)
}

// After returns the posterior for effects that another analysis estimated, such
// as [CUPED]; the relative effect is taken with its standard error.
func (b Bayesian) After(r Result) (BayesianResult, error) {
	alpha, err := alphaOr(b.Alpha, 0.05)
	if err != nil {
		return BayesianResult{}, err
	}
	p := b.Prior
	switch {
	case !finite(p.Mean):
		return BayesianResult{}, refuse("prior mean", p.Mean, ErrNotANumber)
	case !finite(p.Variance):
		return BayesianResult{}, refuse("prior variance", p.Variance, ErrNotANumber)
	case p.Variance < 0:
		return BayesianResult{}, refuse("prior variance", p.Variance, ErrNegative)
	case math.Abs(p.Mean) > mostValue:
		return BayesianResult{}, refuse("prior mean", p.Mean, ErrBeyond)
	}
	if !(r.Absolute.StandardError > 0) || !finite(r.Absolute.Estimate) || !finite(r.Absolute.StandardError) {
		return BayesianResult{}, refuse("standard error", r.Absolute.StandardError, ErrZeroVariance)
	}
	out := BayesianResult{Warnings: r.Warnings}
	base := math.Abs(r.Control.Mean)
	scale := 1.0 // from the prior's unit to the effect's
	if !p.Absolute {
		scale = base
	}
	if p.Variance > 0 && scale == 0 {
		return BayesianResult{}, refuse("control mean for a relative prior", 0, ErrBeyond)
	}
	if out.Absolute, err = b.posterior(r.Absolute, alpha, scale); err != nil {
		return BayesianResult{}, err
	}
	if r.Relative != nil {
		if scale = 1; p.Absolute {
			scale = 1 / base
		}
		relative, err := b.posterior(*r.Relative, alpha, scale)
		if err != nil {
			return BayesianResult{}, err
		}
		out.Relative = &relative
	}
	return out, nil
}

// posterior combines an effect with the prior, whose unit is scale times that of
// the effect.
func (b Bayesian) posterior(e Effect, alpha, scale float64) (NormalPosterior, error) {
	precision := 1 / (e.StandardError * e.StandardError)
	weighted := float64(e.Estimate * precision)
	if b.Prior.Variance > 0 {
		own := 1 / (b.Prior.Variance * scale * scale)
		precision += own
		weighted += b.Prior.Mean * scale * own
	}
	if !finite(precision) || !finite(weighted) || !(precision > 0) {
		return NormalPosterior{}, refuse("precision", precision, ErrBeyond)
	}
	out := NormalPosterior{Mean: weighted / precision, StandardDeviation: 1 / math.Sqrt(precision)}
	half := normalQuantile(alpha/2) * out.StandardDeviation
	out.Lower, out.Upper = out.Mean-half, out.Mean+half
	z := out.Mean / out.StandardDeviation
	out.RiskControl, out.RiskTreatment = out.StandardDeviation*normal.Loss(-z), out.StandardDeviation*normal.Loss(z)
	if b.LowerIsBetter {
		z = -z
		out.RiskControl, out.RiskTreatment = out.RiskTreatment, out.RiskControl
	}
	out.ChanceToWin = normal.Lower(z)
	return out, nil
}
