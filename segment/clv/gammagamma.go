package clv

import "math"

// GammaGamma is the model of the value of purchases: P and Q are shapes and V a
// scale in money. It assumes that value and frequency are independent.
type GammaGamma struct{ P, Q, V float64 }

// Spend is the expected mean value of a purchase of a customer with x repeat
// purchases of mean value z: a mean of z and of the shop's, (p(v + xz))/(px + q - 1).
func (m GammaGamma) Spend(x, z float64) float64 {
	return m.P * (m.V + x*z) / (m.P*x + m.Q - 1)
}

// LogLikelihood is of x > 0 purchases of mean value z > 0 (Fader, Hardie and Lee,
// 2005, and their note of 2013, equation 1a).
func (m GammaGamma) LogLikelihood(x, z float64) float64 {
	px := m.P * x
	return lgamma(px+m.Q) - lgamma(px) - lgamma(m.Q) + (px-1)*math.Log(z) + px*math.Log(x) + m.Q*math.Log(m.V) - (px+m.Q)*math.Log(m.V+x*z)
}

// Params returns P, Q and V.
func (m GammaGamma) Params() []float64 { return []float64{m.P, m.Q, m.V} }
