package stats

import "math"

// Ranking says which of several arms is best, by exact integration over their
// posteriors.
type Ranking struct {
	// Best is the probability that each arm is the best one: the weights of
	// Thompson sampling.
	Best []float64 `json:"best"`
	// Second is the probability that each arm is the second best.
	Second []float64 `json:"second"`
	// Loss is what choosing each arm is expected to lose against the best, in
	// units of the parameter.
	Loss []float64 `json:"loss"`
	// ExpectedBest is the expectation of the best arm's parameter.
	ExpectedBest float64 `json:"expected_best"`
}

// TopTwo returns the weights of top-two sampling: half of the chance to be best
// or second best. Russo (2020), with β = 1/2.
func (r Ranking) TopTwo() []float64 {
	w := make([]float64, len(r.Best))
	for i := range w {
		w[i] = (r.Best[i] + r.Second[i]) / 2
	}
	return w
}

// Rank compares independent posteriors, larger being better. The error is an
// [*InputError].
//
// The chance to be best is ∫ f_i Π F_j; the loss ∫ F_i (1 - Π F_j), both over
// j ≠ i, in which nothing cancels.
func Rank[P Posterior](arms ...P) (Ranking, error) {
	if err := checkPosteriors(arms); err != nil {
		return Ranking{}, err
	}
	k := len(arms)
	below, above := make([]float64, k), make([]float64, k)
	integrals := integrate(panels(arms), 3*k, func(t float64, into []float64) {
		for i, d := range arms {
			below[i], above[i] = d.logTails(t)
		}
		rise := arms[0].logRise(t)
		for i, d := range arms {
			others, second := 0.0, 0.0
			for j := range arms {
				if j == i {
					continue
				}
				others += below[j]
				rest := above[j]
				for l := range arms {
					if l != i && l != j {
						rest += below[l]
					}
				}
				second += math.Exp(rest)
			}
			density := math.Exp(d.logDensity(t))
			into[i] = density * math.Exp(others)
			into[k+i] = density * second
			into[2*k+i] = math.Exp(below[i] + logComplement(others) + rise)
		}
	})
	r := Ranking{Best: integrals[:k:k], Second: integrals[k : 2*k : 2*k], Loss: integrals[2*k:]}
	least := 0
	for i := range arms {
		if r.Loss[i] < r.Loss[least] {
			least = i
		}
	}
	r.ExpectedBest = arms[least].Mean() + r.Loss[least]
	return r, nil
}

// Lift is the posterior of treatment/control - 1.
type Lift[P Posterior] struct {
	control, treatment P
}

// LiftOf returns the posterior of the lift of treatment over control, whose
// parameter must be positive beyond doubt. The error is an [*InputError].
func LiftOf[P Posterior](control, treatment P) (Lift[P], error) {
	if err := checkPosteriors([]P{control, treatment}); err != nil {
		return Lift[P]{}, err
	}
	if control.Above(0) < 1-1e-9 {
		return Lift[P]{}, refuse("chance that the control is positive", control.Above(0), ErrBeyond)
	}
	return Lift[P]{control: control, treatment: treatment}, nil
}

// Above returns the probability of a lift above x.
func (l Lift[P]) Above(x float64) float64 { return l.tails(x)[1] }

// tails returns the probabilities of a lift below and above x.
func (l Lift[P]) tails(x float64) []float64 {
	if x <= -1 {
		return []float64{0, 1}
	}
	// The treatment's bends, seen from the control's scale.
	points := panels([]P{l.control})
	bends := panels([]P{l.treatment})
	for _, t := range bends {
		if at := l.control.timesAt(t, 1/(1+x)); finite(at) && at > points[0] {
			points = append(points, at)
		}
	}
	return integrate(points, 2, func(t float64, into []float64) {
		density := math.Exp(l.control.logDensity(t))
		below, above := l.treatment.logTails(l.control.timesAt(t, 1+x))
		into[0], into[1] = density*math.Exp(below), density*math.Exp(above)
	})
}

// Quantile returns the lift that is exceeded with probability 1-p.
func (l Lift[P]) Quantile(p float64) float64 {
	if !(p > 0 && p < 1) {
		return edge(p, -1, math.Inf(1))
	}
	// Bisection, then regula falsi, on the logarithm of the ratio.
	distance := func(u float64) float64 {
		tails := l.tails(math.Expm1(u))
		if p <= 0.5 {
			return math.Log(tails[0]) - math.Log(p)
		}
		return math.Log1p(-p) - math.Log(tails[1])
	}
	center := math.Log(l.treatment.Quantile(0.5) / l.control.Quantile(0.5))
	step := math.Log(l.treatment.Quantile(0.975)/l.treatment.Quantile(0.025)) + math.Log(l.control.Quantile(0.975)/l.control.Quantile(0.025))
	low, high := center-step, center+step
	for distance(low) > 0 {
		low -= step
	}
	for distance(high) < 0 {
		high += step
	}
	return math.Expm1(bracketed(low, high, distance))
}
