package bandit

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Floor returns the weights with no share below least: what the small arms gain
// the others lose in proportion to what they have above it. Shares that never
// vanish keep a batched bandit learning and its logs of use to [Evaluate]. The
// weights are taken in proportion. The error is a [*stats.InputError].
func Floor(weights []float64, least float64) ([]float64, error) {
	n := float64(len(weights))
	if n == 0 {
		return nil, fmt.Errorf("bandit: %w", &stats.InputError{What: "number of weights", Err: stats.ErrShape})
	}
	if !(least >= 0 && least*n <= 1+1e-12) {
		return nil, refuse("least weight", least)
	}
	sum := 0.0
	for i, w := range weights {
		if !(w >= 0) || math.IsInf(w, 1) {
			return nil, refuse(fmt.Sprintf("weights[%d]", i), w)
		}
		sum += w
	}
	if !(sum > 0) || math.IsInf(sum, 1) {
		return nil, refuse("sum of weights", sum)
	}
	floored := make([]float64, len(weights))
	above := 0.0
	for i, w := range weights {
		floored[i] = w / sum
		above += max(0, floored[i]-least)
	}
	free := max(0, 1-n*least)
	for i, w := range floored {
		floored[i] = least
		if above > 0 {
			floored[i] += max(0, w-least) / above * free
		}
	}
	return floored, nil
}
