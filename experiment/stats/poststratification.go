package stats

import (
	"fmt"
	"math"
)

// Stratum is a group of units, such as a country, with its arms.
type Stratum struct {
	Control   Sample `json:"control"`
	Treatment Sample `json:"treatment"`
}

// PostStratified compares means within strata and averages the differences by
// the strata's shares over both arms, which takes the differences between strata
// out of the error and corrects a chance imbalance of the arms. Miratrix, Sekhon
// & Yu (2013); the shares' own error is included. Strata are fixed before the
// experiment. The zero value is the two-sided test at 5 %.
type PostStratified struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
	// Relative is the method for the relative interval, a share of the
	// stratified mean of the control.
	Relative RelativeInterval
}

// Test compares treatment with control. Each stratum needs two units in each
// arm; merge smaller ones before. Result.Control and Treatment are the stratified
// means. The error is an [*InputError].
func (p PostStratified) Test(strata ...Stratum) (Result, error) {
	alpha, err := alphaOr(p.Alpha, 0.05)
	if err != nil {
		return Result{}, err
	}
	if err := p.Alternative.check(); err != nil {
		return Result{}, err
	}
	if p.Relative > Delta {
		return Result{}, refuse("relative interval", float64(p.Relative), ErrBeyond)
	}
	if len(strata) == 0 {
		return Result{}, refuse("number of strata", 0, ErrShape)
	}
	total, na, nb := 0.0, int64(0), int64(0)
	for i, s := range strata {
		if err := s.Control.check(fmt.Sprintf("control of strata[%d]", i)); err != nil {
			return Result{}, err
		}
		if err := s.Treatment.check(fmt.Sprintf("treatment of strata[%d]", i)); err != nil {
			return Result{}, err
		}
		na, nb = na+s.Control.N, nb+s.Treatment.N
		total += float64(s.Control.N) + float64(s.Treatment.N)
	}
	// Covariance of the stratified control mean and difference: within strata,
	// and from the shares, which are multinomial.
	var base, difference, baseVariance, variance, covariance, va, vb float64
	for _, s := range strata {
		w := (float64(s.Control.N) + float64(s.Treatment.N)) / total
		base += float64(w * s.Control.Mean)
		difference += float64(w * (s.Treatment.Mean - s.Control.Mean))
	}
	for _, s := range strata {
		n := float64(s.Control.N) + float64(s.Treatment.N)
		w := n / total
		a, b := s.Control.Variance/float64(s.Control.N), s.Treatment.Variance/float64(s.Treatment.N)
		m, d := s.Control.Mean-base, s.Treatment.Mean-s.Control.Mean-difference
		within, between := w*w, w/total
		baseVariance += float64(within*a) + float64(between*m)*m
		variance += float64(within*(a+b)) + float64(between*d)*d
		covariance += float64(between*m)*d - float64(within*a)
		va += float64(within*a) + float64(between*m)*m
		vb += float64(within*b) + float64(between*(m+d))*(m+d)
	}
	r := Result{Alpha: alpha, Alternative: p.Alternative}
	r.Control = Sample{N: na, Mean: base, Variance: va * float64(na)}
	r.Treatment = Sample{N: nb, Mean: base + difference, Variance: vb * float64(nb)}
	if variance == 0 {
		return Result{}, refuse("variance of both arms", 0, ErrZeroVariance)
	}
	if !finite(variance) || !finite(difference) {
		return Result{}, refuse("variance of both arms", variance, ErrNotANumber)
	}
	if least := min(na, nb); least < 30 {
		r.warn(SmallSample, fmt.Sprintf("%d observations in the smaller arm; the t test then relies on normal data", least))
	}
	c := contrast{difference: difference, base: base, baseVariance: baseVariance, slope: -1, restVariance: variance, at: difference / base}
	if baseVariance > 0 {
		c.slope = covariance / baseVariance
		c.restVariance = max(0, variance-covariance*c.slope)
	}
	c.df = satterthwaite(va, na, vb, nb)
	student(alpha, c.df, 0, p.Alternative, p.Relative).judge(&r, c)
	r.Absolute.StandardError = math.Sqrt(variance)
	return r, nil
}
