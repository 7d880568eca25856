package stats

import "math"

// RateMethod is the formula that plans a comparison of two rates.
type RateMethod uint8

// Formulas for the sample size of a comparison of rates.
const (
	// UnpooledRates takes the standard error from each arm's own rate, under the
	// null hypothesis, too. Chow, Shao & Wang (2008), 4.2.1.
	UnpooledRates RateMethod = iota
	// PooledRates takes it from the common rate under the null hypothesis, as
	// [TwoProportions] tests. Fleiss, Levin & Paik (2003), 4.14.
	PooledRates
	// ArcsineRates uses Cohen's (1988) effect size h, the difference of arcsines.
	ArcsineRates
	// BaselineRates is the formula of Evan Miller's calculator for arms of equal
	// size: the control's rate serves for both arms under the null hypothesis.
	BaselineRates
)

// Plan is what a test is to achieve.
type Plan struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
	// Power is the chance to find the effect; 0 means 0.8.
	Power float64
	// Ratio is the size of the treatment over that of the control; 0 means 1.
	Ratio float64
}

func (p Plan) resolve() (Plan, error) {
	var err error
	if p.Alpha, err = alphaOr(p.Alpha, 0.05); err != nil {
		return p, err
	}
	if err := p.Alternative.check(); err != nil {
		return p, err
	}
	if p.Power == 0 {
		p.Power = 0.8
	}
	if !(p.Power > p.Alternative.tail(p.Alpha) && p.Power < 1) {
		return p, refuse("power", p.Power, ErrBeyond)
	}
	if p.Ratio == 0 {
		p.Ratio = 1
	}
	if !(p.Ratio > 0) || !finite(p.Ratio) {
		return p, refuse("ratio", p.Ratio, ErrBeyond)
	}
	return p, nil
}

// quantiles returns the critical value and the normal quantile of the power.
func (p Plan) quantiles() (critical, power float64) {
	return normalQuantile(p.Alternative.tail(p.Alpha)), -normalQuantile(p.Power)
}

// RatePlan plans a comparison of conversion rates.
type RatePlan struct {
	Plan
	// Baseline is the control's rate.
	Baseline float64
	Method   RateMethod
}

func (p RatePlan) resolve() (RatePlan, error) {
	var err error
	if p.Plan, err = p.Plan.resolve(); err != nil {
		return p, err
	}
	if !(p.Baseline > 0 && p.Baseline < 1) {
		return p, refuse("baseline rate", p.Baseline, ErrBeyond)
	}
	if p.Method > BaselineRates {
		return p, refuse("method", float64(p.Method), ErrBeyond)
	}
	return p, nil
}

// rates returns the treatment's rate for a difference.
func (p RatePlan) treatment(difference float64) (float64, error) {
	rate := p.Baseline + difference
	if difference == 0 || !(rate > 0 && rate < 1) {
		return 0, refuse("difference", difference, ErrBeyond)
	}
	return rate, nil
}

// SampleSize returns how many units the control needs to find an absolute
// difference of rates, not rounded; the treatment needs Ratio times as many. The
// error is an [*InputError].
func (p RatePlan) SampleSize(difference float64) (float64, error) {
	p, err := p.resolve()
	if err != nil {
		return 0, err
	}
	p2, err := p.treatment(difference)
	if err != nil {
		return 0, err
	}
	p1, r := p.Baseline, p.Ratio
	critical, power := p.quantiles()
	own := p1*(1-p1) + p2*(1-p2)/r
	var root float64
	switch p.Method {
	case UnpooledRates:
		root = (critical + power) * math.Sqrt(own)
	case PooledRates:
		common := (p1 + r*p2) / (1 + r)
		root = critical*math.Sqrt(common*(1-common)*(1+1/r)) + power*math.Sqrt(own)
	case ArcsineRates:
		difference = 2*math.Asin(math.Sqrt(p2)) - 2*math.Asin(math.Sqrt(p1))
		root = (critical + power) * math.Sqrt(1+1/r)
	case BaselineRates:
		root = critical*math.Sqrt(2*p1*(1-p1)) + power*math.Sqrt(p1*(1-p1)+p2*(1-p2))
	}
	return root / difference * (root / difference), nil
}

// PowerAt returns the chance to find an absolute difference with n units in the
// control, by unpooled errors; two-sided, the far tail counts as the test does. The
// error is an [*InputError].
func (p RatePlan) PowerAt(n, difference float64) (float64, error) {
	p, err := p.resolve()
	if err != nil {
		return 0, err
	}
	p2, err := p.treatment(difference)
	if err != nil {
		return 0, err
	}
	if !(n > 0) || !finite(n) {
		return 0, refuse("units", n, ErrBeyond)
	}
	return p.normalPower(difference / math.Sqrt(p.Baseline*(1-p.Baseline)/n+p2*(1-p2)/(n*p.Ratio))), nil
}

// normalPower returns the chance that a normal statistic of the given mean is
// beyond the critical value.
func (p Plan) normalPower(drift float64) float64 {
	return p.powerBeyond(normalQuantile(p.Alternative.tail(p.Alpha)), drift)
}

// powerBeyond is normalPower for another critical value.
func (p Plan) powerBeyond(critical, drift float64) float64 {
	if p.Alternative == Less {
		drift = -drift
	}
	power, _ := NormalTail(critical - drift)
	if p.Alternative == TwoSided {
		far, _ := NormalTail(critical + drift)
		power += far
	}
	return min(1, power)
}

