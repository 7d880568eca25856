package stats

import (
	"fmt"
	"math"
)

// Welch compares the means of two arms of unequal variances. The zero value is
// the two-sided test at 5 %.
//
// The statistic is (mb - ma)/√(va/na + vb/nb); its degrees of freedom are those
// of Welch (1947) and Satterthwaite (1946).
type Welch struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
	// Margin is the absolute difference under the null hypothesis: Greater with
	// a negative Margin asks whether the treatment is not inferior by as much.
	Margin float64
	// EqualVariances pools the variances: Student's test.
	EqualVariances bool
	// LargeSample compares with the normal distribution instead of Student's.
	LargeSample bool
	// Relative is the method for the relative interval.
	Relative RelativeInterval
}

// Test compares treatment with control. The error is an [*InputError] matching
// [ErrEmptyArm], [ErrTooFew], [ErrZeroVariance], [ErrNotANumber] and the like.
func (w Welch) Test(control, treatment Sample) (Result, error) {
	r, c, err := w.prepare(control, treatment)
	if err != nil {
		return Result{}, err
	}
	student(r.Alpha, c.df, w.Margin, w.Alternative, w.Relative).judge(&r, c)
	return r, nil
}

// prepare checks the input and returns the contrast with a result that is yet to
// be judged.
func (w Welch) prepare(control, treatment Sample) (Result, contrast, error) {
	alpha, err := alphaOr(w.Alpha, 0.05)
	if err != nil {
		return Result{}, contrast{}, err
	}
	if err := w.Alternative.check(); err != nil {
		return Result{}, contrast{}, err
	}
	if !finite(w.Margin) {
		return Result{}, contrast{}, refuse("margin", w.Margin, ErrNotANumber)
	}
	if w.Relative > Delta {
		return Result{}, contrast{}, refuse("relative interval", float64(w.Relative), ErrBeyond)
	}
	if err := control.check("control"); err != nil {
		return Result{}, contrast{}, err
	}
	if err := treatment.check("treatment"); err != nil {
		return Result{}, contrast{}, err
	}
	r := Result{Control: control, Treatment: treatment, Alpha: alpha, Alternative: w.Alternative}
	va, vb := control.Variance/float64(control.N), treatment.Variance/float64(treatment.N)
	df := float64(control.N + treatment.N - 2)
	if w.EqualVariances {
		pooled := (control.Variance*float64(control.N-1) + treatment.Variance*float64(treatment.N-1)) / df
		va, vb = pooled/float64(control.N), pooled/float64(treatment.N)
	} else {
		df = satterthwaite(va, control.N, vb, treatment.N)
	}
	if va+vb == 0 {
		return Result{}, contrast{}, refuse("variance of both arms", 0, ErrZeroVariance)
	}
	if !finite(va + vb) {
		return Result{}, contrast{}, refuse("variance of both arms", va+vb, ErrNotANumber)
	}
	if d := treatment.Mean - control.Mean; !finite(d) {
		return Result{}, contrast{}, refuse("difference of the means", d, ErrNotANumber)
	}
	if w.LargeSample {
		df = math.Inf(1)
	}
	if va == 0 || vb == 0 {
		r.warn(ConstantArm, "all observations of one arm are equal")
	}
	if least := min(control.N, treatment.N); least < 30 {
		r.warn(SmallSample, fmt.Sprintf("%d observations in the smaller arm; the t test then relies on normal data", least))
	}

	return r, between(control.Mean, va, treatment.Mean, vb, df), nil
}

// satterthwaite returns the degrees of freedom for the variance va + vb of a
// difference of means.
func satterthwaite(va float64, na int64, vb float64, nb int64) float64 {
	// Scaled, so that tiny variances do not underflow when squared.
	share := va / (va + vb)
	return 1 / (share*share/float64(na-1) + (1-share)*(1-share)/float64(nb-1))
}

// Equivalent returns the p value of the test that the absolute difference lies
// within ±margin: the larger p of two one-sided tests. Schuirmann (1987).
func (w Welch) Equivalent(control, treatment Sample, margin float64) (p, logP float64, err error) {
	if !(margin > 0) || !finite(margin) {
		return 0, 0, refuse("margin", margin, ErrBeyond)
	}
	w.Alternative, w.Margin = Greater, -margin
	low, err := w.Test(control, treatment)
	if err != nil {
		return 0, 0, err
	}
	w.Alternative, w.Margin = Less, margin
	high, err := w.Test(control, treatment)
	if err != nil {
		return 0, 0, err
	}
	return max(low.Absolute.P, high.Absolute.P), max(low.Absolute.LogP, high.Absolute.LogP), nil
}

// StandardizedDifference returns Cohen's d with the pooled standard deviation,
// and Hedges' g, which is d times the small-sample factor 1 - 3/(4(na+nb-2)-1).
// Cohen (1988), 2.5.2; Hedges (1981), equation 6e.
func StandardizedDifference(control, treatment Sample) (cohen, hedges float64, err error) {
	r, err := Welch{EqualVariances: true}.Test(control, treatment)
	if err != nil {
		return 0, 0, err
	}
	cohen = r.Absolute.Statistic * math.Sqrt(1/float64(control.N)+1/float64(treatment.N))
	return cohen, cohen * (1 - 3/(4*r.Absolute.DF-1)), nil
}
