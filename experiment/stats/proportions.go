package stats

import (
	"fmt"
	"math"
)

// DifferenceInterval is the method for the interval of a difference of
// proportions.
type DifferenceInterval uint8

// Intervals of a difference of proportions.
const (
	// Newcombe combines the Wilson intervals of the arms: good at all sizes and
	// never beyond ±1. Newcombe (1998), method 10.
	Newcombe DifferenceInterval = iota
	// MiettinenNurminen inverts the score test. Miettinen & Nurminen (1985), equation 9.
	MiettinenNurminen
	// Wald is the estimate ± z standard errors; only for large samples.
	Wald
)

// TwoProportions compares two conversion rates by a z test. The zero value is the
// two-sided pooled test at 5 % with Newcombe's interval. The relative effect is
// the risk ratio less one, with the interval of Katz et al. (1978) on the log.
type TwoProportions struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
	// Unpooled takes the standard error from each arm's own rate rather than
	// from the common rate of the null hypothesis.
	Unpooled bool
	Interval DifferenceInterval
}

// Test compares treatment with control. The error is an [*InputError]; it
// matches [ErrZeroVariance] when all units of both arms did the same.
func (t TwoProportions) Test(control, treatment Proportion) (Result, error) {
	alpha, err := t.check(control, treatment)
	if err != nil {
		return Result{}, err
	}
	a, b := control.Sample(), treatment.Sample()
	r := Result{Control: a, Treatment: b, Alpha: alpha, Alternative: t.Alternative}
	na, nb := float64(a.N), float64(b.N)
	common := (float64(control.Successes) + float64(treatment.Successes)) / (na + nb)
	if common == 0 || common == 1 {
		return Result{}, refuse("common rate", common, ErrZeroVariance)
	}
	unpooled := math.Sqrt(a.Variance/na + b.Variance/nb)
	tested := math.Sqrt(common * (1 - common) * (1/na + 1/nb))
	if t.Unpooled {
		tested = unpooled
	}
	if tested == 0 {
		return Result{}, refuse("variance of both arms", 0, ErrZeroVariance)
	}
	if least := min(control.Successes, control.Trials-control.Successes, treatment.Successes, treatment.Trials-treatment.Successes); least < 10 {
		r.warn(SmallSample, fmt.Sprintf("only %d successes or failures in one arm; the normal approximation is rough", least))
	}

	critical := normalQuantile(t.Alternative.tail(alpha))
	e := Effect{Estimate: b.Mean - a.Mean, StandardError: unpooled, DF: math.Inf(1)}
	e.Statistic = e.Estimate / tested
	e.P, e.LogP = t.Alternative.p(e.Statistic, e.DF)
	switch t.Interval {
	case Wald:
		e.Lower, e.Upper = e.Estimate-float64(critical*unpooled), e.Estimate+float64(critical*unpooled)
	case Newcombe:
		e.Lower, e.Upper = newcombe(a, b, critical)
	case MiettinenNurminen:
		e.Lower, e.Upper = miettinenNurminen(control, treatment, critical)
	}
	e.Lower, e.Upper = t.Alternative.bounds(e.Lower, e.Upper)
	r.Absolute = e

	if control.Successes == 0 || treatment.Successes == 0 {
		r.warn(RelativeUndefined, "an arm without successes has no risk ratio")
		return r, nil
	}
	ratio := ratioEffect(b.Mean/a.Mean, math.Sqrt((1-a.Mean)/float64(control.Successes)+(1-b.Mean)/float64(treatment.Successes)), critical, t.Alternative)
	ratio.Estimate--
	ratio.Lower, ratio.Upper = ratio.Lower-1, ratio.Upper-1
	if t.Alternative == Less {
		ratio.Lower = math.Inf(-1)
	}
	ratio.Statistic, ratio.P, ratio.LogP = e.Statistic, e.P, e.LogP
	r.Relative = &ratio
	return r, nil
}

func (t TwoProportions) check(control, treatment Proportion) (alpha float64, err error) {
	if alpha, err = alphaOr(t.Alpha, 0.05); err != nil {
		return 0, err
	}
	if err := t.Alternative.check(); err != nil {
		return 0, err
	}
	if t.Interval > Wald {
		return 0, refuse("interval", float64(t.Interval), ErrBeyond)
	}
	if err := control.check("control"); err != nil {
		return 0, err
	}
	return alpha, treatment.check("treatment")
}

// OddsRatio returns the odds ratio of treatment to control with Woolf's (1955)
// interval on the log. It is undefined, [ErrBeyond], where a cell of the table
// is zero.
func (t TwoProportions) OddsRatio(control, treatment Proportion) (Effect, error) {
	alpha, err := t.check(control, treatment)
	if err != nil {
		return Effect{}, err
	}
	x, y := float64(control.Successes), float64(control.Trials-control.Successes)
	v, w := float64(treatment.Successes), float64(treatment.Trials-treatment.Successes)
	if least := min(x, y, v, w); least == 0 {
		return Effect{}, refuse("smallest cell", 0, ErrBeyond)
	}
	critical := normalQuantile(t.Alternative.tail(alpha))
	return ratioEffect(v*y/(w*x), math.Sqrt(1/x+1/y+1/v+1/w), critical, t.Alternative), nil
}

