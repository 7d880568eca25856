package bandit

import (
	"math"
	"math/rand/v2"

	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Thompson chooses each arm with the probability that it is the best one: it
// draws a rate for each from its posterior and takes the largest. Thompson (1933).
type Thompson struct {
	// Prior is what is believed of each arm before; the zero value means
	// Beta(1, 1).
	Prior stats.Beta
}

// Choose returns the index of the arm to pull. The error is a
// [*stats.InputError].
func (p Thompson) Choose(arms []Arm, random *rand.Rand) (int, error) {
	best, _, err := draw(p.Prior, arms, random)
	return best, err
}

// Weights returns the probability of each arm to be chosen, by integration: the
// shares of the next batch. The error is a [*stats.InputError].
func (p Thompson) Weights(arms []Arm) ([]float64, error) {
	r, err := rank(p.Prior, arms)
	return r.Best, err
}

// TopTwo is Thompson sampling that gives the second best of a draw its turn, too:
// slower to earn, much faster to be sure which arm is best. Russo (2020).
type TopTwo struct {
	// Prior is what is believed of each arm before; the zero value means
	// Beta(1, 1).
	Prior stats.Beta
	// Second is the chance of the second best of a draw; 0 means 0.5.
	Second float64
}

func (p TopTwo) second() (float64, error) {
	if p.Second == 0 {
		return 0.5, nil
	}
	if !(p.Second > 0 && p.Second <= 1) {
		return 0, refuse("chance of the second", p.Second)
	}
	return p.Second, nil
}

// Choose returns the index of the arm to pull. The error is a
// [*stats.InputError].
func (p TopTwo) Choose(arms []Arm, random *rand.Rand) (int, error) {
	chance, err := p.second()
	if err != nil {
		return 0, err
	}
	best, second, err := draw(p.Prior, arms, random)
	if err == nil && random.Float64() < chance {
		best = second
	}
	return best, err
}

// Weights returns the probability of each arm to be chosen, by integration. The
// error is a [*stats.InputError].
func (p TopTwo) Weights(arms []Arm) ([]float64, error) {
	chance, err := p.second()
	if err != nil {
		return nil, err
	}
	r, err := rank(p.Prior, arms)
	if err != nil {
		return nil, err
	}
	weights := make([]float64, len(arms))
	for i := range weights {
		weights[i] = (1-chance)*r.Best[i] + chance*r.Second[i]
	}
	return weights, nil
}

// posterior returns the belief about an arm.
func posterior(prior stats.Beta, a Arm) stats.Beta {
	if prior == (stats.Beta{}) {
		prior = stats.Beta{Alpha: 1, Beta: 1}
	}
	return stats.Beta{Alpha: prior.Alpha + a.Reward, Beta: prior.Beta + max(0, a.Pulls-a.Reward)}
}

// rank integrates over the posteriors. A single arm is the best and has no second.
func rank(prior stats.Beta, arms []Arm) (stats.Ranking, error) {
	if err := check(arms); err != nil {
		return stats.Ranking{}, err
	}
	if len(arms) == 1 {
		return stats.Ranking{Best: []float64{1}, Second: []float64{1}}, nil
	}
	posteriors := make([]stats.Beta, len(arms))
	for i, a := range arms {
		posteriors[i] = posterior(prior, a)
	}
	return stats.Rank(posteriors...)
}

// draw takes a rate from each posterior and returns the best two arms; a single
// arm is both.
func draw(prior stats.Beta, arms []Arm, random *rand.Rand) (best, second int, err error) {
	if err := check(arms); err != nil {
		return 0, 0, err
	}
	if prior != (stats.Beta{}) {
		for _, x := range []float64{prior.Alpha, prior.Beta} {
			if !(x > 0) || math.IsInf(x, 1) {
				return 0, 0, refuse("prior", x)
			}
		}
	}
	most, next := math.Inf(-1), math.Inf(-1)
	for i, a := range arms {
		d := posterior(prior, a)
		// The log-odds of a beta variable are those of two gamma variables.
		x := logGamma(d.Alpha, random) - logGamma(d.Beta, random)
		switch {
		case x > most:
			second, next = best, most
			best, most = i, x
		case x > next:
			second, next = i, x
		}
	}
	return best, second, nil
}

// logGamma draws the logarithm of a gamma variable, by the method of Marsaglia &
// Tsang (2000); as a logarithm small shapes do not underflow.
func logGamma(shape float64, random *rand.Rand) float64 {
	boost := 0.0
	if shape < 1 {
		boost = math.Log(1-random.Float64()) / shape
		shape++
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := random.NormFloat64()
		v := 1 + float64(c*x)
		if v <= 0 {
			continue
		}
		v = v * v * v
		if math.Log(1-random.Float64()) < float64(x*x)/2+d-float64(d*v)+float64(d*math.Log(v)) {
			return math.Log(d*v) + boost
		}
	}
}
