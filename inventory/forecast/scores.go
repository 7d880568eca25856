package forecast

import (
	"fmt"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// Coverage returns the share of actual values that lie within the interval,
// ends included.
func Coverage(actual []float64, v Interval) (float64, error) {
	if err := checkPairs(actual, v.Lower, v.Upper); err != nil {
		return 0, err
	}
	inside := 0
	for i, y := range actual {
		if v.Lower[i] <= y && y <= v.Upper[i] {
			inside++
		}
	}
	return float64(inside) / float64(len(actual)), nil
}

// IntervalScore returns the mean scaled interval score (MSIS): the width of the
// interval plus 2/(1 - level) times the distance of each actual value outside
// of it, averaged and divided by the mean absolute seasonal change of the
// training series. Smaller is better (Gneiting & Raftery, 2007, equation 43;
// Makridakis, Spiliotis & Assimakopoulos, 2020). It is absent where the
// training series does not change.
func IntervalScore(training Series, actual []float64, v Interval) (Measure, error) {
	if err := checkPairs(actual, v.Lower, v.Upper); err != nil {
		return Measure{}, err
	}
	if err := training.check(); err != nil {
		return Measure{}, err
	}
	if !(v.Level > 0 && v.Level < 1) {
		return Measure{}, &SettingError{Model: "IntervalScore", Setting: "level", Value: v.Level, Want: "between 0 and 1"}
	}
	sum := 0.0
	for i, y := range actual {
		outside := math.Max(v.Lower[i]-y, 0) + math.Max(y-v.Upper[i], 0)
		sum += v.Upper[i] - v.Lower[i] + float64(2/(1-v.Level)*outside)
	}
	scale, _, n := changes(training.Values, training.season())
	if n == 0 {
		return Measure{}, nil
	}
	return ratio(sum/float64(len(actual)), scale/float64(n)), nil
}

// Pinball returns the mean quantile loss of forecasts of the tau-quantile:
// tau·(y - q) above it and (1 - tau)·(q - y) below (Koenker & Bassett, 1978).
func Pinball(actual, quantile []float64, tau float64) (float64, error) {
	if err := checkPairs(actual, quantile); err != nil {
		return 0, err
	}
	if !(tau > 0 && tau < 1) {
		return 0, &SettingError{Model: "Pinball", Setting: "tau", Value: tau, Want: "between 0 and 1"}
	}
	sum := 0.0
	for i, y := range actual {
		e := y - quantile[i]
		sum += math.Max(float64(tau*e), float64((tau-1)*e))
	}
	return sum / float64(len(actual)), nil
}

// NormalCRPS returns the continuous ranked probability score of a normal
// forecast: the distance between it and what happened, in units of the data
// (Gneiting & Raftery, 2007, equation 21). A deviation of zero gives the
// absolute error.
func NormalCRPS(actual, mean, sd float64) (float64, error) {
	if err := checkPairs([]float64{actual}, []float64{mean}); err != nil {
		return 0, err
	}
	if !(sd >= 0 && sd <= MaxMagnitude) {
		return 0, &SettingError{Model: "NormalCRPS", Setting: "sd", Value: sd, Want: "0 or more"}
	}
	distance := math.Abs(actual - mean)
	if sd == 0 || distance/sd > 1e8 {
		return distance, nil
	}
	z := distance / sd
	// z·(2Φ(z) - 1) + 2φ(z) - 1/√π
	return sd * (float64(z*(1-2*normal.Upper(z))) + 2*normal.Density(z) - 1/math.Sqrt(math.Pi)), nil
}

// SampleCRPS returns the continuous ranked probability score of a forecast
// given as equally likely values: E|X - y| - E|X - X'|/2 (Gneiting & Raftery,
// 2007, equation 20). O(n log n).
func SampleCRPS(actual float64, sample []float64) (float64, error) {
	if len(sample) == 0 {
		return 0, fmt.Errorf("forecast: SampleCRPS: empty sample: %w", flywheel.ErrInvalid)
	}
	for _, values := range [][]float64{{actual}, sample} {
		if err := (&Series{ID: "sample", Values: values}).check(); err != nil {
			return 0, err
		}
	}
	sorted := slices.Sorted(slices.Values(sample))
	n := float64(len(sorted))
	distance, spread := 0.0, 0.0
	for i, x := range sorted {
		distance += math.Abs(x - actual)
		// Σ|X - X'| over pairs i < j is Σ x(i)·(2i + 1 - n) in order.
		spread += float64(x * (float64(2*i+1) - n))
	}
	return distance/n - spread/(n*n), nil
}
