package stats

import "math"

// MixtureSPRT tests pairs of a control and a treatment unit one after the other,
// by the mixture sequential probability ratio test of Robbins (1970) in the form
// of Johari, Koomen, Pekelis & Walsh (2017): valid at every look, exactly so for
// normal values of known standard deviation.
type MixtureSPRT struct {
	// Sigma is the standard deviation of a unit.
	Sigma float64
	// Tau is the standard deviation of the effects that are thought possible.
	Tau float64
	// Null is the difference under the null hypothesis.
	Null  float64
	Alpha float64 // 0 means 0.05

	n, sum float64
	most   float64 // the largest log likelihood ratio so far, at least 0
}

// Add counts one pair. The configuration must not change afterwards. The error is
// an [*InputError], and then nothing is counted.
func (m *MixtureSPRT) Add(control, treatment float64) error {
	if err := m.check(); err != nil {
		return err
	}
	d := treatment - control
	if !finite(d) {
		return refuse("difference", d, ErrNotANumber)
	}
	if math.Abs(d) > 1e50 {
		return refuse("difference", d, ErrBeyond)
	}
	m.n++
	m.sum += d
	m.most = max(m.most, m.LogLikelihoodRatio())
	return nil
}

func (m *MixtureSPRT) check() error {
	for _, x := range []struct {
		what  string
		value float64
	}{{"sigma", m.Sigma}, {"tau", m.Tau}} {
		if !finite(x.value) {
			return refuse(x.what, x.value, ErrNotANumber)
		}
		if !(x.value >= 1e-50 && x.value <= 1e50) {
			return refuse(x.what, x.value, ErrBeyond)
		}
	}
	if !(math.Abs(m.Null) <= 1e50) {
		return refuse("null", m.Null, ErrBeyond)
	}
	_, err := alphaOr(m.Alpha, 0.05)
	return err
}

// Pairs returns how many pairs were counted.
func (m *MixtureSPRT) Pairs() int64 { return int64(m.n) }

// LogLikelihoodRatio returns the log of the likelihood of the pairs so far under
// the mixture of effects over that without effect; 0 before the first.
func (m *MixtureSPRT) LogLikelihoodRatio() float64 {
	if m.n == 0 {
		return 0
	}
	v := 2 * m.Sigma * m.Sigma
	w := v + m.n*m.Tau*m.Tau
	d := m.sum - m.n*m.Null
	return 0.5*math.Log(v/w) + m.Tau*m.Tau*d/(2*v)*d/w
}

// P returns the always valid p value and its log: it falls only.
func (m *MixtureSPRT) P() (p, logP float64) { return math.Exp(-m.most), -m.most }

// Interval returns the confidence sequence of the difference: over all times at
// once it holds the difference with probability 1-alpha. Before the first pair it
// is unbounded.
func (m *MixtureSPRT) Interval() (lower, upper float64) {
	alpha, err := alphaOr(m.Alpha, 0.05)
	if err != nil || m.n == 0 {
		return math.Inf(-1), math.Inf(1)
	}
	v := 2 * m.Sigma * m.Sigma
	w := v + m.n*m.Tau*m.Tau
	half := math.Sqrt(v*w*(math.Log(w/v)-2*math.Log(alpha))) / (m.n * m.Tau)
	center := m.sum / m.n
	return center - half, center + half
}
