package clv

import "math"

// Pareto is the Pareto/NBD model. R and Alpha are the shape and rate of the Gamma
// distribution of purchase rates, S and Beta those of the rates of defection.
type Pareto struct{ R, Alpha, S, Beta float64 }

// Name returns "pareto_nbd".
func (Pareto) Name() string { return "pareto_nbd" }

// Params returns R, Alpha, S and Beta.
func (m Pareto) Params() []float64 { return []float64{m.R, m.Alpha, m.S, m.Beta} }

// defection is the odds that the customer had defected by T,
//
//	(α+T)^(r+x) (β+T)^s · s ∫ (α+τ)^-(r+x) (β+τ)^-(s+1) dτ, τ from t_x to T,
//
// and the means, over that integrand, of ln(α+τ), 1/(α+τ), ln(β+τ) and 1/(β+τ), all
// as logarithms relative to T where that keeps digits. The quadrature runs in
// w = ln((α+τ)/(α+t_x)), in which the first factor is e^(-(r+x)w), over
// panels that are as wide as the integrand allows.
func (m Pareto) defection(h History, means *[4]float64) (logOdds float64) {
	k := m.R + h.X
	start := m.Alpha + h.Recency
	u := math.Log1p((h.T - h.Recency) / start)
	if u <= 0 {
		return math.Inf(-1)
	}
	most := min(u, 45/k)
	// The second factor is singular at τ = -β, which lies off the left end; a panel of 16
	// nodes may be three times as wide as that is away, and as e^(-kw) allows.
	away := (m.Beta + h.Recency) / start
	var sum float64
	var parts [4]float64
	for at := 0.0; at < most; {
		width := min(3*(at+away), 8/k, 2)
		w := min(width, most-at)
		middle, half := at+w/2, w/2
		for _, node := range legendre16 {
			for _, sign := range [2]float64{-1, 1} {
				x := middle + sign*half*node[0]
				tau := start*math.Expm1(x) + h.Recency
				lb := math.Log((m.Beta + tau) / (m.Beta + h.T))
				v := node[1] * half * math.Exp(-(k-1)*x-(m.S+1)*lb)
				sum += v
				if means != nil {
					parts[0] += v * x
					parts[1] += v / (m.Alpha + tau)
					parts[2] += v * lb
					parts[3] += v / (m.Beta + tau)
				}
			}
		}
		at += w
	}
	if means != nil {
		means[0] = parts[0]/sum + math.Log(start)
		means[1] = parts[1] / sum
		means[2] = parts[2]/sum + math.Log(m.Beta+h.T)
		means[3] = parts[3] / sum
	}
	// dτ = (α+t_x) e^w dw; the factors of T that are taken out leave k·u and 1/(β+T).
	return k*u + math.Log(m.S*sum*start/(m.Beta+h.T))
}

// Alive is the probability that the customer has not defected by T.
func (m Pareto) Alive(h History) float64 { return 1 / (1 + math.Exp(m.defection(h, nil))) }

// Expect is the expected number of purchases within t after T (Schmittlein, Morrison
// and Colombo, 1987, equation 22).
func (m Pareto) Expect(h History, t float64) float64 {
	return m.Alive(h) * (m.R + h.X) / (m.Alpha + h.T) * m.lifetime(h.T, t)
}

// lifetime is the mean time that somebody alive at age T stays within t.
func (m Pareto) lifetime(age, t float64) float64 {
	b := m.Beta + age
	l := math.Log1p(t / b)
	if x := (m.S - 1) * l; math.Abs(x) > 1e-12 {
		return -b * math.Expm1(-x) / (m.S - 1)
	}
	return b * l
}

// New is the expected number of repeat purchases of a new customer within t.
func (m Pareto) New(t float64) float64 { return m.R / m.Alpha * m.lifetime(0, t) }

// DERT is the discounted expected number of all purchases after T, at a continuous rate
// per unit of time (Fader, Hardie and Lee, 2005, RFM and CLV, equation 2).
func (m Pareto) DERT(h History, rate float64) float64 {
	b := m.Beta + h.T
	// ∫ e^(-rate t) (b/(b+t))^s dt with t = b e^v, by the trapezoidal rule.
	const step = 0.2
	sum := 0.0
	z := rate * b
	top := math.Log(45/z) + 1
	for v := top; v > -42; v -= step {
		y := math.Exp(v)
		sum += math.Exp(v - z*y - m.S*math.Log1p(y))
	}
	return m.Alive(h) * (m.R + h.X) / (m.Alpha + h.T) * b * sum * step
}

// LogLikelihood is of one history.
func (m Pareto) LogLikelihood(h History) float64 {
	return lgamma(m.R+h.X) - lgamma(m.R) + m.R*math.Log(m.Alpha) - (m.R+h.X)*math.Log(m.Alpha+h.T) +
		m.S*math.Log(m.Beta/(m.Beta+h.T)) + softplus(m.defection(h, nil))
}

// paretoSlope returns the log-likelihood of a history, without what depends on r and x
// alone, and its derivatives.
func paretoSlope(m Pareto, h History) (float64, gradient) {
	var means [4]float64
	odds := m.defection(h, &means)
	k := m.R + h.X
	lA, lB, l0 := math.Log(m.Alpha+h.T), math.Log(m.Beta+h.T), math.Log(m.Beta)
	ll := -k*lA + m.S*(l0-lB) + softplus(odds)
	dead := 1 / (1 + math.Exp(-odds))
	alive := 1 - dead
	if math.IsInf(odds, -1) {
		dead, alive, means = 0, 1, [4]float64{}
	}
	return ll, gradient{
		-(alive*lA + dead*means[0]),
		-k * (alive/(m.Alpha+h.T) + dead*means[1]),
		l0 - alive*lB + dead*(1/m.S-means[2]),
		m.S/m.Beta - alive*m.S/(m.Beta+h.T) - dead*(m.S+1)*means[3],
	}
}
