package bandit

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// LinUCB chooses by context: each arm's reward is taken to be linear in a vector
// of features, and every doubt about it is in the arm's favor. Li, Chu, Langford
// & Schapire (2010), algorithm 1, with one model for each arm.
type LinUCB struct {
	width  float64
	models []ridge
}

// ridge is a linear model that learns one row at a time.
type ridge struct {
	inverse [][]float64 // of the ridge plus Σ x·x'
	sum     []float64   // Σ reward·x
}

// NewLinUCB returns a bandit of so many arms and features. width is how many
// standard errors of doubt count, such as 1; more explores more. The error is a
// [*stats.InputError].
func NewLinUCB(arms, features int, width float64) (*LinUCB, error) {
	if arms < 1 || arms > 10_000 {
		return nil, refuse("arms", float64(arms))
	}
	if features < 1 || features > 1000 {
		return nil, refuse("features", float64(features))
	}
	if !(width >= 0) || math.IsInf(width, 1) {
		return nil, refuse("width", width)
	}
	l := &LinUCB{width: width, models: make([]ridge, arms)}
	for i := range l.models {
		m := &l.models[i]
		m.sum = make([]float64, features)
		m.inverse = make([][]float64, features)
		for j := range m.inverse {
			m.inverse[j] = make([]float64, features)
			m.inverse[j][j] = 1
		}
	}
	return l, nil
}

func (l *LinUCB) check(context []float64) error {
	if len(context) != len(l.models[0].sum) {
		return fmt.Errorf("bandit: %w", &stats.InputError{What: "number of features", Value: float64(len(context)), Err: stats.ErrShape})
	}
	for i, x := range context {
		if !(math.Abs(x) <= 1e6) {
			return refuse(fmt.Sprintf("context[%d]", i), x)
		}
	}
	return nil
}

// Choose returns the index of the arm to pull in the context. O(arms·features²).
// The error is a [*stats.InputError].
func (l *LinUCB) Choose(context []float64) (int, error) {
	if err := l.check(context); err != nil {
		return 0, err
	}
	return largest(len(l.models), func(i int) float64 {
		expected, variance := l.models[i].predict(context)
		return expected + l.width*math.Sqrt(variance)
	}), nil
}

// Expected returns the reward that an arm is expected to bring in the context.
func (l *LinUCB) Expected(arm int, context []float64) (float64, error) {
	if arm < 0 || arm >= len(l.models) {
		return 0, refuse("arm", float64(arm))
	}
	if err := l.check(context); err != nil {
		return 0, err
	}
	expected, _ := l.models[arm].predict(context)
	return expected, nil
}

// Observe learns the reward, between 0 and 1, of an arm that was pulled in the
// context. O(features²). The error is a [*stats.InputError], and then nothing is
// learned.
func (l *LinUCB) Observe(arm int, context []float64, reward float64) error {
	if arm < 0 || arm >= len(l.models) {
		return refuse("arm", float64(arm))
	}
	if !(reward >= 0 && reward <= 1) {
		return refuse("reward", reward)
	}
	if err := l.check(context); err != nil {
		return err
	}
	l.models[arm].learn(context, reward)
	return nil
}

// spread returns the product of the inverse and x.
func (m *ridge) spread(x []float64) []float64 {
	out := make([]float64, len(x))
	for i, row := range m.inverse {
		for j, v := range row {
			out[i] += float64(v * x[j])
		}
	}
	return out
}

// predict returns the expectation and its variance in units of the noise.
func (m *ridge) predict(x []float64) (expected, variance float64) {
	s := m.spread(x)
	for i := range x {
		expected += float64(s[i] * m.sum[i])
		variance += float64(s[i] * x[i])
	}
	return expected, max(0, variance)
}

// learn updates the inverse by Sherman & Morrison (1950).
func (m *ridge) learn(x []float64, reward float64) {
	s := m.spread(x)
	scale := 1.0
	for i := range x {
		scale += float64(s[i] * x[i])
		m.sum[i] += float64(reward * x[i])
	}
	for i := range s {
		for j := range s {
			m.inverse[i][j] -= float64(s[i]*s[j]) / scale
		}
	}
}
