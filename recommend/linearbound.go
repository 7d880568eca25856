package recommend

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// LinearBound expects the reward of an item to be linear in its features, and gives
// every doubt in its favor: LinUCB with one model for all items (Li et al. 2010, section
// 3.1, with shared coefficients). It belongs to one goroutine at a time.
type LinearBound struct {
	width   float64
	inverse []float64 // (I + Σ x·xᵀ)⁻¹
	sum     []float64 // Σ reward·x
	scratch []float64
}

// NewLinearBound returns a model that has seen nothing. features is 1 to 1,024; width
// is how many deviations the bound lies above the expectation, at least 0: 1 is usual.
func NewLinearBound(features int, width float64) (*LinearBound, error) {
	if features < 1 || features > 1024 {
		return nil, paramError("LinearBound", "features", features)
	}
	if !positive(width) {
		return nil, paramError("LinearBound", "width", width)
	}
	l := &LinearBound{width: width, inverse: make([]float64, features*features), sum: make([]float64, features), scratch: make([]float64, features)}
	for i := range features {
		l.inverse[i*features+i] = 1
	}
	return l, nil
}

func (l *LinearBound) check(features []float64) error {
	if len(features) != len(l.sum) {
		return fmt.Errorf("recommend: %d features, want %d: %w", len(features), len(l.sum), flywheel.ErrInvalid)
	}
	for i, x := range features {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("recommend: feature %d: %v: %w", i, x, flywheel.ErrInvalid)
		}
	}
	return nil
}

// times sets scratch to inverse·x.
func (l *LinearBound) times(x []float64) {
	n := len(x)
	for i := range n {
		var s float64
		for j, v := range x {
			s += float64(l.inverse[i*n+j] * v)
		}
		l.scratch[i] = s
	}
}

// Observe learns the reward of features. O(features²).
func (l *LinearBound) Observe(features []float64, reward float64) error {
	if err := l.check(features); err != nil {
		return err
	}
	if math.IsNaN(reward) || math.IsInf(reward, 0) {
		return fmt.Errorf("recommend: reward %v: %w", reward, flywheel.ErrInvalid)
	}
	l.times(features)
	n := len(features)
	scale := 1.0
	for i, v := range features {
		scale += float64(v * l.scratch[i])
	}
	for i := range n {
		for j := range n {
			l.inverse[i*n+j] -= float64(l.scratch[i]*l.scratch[j]) / scale
		}
		l.sum[i] += float64(reward * features[i])
	}
	return nil
}

// Bound returns the expected reward of features plus width deviations.
func (l *LinearBound) Bound(features []float64) (float64, error) {
	if err := l.check(features); err != nil {
		return 0, err
	}
	l.times(features)
	var mean, variance float64
	for i, v := range features {
		mean += float64(l.sum[i] * l.scratch[i]) // sumᵀ·inverse·x, inverse being symmetric
		variance += float64(v * l.scratch[i])
	}
	return mean + float64(l.width*math.Sqrt(max(0, variance))), nil
}
