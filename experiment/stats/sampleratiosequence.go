package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
)

// SampleRatioSequence watches the sizes of the arms from the first unit on: the
// chance that it ever raises a false alarm is at most alpha, however often it
// looks. It is the test of Lindon & Malek (2022), equation 4: a mixture of all
// possible ratios, centered on the weights, against the weights. The zero value
// of the parameters is alpha 0.01 and concentration 100.
type SampleRatioSequence struct {
	Alpha float64
	// Concentration says how close to the weights a broken ratio is thought to
	// lie: 100 finds deviations of some per cent of a share soonest.
	Concentration float64

	most float64 // the largest evidence so far, at least 0
}

// SampleRatioEvidence is the state of the watch after one look.
type SampleRatioEvidence struct {
	// LogBayesFactor says how much likelier the present sizes are under some
	// other ratio, as a natural logarithm.
	LogBayesFactor float64 `json:"log_bayes_factor"`
	// PNow is the p value of the present sizes alone.
	PNow float64 `json:"p_now"`
	// P is the smallest p value so far; it is valid at every look.
	P        float64 `json:"p"`
	Mismatch bool    `json:"mismatch"` // P < alpha

	Warnings []Warning `json:"warnings,omitempty"`
}

// MarshalJSON writes infinities, which JSON does not have, as null.
func (e SampleRatioEvidence) MarshalJSON() ([]byte, error) {
	type plain SampleRatioEvidence
	return json.Marshal(struct {
		plain
		LogBayesFactor *float64 `json:"log_bayes_factor"`
	}{plain(e), number(e.LogBayesFactor)})
}

// Look takes the sizes of the arms up to now. An arm of weight zero must be empty,
// else the ratio is broken beyond doubt. The error is an [*InputError], and the
// look then does not count.
func (s *SampleRatioSequence) Look(observed []int64, weights []float64) (SampleRatioEvidence, error) {
	alpha, err := alphaOr(s.Alpha, 0.01)
	if err != nil {
		return SampleRatioEvidence{}, err
	}
	concentration := s.Concentration
	if concentration == 0 {
		concentration = 100
	}
	if !(concentration >= 1e-6 && concentration <= 1e12) {
		return SampleRatioEvidence{}, refuse("concentration", concentration, ErrBeyond)
	}
	a, err := allocationOf(observed, weights)
	if err != nil {
		return SampleRatioEvidence{}, err
	}
	e := SampleRatioEvidence{Warnings: a.warnings()}
	if a.stray {
		e.LogBayesFactor = math.Inf(1)
	} else {
		e.LogBayesFactor = -logGammaRise(concentration, a.total)
		for i, w := range weights {
			if w > 0 {
				share, n := w/a.weight, float64(observed[i])
				e.LogBayesFactor += logGammaRise(concentration*share, n) - n*math.Log(share)
			}
		}
	}
	s.most = max(s.most, e.LogBayesFactor)
	e.PNow, e.P = min(1, math.Exp(-e.LogBayesFactor)), math.Exp(-s.most)
	e.Mismatch = e.P < alpha
	return e, nil
}

// allocation is what the checks of the sample ratio need of sizes and weights.
type allocation struct {
	total, weight float64 // over the arms with a weight
	arms          int
	stray         bool // an arm without a weight has units
}

// leastShare bounds the weights: an arm with less would never see anybody.
const leastShare = 1e-12

func allocationOf(observed []int64, weights []float64) (allocation, error) {
	if len(observed) != len(weights) || len(observed) < 2 {
		return allocation{}, refuse("number of weights", float64(len(weights)), ErrShape)
	}
	var a allocation
	for i, w := range weights {
		switch {
		case !finite(w):
			return allocation{}, refuse(fmt.Sprintf("weights[%d]", i), w, ErrNotANumber)
		case w < 0:
			return allocation{}, refuse(fmt.Sprintf("weights[%d]", i), w, ErrNegative)
		case observed[i] < 0:
			return allocation{}, refuse(fmt.Sprintf("observed[%d]", i), float64(observed[i]), ErrNegative)
		case observed[i] > mostCount:
			return allocation{}, refuse(fmt.Sprintf("observed[%d]", i), float64(observed[i]), ErrBeyond)
		}
		if w > 0 {
			a.arms++
			a.total += float64(observed[i])
			a.weight += w
		}
		a.stray = a.stray || w == 0 && observed[i] > 0
	}
	switch {
	case a.arms < 2:
		return allocation{}, refuse("number of arms with a weight", float64(a.arms), ErrShape)
	case !finite(a.weight):
		return allocation{}, refuse("sum of weights", a.weight, ErrNotANumber)
	case slices.ContainsFunc(weights, func(w float64) bool { return w > 0 && w/a.weight < leastShare }):
		return allocation{}, refuse("smallest weight as a share", slices.Min(weights)/a.weight, ErrBeyond)
	case a.total == 0 && !a.stray:
		return allocation{}, refuse("observed units", 0, ErrEmptyArm)
	}
	return a, nil
}

// warnings reports that the weights do not sum to one.
func (a allocation) warnings() []Warning {
	if math.Abs(a.weight-1) <= 1e-6 {
		return nil
	}
	return []Warning{{WeightsScaled, fmt.Sprintf("the weights sum to %v; they are taken in proportion", a.weight)}}
}
