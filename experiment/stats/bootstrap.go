package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Bootstrap finds the interval of any statistic of two arms by drawing the arms
// again from themselves. The same seed gives the same interval on every machine.
// Efron & Tibshirani (1993). The zero value is the BCa interval of the difference
// of means at 95 % from 10,000 resamples.
type Bootstrap struct {
	Alpha     float64 // 0 means 0.05
	Resamples int     // 0 means 10,000
	Seed      uint64
	// Percentile takes the quantiles of the resamples as they are, without the
	// correction of bias and skewness. Efron (1979).
	Percentile bool
	// Statistic is what is estimated; nil means [MeanDifference]. It must not
	// change or keep its arguments.
	Statistic func(control, treatment []float64) float64
}

// BootstrapResult is the outcome of a [Bootstrap].
type BootstrapResult struct {
	Estimate      float64 `json:"estimate"`
	StandardError float64 `json:"standard_error"`
	Lower         float64 `json:"lower"`
	Upper         float64 `json:"upper"`
	// Bias is the mean of the resamples less the estimate.
	Bias     float64   `json:"bias"`
	Warnings []Warning `json:"warnings,omitempty"`
}

// MeanDifference returns the mean of the treatment less that of the control.
func MeanDifference(control, treatment []float64) float64 {
	return mean(treatment) - mean(control)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, x := range values {
		sum += x
	}
	return sum / float64(len(values))
}

// Interval returns the estimate and its interval. O(resamples·n); BCa adds n
// evaluations of the statistic, the jackknife. The error is an [*InputError]; a
// statistic that is no number on the data or on a resample is refused.
func (b Bootstrap) Interval(control, treatment []float64) (BootstrapResult, error) {
	alpha, err := alphaOr(b.Alpha, 0.05)
	if err != nil {
		return BootstrapResult{}, err
	}
	resamples := b.Resamples
	if resamples == 0 {
		resamples = 10_000
	}
	if resamples < 2 || resamples > mostResamples {
		return BootstrapResult{}, refuse("resamples", float64(resamples), ErrBeyond)
	}
	if err := checkValues("control", control); err != nil {
		return BootstrapResult{}, err
	}
	if err := checkValues("treatment", treatment); err != nil {
		return BootstrapResult{}, err
	}
	statistic := b.Statistic
	if statistic == nil {
		statistic = MeanDifference
	}
	r := BootstrapResult{Estimate: statistic(control, treatment)}
	if !finite(r.Estimate) {
		return BootstrapResult{}, refuse("statistic", r.Estimate, ErrNotANumber)
	}
	draws := make([]float64, resamples)
	random := rand.New(rand.NewPCG(b.Seed, 0))
	a, t := make([]float64, len(control)), make([]float64, len(treatment))
	var m Moments
	for i := range draws {
		draw(random, a, control)
		draw(random, t, treatment)
		draws[i] = statistic(a, t)
		if !finite(draws[i]) {
			return BootstrapResult{}, refuse("statistic of a resample", draws[i], ErrNotANumber)
		}
		m.Add(draws[i])
	}
	slices.Sort(draws)
	r.StandardError, r.Bias = math.Sqrt(m.Variance()), m.Mean-r.Estimate
	if draws[0] == draws[len(draws)-1] {
		return BootstrapResult{}, refuse("variance of the resamples", 0, ErrZeroVariance)
	}
	lower, upper := alpha/2, 1-alpha/2
	if !b.Percentile {
		bias, acceleration, err := b.correction(draws, r.Estimate, control, treatment, statistic)
		if err != nil {
			return BootstrapResult{}, err
		}
		if math.IsInf(bias, 0) {
			r.Warnings = append(r.Warnings, Warning{SmallSample, "every resample lies on one side of the estimate; the interval is the percentile one"})
		} else {
			lower, upper = corrected(alpha/2, bias, acceleration), corrected(1-alpha/2, bias, acceleration)
		}
	}
	r.Lower, r.Upper = interpolate(draws, lower), interpolate(draws, upper)
	if least := min(len(control), len(treatment)); least < 20 {
		r.Warnings = append(r.Warnings, Warning{SmallSample, "fewer than 20 values in an arm; the bootstrap then covers too little"})
	}
	return r, nil
}

const mostResamples = 100_000_000

// draw fills into with values drawn with replacement.
func draw(random *rand.Rand, into, values []float64) {
	n := uint64(len(values))
	for i := range into {
		into[i] = values[random.Uint64N(n)]
	}
}

// correction returns the bias in standard deviations and the acceleration, from
// the jackknife over both arms. Efron (1987), equations 2.8 and 6.6; for two
// samples each arm's influence is in proportion to 1/n.
func (b Bootstrap) correction(sorted []float64, estimate float64, control, treatment []float64, statistic func(a, b []float64) float64) (bias, acceleration float64, err error) {
	below, _ := slices.BinarySearch(sorted, estimate)
	equal := 0
	for i := below; i < len(sorted) && sorted[i] == estimate; i++ {
		equal++
	}
	share := (float64(below) + float64(equal)/2) / float64(len(sorted))
	switch share {
	case 0, 1:
		return math.Inf(1), 0, nil
	}
	bias = -normalQuantile(share)
	cubes, squares := 0.0, 0.0
	for arm, values := range [][]float64{control, treatment} {
		without := make([]float64, len(values)-1)
		left := make([]float64, len(values))
		copy(without, values[1:])
		for i := range values {
			if i > 0 {
				without[i-1] = values[i-1]
			}
			if arm == 0 {
				left[i] = statistic(without, treatment)
			} else {
				left[i] = statistic(control, without)
			}
			if !finite(left[i]) {
				return 0, 0, refuse("statistic without one value", left[i], ErrNotANumber)
			}
		}
		center, n := mean(left), float64(len(left))
		for _, x := range left {
			influence := (n - 1) / n * (center - x)
			squares += influence * influence
			cubes += influence * influence * influence
		}
	}
	if squares > 0 {
		acceleration = cubes / (6 * squares * math.Sqrt(squares))
	}
	return bias, acceleration, nil
}

// corrected returns the level at which the resamples' quantile is taken.
func corrected(level, bias, acceleration float64) float64 {
	z := bias - normalQuantile(level)
	p, _ := NormalTail(-(bias + z/(1-acceleration*z)))
	if math.IsNaN(p) {
		return level
	}
	return p
}
