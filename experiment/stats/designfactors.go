package stats

import "math"

// DesignEffect returns 1 + (size-1)·correlation: how many times as many units an
// experiment needs when clusters of that many units, alike by that intraclass
// correlation, are assigned as a whole. Kish (1965), 5.4; Donner & Klar (2000),
// 5.2. The error is an [*InputError].
func DesignEffect(clusterSize, correlation float64) (float64, error) {
	if !(clusterSize >= 1) || !finite(clusterSize) {
		return 0, refuse("cluster size", clusterSize, ErrBeyond)
	}
	if !(correlation >= -1 && correlation <= 1) {
		return 0, refuse("correlation", correlation, ErrBeyond)
	}
	effect := 1 + (clusterSize-1)*correlation
	if effect <= 0 {
		return 0, refuse("correlation", correlation, ErrBeyond)
	}
	return effect, nil
}

// CovariateFactor returns 1 - ρ²: the share of the variance, and so of the units,
// that is left with a covariate of that correlation ([CUPED]). The error is an
// [*InputError].
func CovariateFactor(correlation float64) (float64, error) {
	if !(correlation >= -1 && correlation <= 1) {
		return 0, refuse("correlation", correlation, ErrBeyond)
	}
	return 1 - correlation*correlation, nil
}

// PerTest returns the alpha to plan each of several tests with, so that they hold
// alpha together: alpha/tests for [Bonferroni] and its refinements [Holm],
// [Hochberg] and [Hommel], whose first step it is, and 1-(1-alpha)^(1/tests) for
// [Sidak] and [HolmSidak]. The false discovery rate has no such number. The error
// is an [*InputError].
func (procedure Procedure) PerTest(alpha float64, tests int) (float64, error) {
	alpha, err := alphaOr(alpha, 0.05)
	if err != nil {
		return 0, err
	}
	if tests < 1 {
		return 0, refuse("tests", float64(tests), ErrBeyond)
	}
	switch procedure {
	case Bonferroni, Holm, Hochberg, Hommel:
		return alpha / float64(tests), nil
	case Sidak, HolmSidak:
		return -math.Expm1(math.Log1p(-alpha) / float64(tests)), nil
	}
	return 0, refuse("procedure", float64(procedure), ErrBeyond)
}

// Noncentrality returns n·Σ (actual-weight)²/weight, what the chi-square statistic
// of the sample-ratio check exceeds its degrees of freedom by on average when n
// units fall into the arms by the actual shares. Cohen (1988), 7.2.
func (s SampleRatio) Noncentrality(weights, actual []float64, n float64) (float64, error) {
	if len(weights) != len(actual) || len(weights) < 2 {
		return 0, refuse("number of weights", float64(len(weights)), ErrShape)
	}
	if !(n > 0) || !finite(n) {
		return 0, refuse("units", n, ErrBeyond)
	}
	var weight, share float64
	for i := range weights {
		for _, x := range []struct {
			what  string
			value float64
		}{{"weight", weights[i]}, {"actual share", actual[i]}} {
			if !finite(x.value) {
				return 0, refuse(x.what, x.value, ErrNotANumber)
			}
			if x.value < 0 {
				return 0, refuse(x.what, x.value, ErrNegative)
			}
		}
		if weights[i] == 0 {
			return 0, refuse("weight", 0, ErrBeyond)
		}
		weight, share = weight+weights[i], share+actual[i]
	}
	if !finite(weight) || !finite(share) || share == 0 {
		return 0, refuse("sum of shares", share, ErrBeyond)
	}
	total := 0.0
	for i := range weights {
		d := actual[i]/share - weights[i]/weight
		total += d / (weights[i] / weight) * d
	}
	return n * total, nil
}

// Power returns the chance that the check finds a broken ratio when n units fall
// into the arms by the actual shares instead of the weights. The error is an
// [*InputError].
func (s SampleRatio) Power(weights, actual []float64, n float64) (float64, error) {
	alpha, err := alphaOr(s.Alpha, 0.01)
	if err != nil {
		return 0, err
	}
	noncentrality, err := s.Noncentrality(weights, actual, n)
	if err != nil {
		return 0, err
	}
	df := float64(len(weights) - 1)
	critical := 2 * Gamma{Shape: df / 2, Rate: 1}.Quantile(1-alpha)
	if noncentrality > 1e5 { // far beyond, where the mixture would take long
		p, _ := NormalTail((critical - df - noncentrality) / math.Sqrt(2*df+4*noncentrality))
		return p, nil
	}
	return noncentralChiSquareTail(critical, df, noncentrality), nil
}
