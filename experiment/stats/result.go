package stats

import (
	"encoding/json"
	"fmt"
	"math"
)

// Alternative is the hypothesis that a test sets against "no difference".
type Alternative uint8

// Alternatives.
const (
	TwoSided Alternative = iota // treatment and control differ
	Greater                     // treatment is above control
	Less                        // treatment is below control
)

var alternativeNames = [...]string{"two-sided", "greater", "less"}

// String returns the usual name of the alternative.
func (a Alternative) String() string {
	if int(a) < len(alternativeNames) {
		return alternativeNames[a]
	}
	return fmt.Sprintf("Alternative(%d)", uint8(a))
}

// Effect is an estimate with what is known about its error.
type Effect struct {
	Estimate float64
	// StandardError is that of the estimate, without pooling the arms.
	StandardError float64
	// Statistic is the test statistic and DF its degrees of freedom: +Inf when
	// it is compared with the normal distribution.
	Statistic, DF float64
	// P is the p value and LogP its natural logarithm, which tells 1e-400 from
	// 1e-4000 where P is zero.
	P, LogP float64
	// Lower and Upper bound the confidence interval; one of them is infinite
	// for a one-sided alternative.
	Lower, Upper float64
}

// Contains reports whether the interval holds x.
func (e Effect) Contains(x float64) bool { return e.Lower <= x && x <= e.Upper }

// MarshalJSON writes infinities, which JSON does not have, as null.
func (e Effect) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Estimate      *float64 `json:"estimate"`
		StandardError *float64 `json:"standard_error"`
		Statistic     *float64 `json:"statistic"`
		DF            *float64 `json:"df"`
		P             *float64 `json:"p"`
		LogP          *float64 `json:"log_p"`
		Lower         *float64 `json:"lower"`
		Upper         *float64 `json:"upper"`
	}{
		number(e.Estimate), number(e.StandardError), number(e.Statistic), number(e.DF),
		number(e.P), number(e.LogP), number(e.Lower), number(e.Upper),
	})
}

// number returns x for JSON, which has no infinities: nil, written as null.
func number(x float64) *float64 {
	if !finite(x) {
		return nil
	}
	return &x
}

// Result compares a treatment with a control. Differences are treatment minus
// control.
type Result struct {
	Control     Sample      `json:"control"`
	Treatment   Sample      `json:"treatment"`
	Alpha       float64     `json:"alpha"`
	Alternative Alternative `json:"alternative"`
	// Absolute is the difference in units of the metric.
	Absolute Effect `json:"absolute"`
	// Relative is the difference as a share of the control's mean, nil where
	// that cannot be told (a warning then says why).
	Relative *Effect   `json:"relative,omitempty"`
	Warnings []Warning `json:"warnings,omitempty"`

	basis contrast // what the effects were computed from
}

// Significant reports whether the p value is below alpha.
func (r Result) Significant() bool { return r.Absolute.P < r.Alpha }

func (r *Result) warn(kind WarningKind, text string) {
	r.Warnings = append(r.Warnings, Warning{Kind: kind, Text: text})
}

// Warning says why a valid result should be read with care.
type Warning struct {
	Kind WarningKind `json:"kind"`
	Text string      `json:"text"`
}

// WarningKind is what a program can branch on.
type WarningKind string

// Warnings.
const (
	// SmallSample: too few observations, or successes or failures, for the
	// approximation behind the interval.
	SmallSample WarningKind = "small_sample"
	// ConstantArm: all observations of one arm are equal.
	ConstantArm WarningKind = "constant_arm"
	// RelativeUndefined: the control's mean is zero, or so uncertain that zero
	// cannot be excluded, so that no share of it can be told.
	RelativeUndefined WarningKind = "relative_undefined"
	// UnboundedInterval: the data allow any relative effect.
	UnboundedInterval WarningKind = "unbounded_interval"
	// ConstantCovariate: the covariate is the same for every unit.
	ConstantCovariate WarningKind = "constant_covariate"
	// WeightsScaled: the weights of the arms do not sum to one.
	WeightsScaled WarningKind = "weights_scaled"
	// SmallExpected: an expected count is below five.
	SmallExpected WarningKind = "small_expected"
)

// leastAlpha bounds alpha: nobody asks for less, and quantiles stay finite.
const leastAlpha = 1e-15

// alphaOr returns alpha or its default.
func alphaOr(alpha, otherwise float64) (float64, error) {
	if alpha == 0 {
		return otherwise, nil
	}
	if !(alpha >= leastAlpha && alpha < 1) {
		return 0, refuse("alpha", alpha, ErrBeyond)
	}
	return alpha, nil
}

func (a Alternative) check() error {
	if a > Less {
		return refuse("alternative", float64(a), ErrBeyond)
	}
	return nil
}

// tail returns the probability that alpha leaves on one side.
func (a Alternative) tail(alpha float64) float64 {
	if a == TwoSided {
		return alpha / 2
	}
	return alpha
}

// p returns the p value and its log of a statistic.
func (a Alternative) p(statistic, df float64) (p, logP float64) {
	switch a {
	case Greater:
		return StudentTail(statistic, df)
	case Less:
		return StudentTail(-statistic, df)
	}
	if math.IsInf(df, 1) {
		p, logP = NormalTail(math.Abs(statistic))
		return min(1, 2*p), min(0, logP+math.Ln2)
	}
	return studentTwoSided(math.Abs(statistic), df)
}

// bounds returns lower and upper, with the side that the alternative leaves
// open at infinity.
func (a Alternative) bounds(lower, upper float64) (float64, float64) {
	switch a {
	case Greater:
		return lower, math.Inf(1)
	case Less:
		return math.Inf(-1), upper
	}
	return lower, upper
}
