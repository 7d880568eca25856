package clv

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// BG is the BG/NBD model. R and Alpha are the shape and rate of the Gamma distribution
// of purchase rates, A and B the parameters of the Beta distribution of the
// chance to defect after a purchase.
type BG struct{ R, Alpha, A, B float64 }

// MBG is the modified BG/NBD model, in which a customer may defect after the first purchase too.
type MBG struct{ R, Alpha, A, B float64 }

// geometric is what BG and MBG share: given that a customer is alive, λ is
// Gamma(k, rate) and p is Beta(a, b).
type geometric struct{ k, rate, a, b float64 }

func (m BG) given(h History) geometric {
	return geometric{m.R + h.X, m.Alpha + h.T, m.A, m.B + h.X}
}

func (m MBG) given(h History) geometric {
	return geometric{m.R + h.X, m.Alpha + h.T, m.A, m.B + h.X + 1}
}

// expect is the mean of (1 - e^(-λpt)) / p, the purchases of somebody alive within t.
func (g geometric) expect(t float64) float64 {
	if t == 0 {
		return 0
	}
	z := t / (g.rate + t)
	if math.Abs(g.a-1) > 1e-2 {
		c := g.a + g.b - 1
		if c > 0 {
			if f, ok := series(c-g.k, g.a-1, c, z); ok {
				power := math.Exp((g.a - 1) * math.Log1p(-z))
				if rest := 1 - power*f; math.Abs(rest) > 1e-4 {
					return c / (g.a - 1) * rest
				}
			}
		}
	}
	tau := t / g.rate
	purchases := func(p float64) float64 {
		if p*tau < 1e-300 {
			return g.k * tau
		}
		return -math.Expm1(-g.k*math.Log1p(p*tau)) / p
	}
	if g.a < 0.2 {
		// Most of the density is where p hardly matters: the difference to p = 0 is
		// p·f with a density that begins at a + 1.
		mass := g.a / (g.a + g.b)
		return g.k*tau + mass*overBeta(g.a+1, g.b, func(p float64) float64 {
			if p == 0 {
				return 0
			}
			return (purchases(p) - g.k*tau) / p
		})
	}
	return overBeta(g.a, g.b, purchases)
}

// discounted is the mean of λ/(λp + rate).
func (g geometric) discounted(rate float64) float64 {
	return overGamma(g.k, g.rate, func(lambda float64) float64 {
		return lambda / rate * fraction(g.a, g.a+g.b, -lambda/rate)
	})
}

// Name returns "bg_nbd".
func (BG) Name() string { return "bg_nbd" }

// Name returns "mbg_nbd".
func (MBG) Name() string { return "mbg_nbd" }

// Params returns R, Alpha, A and B.
func (m BG) Params() []float64 { return []float64{m.R, m.Alpha, m.A, m.B} }

// Params returns R, Alpha, A and B.
func (m MBG) Params() []float64 { return []float64{m.R, m.Alpha, m.A, m.B} }

// Alive is the probability that the customer has not defected by T (Fader, Hardie
// and Lee, 2005; the note of 2008 on P(alive)).
func (m BG) Alive(h History) float64 {
	if h.X == 0 {
		return 1
	}
	return 1 / (1 + m.A/(m.B+h.X-1)*math.Exp((m.R+h.X)*math.Log1p((h.T-h.Recency)/(m.Alpha+h.Recency))))
}

// Alive is the probability that the customer has not defected by T.
func (m MBG) Alive(h History) float64 {
	return 1 / (1 + m.A/(m.B+h.X)*math.Exp((m.R+h.X)*math.Log1p((h.T-h.Recency)/(m.Alpha+h.Recency))))
}

// Expect is the expected number of purchases within t after T (equation 10 of
// Fader, Hardie and Lee, 2005).
func (m BG) Expect(h History, t float64) float64 { return m.Alive(h) * m.given(h).expect(t) }

// Expect is the expected number of purchases within t after T.
func (m MBG) Expect(h History, t float64) float64 { return m.Alive(h) * m.given(h).expect(t) }

// New is the expected number of repeat purchases of a new customer within t.
func (m BG) New(t float64) float64 { return m.Expect(History{}, t) }

