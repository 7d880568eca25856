package market

import "math"

// Breakout compares how often something happened lately with how often before.
type Breakout struct {
	// Ratio is the recent rate over the reference rate, nil where nothing happened
	// in the reference.
	Ratio *float64
	// Lower and Upper bound the ratio with 95 % confidence; Upper is nil where the
	// data set no bound.
	Lower float64
	Upper *float64
	// PUp is the chance of so many recent events or more if the rate is the same.
	PUp float64
}

// FindBreakout compares counts of events, such as units sold, over two stretches
// of days that do not overlap. Given the total, the recent count is binomial with
// the share of its days: the test is exact and the interval Clopper and Pearson's
// (1934). Przyborowski and Wilenski (1940). Without any event there is nothing to
// compare, which is an error.
func FindBreakout(recent, recentDays, reference, referenceDays float64) (Breakout, error) {
	for _, f := range []struct {
		what  string
		value float64
		least float64
	}{{"recent count", recent, 0}, {"recent days", recentDays, 1e-9}, {"reference count", reference, 0}, {"reference days", referenceDays, 1e-9}} {
		if !(f.value >= f.least && f.value <= 1e12) {
			return Breakout{}, refuse(f.what, f.value, ErrRange)
		}
	}
	if recent != math.Trunc(recent) || reference != math.Trunc(reference) {
		return Breakout{}, refuse("count", [2]float64{recent, reference}, ErrInput)
	}
	n := recent + reference
	if n == 0 {
		return Breakout{}, refuse("events", n, ErrInput)
	}
	p := recentDays / (recentDays + referenceDays)
	b := Breakout{PUp: 1}
	if recent > 0 {
		b.PUp = betaLower(p, recent, n-recent+1)
	}
	exposure := referenceDays / recentDays
	if reference > 0 {
		r := recent / reference * exposure
		b.Ratio = &r
		up := betaQuantile(0.975, recent+1, reference)
		u := up / (1 - up) * exposure
		b.Upper = &u
	}
	if recent > 0 {
		low := betaQuantile(0.025, recent, reference+1)
		b.Lower = low / (1 - low) * exposure
	}
	return b, nil
}