// DetectableDifference returns the smallest absolute difference, upwards or for
// [Less] downwards, that n units in the control find with the power, by unpooled
// errors. The error is an [*InputError]; it matches [ErrBeyond] where no
// difference that the baseline leaves room for can be found.
func (p RatePlan) DetectableDifference(n float64) (float64, error) {
	p, err := p.resolve()
	if err != nil {
		return 0, err
	}
	if !(n > 0) || !finite(n) {
		return 0, refuse("units", n, ErrBeyond)
	}
	critical, power := p.quantiles()
	sign, room := 1.0, 1-p.Baseline
	if p.Alternative == Less {
		sign, room = -1, p.Baseline
	}
	// The far tail of the two-sided test is left out, as in SampleSize.
	missing := func(d float64) float64 {
		p2 := p.Baseline + sign*d
		return d - (critical+power)*math.Sqrt(p.Baseline*(1-p.Baseline)/n+max(0, p2*(1-p2))/(n*p.Ratio))
	}
	if missing(room) <= 0 {
		return 0, refuse("units", n, ErrBeyond)
	}
	return sign * bracketed(0, room, missing), nil
}

// MeanPlan plans a comparison of means.
type MeanPlan struct {
	Plan
	// StandardDeviation is that of a unit, in both arms.
	StandardDeviation float64
	// LargeSample uses the normal distribution instead of Student's.
	LargeSample bool
}

func (p MeanPlan) resolve() (MeanPlan, error) {
	var err error
	if p.Plan, err = p.Plan.resolve(); err != nil {
		return p, err
	}
	if !(p.StandardDeviation > 0) || !finite(p.StandardDeviation) {
		return p, refuse("standard deviation", p.StandardDeviation, ErrBeyond)
	}
	return p, nil
}

// power returns the power at n units in the control; n need not be whole.
func (p MeanPlan) power(n, difference float64) float64 {
	drift := difference / p.StandardDeviation * math.Sqrt(n*p.Ratio/(1+p.Ratio))
	df := n + n*p.Ratio - 2
	if p.LargeSample {
		return p.normalPower(drift)
	}
	if p.Alternative == Less {
		drift = -drift
	}
	critical := studentQuantile(p.Alternative.tail(p.Alpha), df)
	power := noncentralStudentTail(critical, df, drift)
	if p.Alternative == TwoSided {
		power += noncentralStudentTail(critical, df, -drift)
	}
	return min(1, power)
}

// PowerAt returns the chance to find a difference of means with n units in the
// control, three or more in all. The error is an [*InputError].
func (p MeanPlan) PowerAt(n, difference float64) (float64, error) {
	p, err := p.resolve()
	if err != nil {
		return 0, err
	}
	if !finite(difference) {
		return 0, refuse("difference", difference, ErrNotANumber)
	}
	if !finite(n) || !(n*(1+p.Ratio) >= 3) || !(n >= 1) || n > mostUnits {
		return 0, refuse("units", n, ErrBeyond)
	}
	return p.power(n, difference), nil
}

// mostUnits bounds plans: more people than there are.
const mostUnits = 1e11

// SampleSize returns how many units the control needs to find a difference of
// means, not rounded; the treatment needs Ratio times as many. The error is an
// [*InputError].
func (p MeanPlan) SampleSize(difference float64) (float64, error) {
	p, err := p.resolve()
	if err != nil {
		return 0, err
	}
	if !finite(difference) {
		return 0, refuse("difference", difference, ErrNotANumber)
	}
	if difference == 0 || p.Alternative == Less && difference > 0 || p.Alternative == Greater && difference < 0 {
		return 0, refuse("difference", difference, ErrBeyond)
	}
	critical, power := p.quantiles()
	root := (critical + power) * p.StandardDeviation / difference
	n := root * root * (1 + 1/p.Ratio)
	if !(n < mostUnits) {
		return 0, refuse("units", n, ErrBeyond)
	}
	if p.LargeSample {
		return n, nil
	}
	// Student's test needs a little more, but two-sided the far tail helps.
	least := max(1, 3/(1+p.Ratio))
	f := func(logN float64) float64 { return p.power(math.Exp(logN), difference) - p.Power }
	low := math.Log(least)
	if f(low) >= 0 {
		return least, nil
	}
	return math.Exp(bracketed(low, math.Log(max(n, least)*1.5+20), f)), nil
}

// DetectableDifference returns the smallest difference of means, downwards for
// [Less], that n units in the control find with the power. The error is an
// [*InputError].
func (p MeanPlan) DetectableDifference(n float64) (float64, error) {
	if _, err := p.PowerAt(n, 0); err != nil {
		return 0, err
	}
	p, err := p.resolve()
	if err != nil {
		return 0, err
	}
	sign := 1.0
	if p.Alternative == Less {
		sign = -1
	}
	unit := p.StandardDeviation * math.Sqrt((1+1/p.Ratio)/n)
	high := 8.0
	for p.power(n, sign*high*unit) < p.Power {
		high *= 2
	}
	return sign * unit * bracketed(0, high, func(d float64) float64 { return p.power(n, sign*d*unit) - p.Power }), nil
}