// New is the expected number of repeat purchases of a new customer within t.
func (m MBG) New(t float64) float64 { return m.Expect(History{}, t) }

// DERT is the discounted expected number of all purchases after T, at a
// continuous rate per unit of time: the integral of E'[Y(t)] e^(-rate t).
func (m BG) DERT(h History, rate float64) float64 {
	return m.Alive(h) * m.given(h).discounted(rate)
}

// DERT is the discounted expected number of all purchases after T, at a
// continuous rate per unit of time.
func (m MBG) DERT(h History, rate float64) float64 {
	return m.Alive(h) * m.given(h).discounted(rate)
}

// LogLikelihood is of one history (equation 6).
func (m BG) LogLikelihood(h History) float64 {
	v := lgamma(m.R+h.X) - lgamma(m.R) + m.R*math.Log(m.Alpha) - (m.R+h.X)*math.Log(m.Alpha+h.T) + lbeta(m.A, m.B+h.X) - lbeta(m.A, m.B)
	return v - math.Log(m.Alive(h))
}

// LogLikelihood is of one history.
func (m MBG) LogLikelihood(h History) float64 {
	v := lgamma(m.R+h.X) - lgamma(m.R) + m.R*math.Log(m.Alpha) - (m.R+h.X)*math.Log(m.Alpha+h.T) + lbeta(m.A, m.B+h.X+1) - lbeta(m.A, m.B)
	return v - math.Log(m.Alive(h))
}

// Probability is that of exactly n repeat purchases of a new customer within t
// (equation 8).
func (m BG) Probability(n int, t float64) float64 {
	x := float64(n)
	p := math.Exp(lbeta(m.A, m.B+x)-lbeta(m.A, m.B)) * negativeBinomial(m.R, m.Alpha, x, t)
	if n > 0 {
		p += math.Exp(lbeta(m.A+1, m.B+x-1)-lbeta(m.A, m.B)) * atLeast(m.R, m.Alpha, x, t)
	}
	return p
}

// Probability is that of exactly n repeat purchases of a new customer within t.
func (m MBG) Probability(n int, t float64) float64 {
	x := float64(n)
	return math.Exp(lbeta(m.A, m.B+x+1)-lbeta(m.A, m.B))*negativeBinomial(m.R, m.Alpha, x, t) +
		math.Exp(lbeta(m.A+1, m.B+x)-lbeta(m.A, m.B))*atLeast(m.R, m.Alpha, x, t)
}

// negativeBinomial is the probability of x purchases within t of somebody who stays.
func negativeBinomial(r, alpha, x, t float64) float64 {
	if t == 0 {
		if x == 0 {
			return 1
		}
		return 0
	}
	return math.Exp(lgamma(r+x) - lgamma(r) - lgamma(x+1) - r*math.Log1p(t/alpha) - x*math.Log1p(alpha/t))
}

// atLeast is the probability of x or more.
func atLeast(r, alpha, x, t float64) float64 {
	if x == 0 {
		return 1
	}
	if t == 0 {
		return 0
	}
	return mathext.RegIncBeta(x, r, t/(alpha+t))
}

// gradient is the derivative of a log-likelihood by the four parameters.
type gradient [4]float64

// slope returns the log-likelihood of a history and its derivatives, without
// the terms of r and a, b alone that common tables hold.
func geometricSlope(r, alpha, a, b, shift float64, h History) (float64, gradient) {
	// alive: B(a, b+x+shift), dead: B(a+1, b+x+shift-1), where somebody can be dead.
	x := h.X
	lT, lt := math.Log(alpha+h.T), math.Log(alpha+h.Recency)
	k := r + x
	dead, alive, ll := 0.0, 1.0, -k*lT
	if x+shift > 0 {
		odds := k*(lT-lt) + math.Log(a/(b+x+shift-1))
		dead, alive = 1/(1+math.Exp(-odds)), 1/(1+math.Exp(odds))
		ll += softplus(odds)
	}
	// The derivative of the logarithm of a sum weighs those of its parts.
	var g gradient
	g[0] = -(alive*lT + dead*lt)
	g[1] = -k * (alive/(alpha+h.T) + dead/(alpha+h.Recency))
	g[2] = dead / a
	if dead > 0 {
		g[3] = -dead / (b + x + shift - 1)
	}
	return ll, g
}