// ratioEffect returns a ratio with its interval on the log scale, tested
// against 1.
func ratioEffect(ratio, logError, critical float64, a Alternative) Effect {
	e := Effect{Estimate: ratio, StandardError: ratio * logError, Statistic: math.Log(ratio) / logError, DF: math.Inf(1)}
	if logError == 0 { // every unit of both arms succeeded
		e.Statistic = 0
	}
	e.P, e.LogP = a.p(e.Statistic, e.DF)
	spread := math.Exp(critical * logError)
	e.Lower, e.Upper = a.bounds(ratio/spread, ratio*spread)
	if a == Less {
		e.Lower = 0
	}
	return e
}

// newcombe returns the hybrid score interval of a difference.
func newcombe(a, b Sample, z float64) (lower, upper float64) {
	la, ua := wilson(a.Mean, float64(a.N), z)
	lb, ub := wilson(b.Mean, float64(b.N), z)
	d := b.Mean - a.Mean
	return d - math.Hypot(b.Mean-lb, ua-a.Mean), d + math.Hypot(ub-b.Mean, a.Mean-la)
}

// wilson returns the score interval of one proportion. Wilson (1927).
func wilson(p, n, z float64) (lower, upper float64) {
	z2 := z * z
	center := (p + z2/(2*n)) / (1 + z2/n)
	half := z / (1 + z2/n) * math.Sqrt(p*(1-p)/n+z2/(4*n*n))
	return max(0, center-half), min(1, center+half)
}

// miettinenNurminen returns the differences d at which the score statistic with
// the rates restricted to differ by d, and the variance corrected by n/(n-1),
// equals ±z.
func miettinenNurminen(control, treatment Proportion, z float64) (lower, upper float64) {
	p1, n1 := treatment.Rate(), float64(treatment.Trials)
	p0, n0 := control.Rate(), float64(control.Trials)
	n := n1 + n0
	statistic := func(d float64) float64 {
		r1, r0 := restricted(p1, n1, p0, n0, d)
		v := (r1*(1-r1)/n1 + r0*(1-r0)/n0) * n / (n - 1)
		if v <= 0 {
			v = math.SmallestNonzeroFloat64
		}
		return (p1 - p0 - d) / math.Sqrt(v)
	}
	// Newcombe's interval is near: usually a tenth of its width holds the bound.
	l, u := newcombe(control.Sample(), treatment.Sample(), z)
	search := func(guess, end, sign float64) float64 {
		f := func(d float64) float64 { return statistic(d) + sign*z }
		inner, outer := guess-sign*0.05*(u-l), guess+sign*0.05*(u-l)
		if sign*(inner-(p1-p0)) < 0 || sign*f(inner) < 0 {
			inner = p1 - p0
		}
		if sign*(end-outer) < 0 || sign*f(outer) > 0 {
			outer = end
		}
		return bracketed(inner, outer, f)
	}
	return search(l, -1, -1), search(u, 1, 1)
}

// restricted returns the maximum likelihood rates under p1 - p0 = d, the
// solution of a cubic in closed form. Miettinen & Nurminen (1985), appendix I.
func restricted(p1, n1, p0, n0, d float64) (r1, r0 float64) {
	if d < 0 { // solve for the smaller rate, which keeps its digits
		r0, r1 = restricted(p0, n0, p1, n1, -d)
		return r1, r0
	}
	x1, x0 := p1*n1, p0*n0
	n, x := n1+n0, x1+x0
	l3 := n
	l2 := (n1+2*n0)*d - n - x
	l1 := (n0*d-n-2*x0)*d + x
	l0 := x0 * d * (1 - d)
	q := l2*l2*l2/(27*l3*l3*l3) - l1*l2/(6*l3*l3) + l0/(2*l3)
	p := math.Copysign(math.Sqrt(max(0, l2*l2/(9*l3*l3)-l1/(3*l3))), q)
	angle := 0.0
	if p != 0 {
		angle = math.Acos(max(-1, min(1, q/(p*p*p))))
	}
	r0 = 2*p*math.Cos((math.Pi+angle)/3) - l2/(3*l3)
	// The closed form has an error of the order of the square root of the
	// machine's, too much for rates near 0 or 1.
	for range 3 {
		step := (((l3*r0+l2)*r0+l1)*r0 + l0) / ((3*l3*r0+2*l2)*r0 + l1)
		if math.Abs(step) < 1e-3 { // also false for NaN
			r0 -= step
		}
	}
	r0 = max(0, -d, min(1, 1-d, r0))
	return r0 + d, r0
}
