package stats

import "math"

// SampleRatio asks whether the arms have the sizes that their weights promise.
// When they do not, something loses or duplicates units (redirects, bots,
// logging) and no other result of the experiment can be trusted. Fabijan et al.
// (2019) describe causes and remedies.
type SampleRatio struct {
	// Alpha below which the ratio counts as broken; 0 means 0.01. The check
	// stands before every reading, so it should seldom cry wolf.
	Alpha float64
}

// SampleRatioResult is the outcome of a sample-ratio check.
type SampleRatioResult struct {
	ChiSquare float64   `json:"chi_square"` // Pearson's statistic
	DF        float64   `json:"df"`         // arms with a weight, less one
	P         float64   `json:"p"`
	LogP      float64   `json:"-"`        // natural logarithm of P
	Expected  []float64 `json:"expected"` // units that each arm should have
	Alpha     float64   `json:"alpha"`
	Mismatch  bool      `json:"mismatch"` // P < Alpha
	Warnings  []Warning `json:"warnings,omitempty"`
}

// Test compares the observed sizes with the weights. Weights that do not sum to one are taken in
// proportion, with the warning [WeightsScaled].
// An arm of weight zero must be empty, else the ratio is broken beyond doubt
// (P is zero and LogP -Inf): it takes no part in the statistic. The error is an
// [*InputError].
func (s SampleRatio) Test(observed []int64, weights []float64) (SampleRatioResult, error) {
	alpha, err := alphaOr(s.Alpha, 0.01)
	if err != nil {
		return SampleRatioResult{}, err
	}
	a, err := allocationOf(observed, weights)
	if err != nil {
		return SampleRatioResult{}, err
	}
	r := SampleRatioResult{DF: float64(a.arms - 1), Alpha: alpha, Expected: make([]float64, len(weights))}
	small := false
	for i, w := range weights {
		if w == 0 {
			continue
		}
		expected := a.total * (w / a.weight)
		d := float64(observed[i]) - expected
		r.Expected[i] = expected
		if expected > 0 {
			r.ChiSquare += d / expected * d
		}
		small = small || expected < 5
	}
	r.Warnings = a.warnings()
	r.P, r.LogP = ChiSquareTail(r.ChiSquare, r.DF)
	if a.stray {
		r.P, r.LogP = 0, math.Inf(-1)
	}
	r.Mismatch = r.P < alpha
	if small {
		r.Warnings = append(r.Warnings, Warning{SmallExpected, "an arm should have fewer than 5 units; the chi-square approximation is rough"})
	}
	return r, nil
}
