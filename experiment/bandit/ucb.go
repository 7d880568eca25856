package bandit

import (
	"math"
	"math/rand/v2"
)

// UCB1 chooses the arm whose mean reward is largest when every doubt is in its
// favor: mean + √(2·ln t/n). Auer, Cesa-Bianchi & Fischer (2002), figure 1. Its
// bound holds for any rewards in [0, 1] and is wide; [KLUCB] earns more.
type UCB1 struct{}

// Choose returns the index of the arm to pull: first each untried one, then the
// largest index. The error is a [*stats.InputError].
func (UCB1) Choose(arms []Arm) (int, error) {
	if err := check(arms); err != nil {
		return 0, err
	}
	logT := math.Log(max(1, total(arms)))
	return largest(len(arms), func(i int) float64 {
		a := arms[i]
		if a.Pulls == 0 {
			return math.Inf(1)
		}
		return a.Mean() + math.Sqrt(2*logT/a.Pulls)
	}), nil
}

// KLUCB is the optimism of UCB1 by the tightest bound for conversions: the largest
// rate q with n·kl(mean, q) <= ln t. Garivier & Cappé (2011), algorithm 1 with
// c = 0.
type KLUCB struct{}

// Choose returns the index of the arm to pull: first each untried one, then the
// largest index. The error is a [*stats.InputError].
func (KLUCB) Choose(arms []Arm) (int, error) {
	if err := check(arms); err != nil {
		return 0, err
	}
	logT := math.Log(max(1, total(arms)))
	return largest(len(arms), func(i int) float64 {
		if arms[i].Pulls == 0 {
			return math.Inf(1)
		}
		return klBound(min(1, arms[i].Mean()), logT/arms[i].Pulls)
	}), nil
}

// klBound returns the largest q >= p with kl(p, q) <= limit, by Newton's method on
// the convex divergence from the right.
func klBound(p, limit float64) float64 {
	if p >= 1 || limit <= 0 {
		return p
	}
	// Pinsker's inequality bounds q from above.
	low, high := p, min(1, p+math.Sqrt(limit/2))
	q := high
	for range 100 {
		if q >= 1 {
			q = 1 - (1-low)/2
		}
		value := divergence(p, q) - limit
		if value > 0 {
			high = q
		} else {
			low = q
		}
		next := q - value*q*(1-q)/(q-p)
		if !(next > low && next < high) {
			next = low + (high-low)/2
		}
		if math.Abs(next-q) < 1e-12 {
			return next
		}
		q = next
	}
	return q
}

// divergence returns the Kullback-Leibler divergence of two Bernoulli rates.
func divergence(p, q float64) float64 {
	d := 0.0
	if p > 0 {
		d += p * math.Log(p/q)
	}
	if p < 1 {
		d += (1 - p) * math.Log((1-p)/(1-q))
	}
	return d
}

// EpsilonGreedy chooses the best arm so far, but with chance Epsilon any arm: easy
// to explain, and never done with exploring.
type EpsilonGreedy struct {
	Epsilon float64 // 0 means 0.1
}

// Choose returns the index of the arm to pull: first each untried one; among equals
// chance decides, so that the order of the arms does not matter while all are at
// zero. The error is a [*stats.InputError].
func (p EpsilonGreedy) Choose(arms []Arm, random *rand.Rand) (int, error) {
	if err := check(arms); err != nil {
		return 0, err
	}
	epsilon := p.Epsilon
	if epsilon == 0 {
		epsilon = 0.1
	}
	if !(epsilon > 0 && epsilon <= 1) {
		return 0, refuse("epsilon", epsilon)
	}
	if random.Float64() < epsilon {
		return random.IntN(len(arms)), nil
	}
	best, most, equal := 0, math.Inf(-1), 0
	for i, a := range arms {
		score := a.Mean()
		if a.Pulls == 0 {
			score = math.Inf(1)
		}
		switch {
		case score > most:
			best, most, equal = i, score, 1
		case score == most:
			// The k-th of equals takes the place with chance 1/k.
			if equal++; random.IntN(equal) == 0 {
				best = i
			}
		}
	}
	return best, nil
}
