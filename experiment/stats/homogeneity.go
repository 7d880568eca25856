package stats

import (
	"fmt"
	"math"
)

// Homogeneity is the outcome of a test that k conversion rates are equal.
type Homogeneity struct {
	ChiSquare float64 `json:"chi_square"` // Pearson (1900)
	DF        float64 `json:"df"`
	P         float64 `json:"p"`
	LogP      float64 `json:"log_p"`
	// G is the likelihood-ratio statistic with its p value. Wilks (1938).
	G     float64 `json:"g"`
	GP    float64 `json:"g_p"`
	LogGP float64 `json:"log_g_p"`
	// CramersV is the strength of the association, 0 to 1. Cramér (1946), 21.9.
	CramersV float64   `json:"cramers_v"`
	Warnings []Warning `json:"warnings,omitempty"`
}

// EqualRates tests that all arms convert alike, without continuity correction. A
// significant result says that some arm differs, not which. The error is an
// [*InputError].
func EqualRates(arms ...Proportion) (Homogeneity, error) {
	if len(arms) < 2 {
		return Homogeneity{}, refuse("number of arms", float64(len(arms)), ErrShape)
	}
	successes, trials := 0.0, 0.0
	for i, a := range arms {
		if err := a.check(fmt.Sprintf("arms[%d]", i)); err != nil {
			return Homogeneity{}, err
		}
		successes += float64(a.Successes)
		trials += float64(a.Trials)
	}
	rate := successes / trials
	if rate == 0 || rate == 1 {
		return Homogeneity{}, refuse("common rate", rate, ErrZeroVariance)
	}
	h := Homogeneity{DF: float64(len(arms) - 1)}
	small := false
	for _, a := range arms {
		for _, cell := range [2][2]float64{
			{float64(a.Successes), float64(a.Trials) * rate},
			{float64(a.Trials - a.Successes), float64(a.Trials) * (1 - rate)},
		} {
			observed, expected := cell[0], cell[1]
			h.ChiSquare += (observed - expected) / expected * (observed - expected)
			if observed > 0 {
				h.G += 2 * observed * math.Log(observed/expected)
			}
			small = small || expected < 5
		}
	}
	h.G = max(0, h.G)
	h.P, h.LogP = ChiSquareTail(h.ChiSquare, h.DF)
	h.GP, h.LogGP = ChiSquareTail(h.G, h.DF)
	h.CramersV = math.Sqrt(h.ChiSquare / trials)
	if small {
		h.Warnings = append(h.Warnings, Warning{SmallExpected, "a cell should have fewer than 5 units; the chi-square approximation is rough"})
	}
	return h, nil
}
