package bandit

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Arm is what is known of one arm. The zero value is untried.
type Arm struct {
	Pulls  float64 `json:"pulls"`  // how often it was chosen; not whole after [Decay]
	Reward float64 `json:"reward"` // the sum of its rewards
}

// Observe counts a reward between 0 and 1. The error is a [*stats.InputError], and
// then nothing is counted.
func (a *Arm) Observe(reward float64) error {
	if !(reward >= 0 && reward <= 1) {
		return refuse("reward", reward)
	}
	a.Pulls++
	a.Reward += reward
	return nil
}

// Mean returns the average reward, 0 before the first.
func (a Arm) Mean() float64 {
	if a.Pulls == 0 {
		return 0
	}
	return a.Reward / a.Pulls
}

// Decay multiplies all counts by factor, between 0 and 1, so that what lies n
// decays back weighs factor^n: with a daily factor of 0.9 the last ten days or so
// count. Garivier & Moulines (2011), the discounted policy. The error is a
// [*stats.InputError].
func Decay(arms []Arm, factor float64) error {
	if !(factor >= 0 && factor <= 1) {
		return refuse("decay factor", factor)
	}
	for i := range arms {
		arms[i].Pulls *= factor
		arms[i].Reward *= factor
	}
	return nil
}

func refuse(what string, value float64) error {
	kind := stats.ErrBeyond
	if math.IsNaN(value) || math.IsInf(value, 0) {
		kind = stats.ErrNotANumber
	}
	return fmt.Errorf("bandit: %w", &stats.InputError{What: what, Value: value, Err: kind})
}

// check refuses an empty list and counts that no rewards can have made.
func check(arms []Arm) error {
	if len(arms) == 0 {
		return fmt.Errorf("bandit: %w", &stats.InputError{What: "number of arms", Err: stats.ErrShape})
	}
	for i, a := range arms {
		if !(a.Pulls >= 0 && a.Pulls <= 1e9) {
			return refuse(fmt.Sprintf("arms[%d] pulls", i), a.Pulls)
		}
		if !(a.Reward >= 0 && a.Reward <= a.Pulls*(1+1e-9)) {
			return refuse(fmt.Sprintf("arms[%d] reward", i), a.Reward)
		}
	}
	return nil
}

// total returns how often all arms were chosen.
func total(arms []Arm) float64 {
	sum := 0.0
	for _, a := range arms {
		sum += a.Pulls
	}
	return sum
}

// largest returns the index of the largest score, the first of equals.
func largest(n int, score func(i int) float64) int {
	best, most := 0, math.Inf(-1)
	for i := range n {
		if s := score(i); s > most {
			best, most = i, s
		}
	}
	return best
}
