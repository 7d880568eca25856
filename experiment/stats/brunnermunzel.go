package stats

import (
	"math"
	"slices"
)

// BrunnerMunzel asks whether the chance that a random unit of the treatment
// exceeds one of the control differs from one half. Unlike the [UTest] it does
// not take the distributions to be equal but for a shift. Brunner & Munzel
// (2000). The zero value is the two-sided test at 5 %.
type BrunnerMunzel struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
}

// Test compares the values, which it leaves as they are. Estimate and interval
// are of the chance less one half. O(n log n). The error is an [*InputError].
func (t BrunnerMunzel) Test(control, treatment []float64) (Effect, error) {
	alpha, err := alphaOr(t.Alpha, 0.05)
	if err != nil {
		return Effect{}, err
	}
	if err := t.Alternative.check(); err != nil {
		return Effect{}, err
	}
	if err := checkValues("control", control); err != nil {
		return Effect{}, err
	}
	if err := checkValues("treatment", treatment); err != nil {
		return Effect{}, err
	}
	a, b := slices.Sorted(slices.Values(control)), slices.Sorted(slices.Values(treatment))
	placement := func(own, other []float64) (Moments, float64) {
		all, _ := ranks(other, own)
		inner, _ := ranks(nil, own)
		var m Moments
		for i := range all {
			m.Add(all[i] - inner[i]) // how many of the other arm lie below
		}
		return m, float64(len(other))
	}
	ofA, nb := placement(a, b)
	ofB, na := placement(b, a)
	va, vb := ofA.Variance()/(nb*nb*na), ofB.Variance()/(na*na*nb)
	if va+vb == 0 {
		return Effect{}, refuse("variance of the ranks", 0, ErrZeroVariance)
	}
	df := satterthwaite(va, int64(len(a)), vb, int64(len(b)))
	y := student(alpha, df, 0, t.Alternative, Fieller)
	return y.symmetric(ofB.Mean/na-0.5, math.Sqrt(va+vb), 0, df), nil
}
