package clv

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// BGBB is the BG/BB model of customers with one opportunity to buy per period:
// Alpha and Beta are the parameters of the Beta distribution of the chance to buy, Gamma
// and Delta of the chance to defect before a period.
type BGBB struct{ Alpha, Beta, Gamma, Delta float64 }

// Opportunities is a history in periods: X purchases, the last at opportunity
// Recency, of N opportunities.
type Opportunities struct{ X, Recency, N int }

func (o Opportunities) check() error {
	if o.X < 0 || o.Recency < o.X || o.N < o.Recency || o.X == 0 && o.Recency > 0 || o.N > 1_000_000 {
		return fmt.Errorf("clv: opportunities %+v: %w", o, flywheel.ErrInvalid)
	}
	return nil
}

// parts returns the logarithms of the chance of the history with the customer alive
// after N opportunities, and of all of it (Fader, Hardie and Shang, 2010, equation 4).
func (m BGBB) parts(o Opportunities) (alive, all float64) {
	x, tx, n := float64(o.X), float64(o.Recency), float64(o.N)
	base := lbeta(m.Alpha, m.Beta) + lbeta(m.Gamma, m.Delta)
	alive = lbeta(m.Alpha+x, m.Beta+n-x) + lbeta(m.Gamma, m.Delta+n) - base
	all = alive
	for i := 0.0; i < n-tx; i++ {
		l := lbeta(m.Alpha+x, m.Beta+tx-x+i) + lbeta(m.Gamma+1, m.Delta+tx+i) - base
		hi, lo := max(all, l), min(all, l)
		all = hi + math.Log1p(math.Exp(lo-hi))
	}
	return alive, all
}

// LogLikelihood is of one history. O(N - Recency).
func (m BGBB) LogLikelihood(o Opportunities) float64 {
	_, all := m.parts(o)
	return all
}

// Alive is the probability of being there at opportunity N+1 (equation 11).
func (m BGBB) Alive(o Opportunities) float64 {
	alive, all := m.parts(o)
	n := float64(o.N)
	return math.Exp(alive-all) * (m.Delta + n) / (m.Gamma + m.Delta + n)
}

// Expect is the expected number of purchases in the next n opportunities (equation 13).
func (m BGBB) Expect(o Opportunities, n int) float64 {
	alive, all := m.parts(o)
	x, past := float64(o.X), float64(o.N)
	buys := (m.Alpha + x) / (m.Alpha + m.Beta + past)
	there, sum := 1.0, 0.0
	for j := 0.0; j < float64(n); j++ {
		there *= (m.Delta + past + j) / (m.Gamma + m.Delta + past + j)
		sum += there
	}
	return math.Exp(alive-all) * buys * sum
}

// DERT is the discounted expected number of all purchases after N at a rate of
// discount per period, d > 0 (equation 14).
func (m BGBB) DERT(o Opportunities, d float64) float64 {
	alive, all := m.parts(o)
	x, n := float64(o.X), float64(o.N)
	buys := (m.Alpha + x) / (m.Alpha + m.Beta + n)
	there := (m.Delta + n) / (m.Gamma + m.Delta + n) / (1 + d)
	return math.Exp(alive-all) * buys * there * fraction(m.Delta+n+1, m.Gamma+m.Delta+n+1, 1/(1+d))
}

// Params returns Alpha, Beta, Gamma and Delta.
func (m BGBB) Params() []float64 { return []float64{m.Alpha, m.Beta, m.Gamma, m.Delta} }
