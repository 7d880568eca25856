package clv

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// Estimate is what a model says of one customer.
type Estimate struct {
	// Alive is the probability of still being a customer, Expected the purchases to expect.
	Alive, Expected float64
}

// Estimates scores many customers at a horizon t, in the order of their histories: the same
// values as those of Alive and Expect within 1e-12. With BG and MBG customers of equal X
// and T share what depends on nothing else, which is most of the work where time is counted in
// days: a million customers have then some ten thousand different pairs. A history that
// contradicts itself, or a horizon that is negative or no number, is an error that names it.
func Estimates(m Model, histories []History, t float64) ([]Estimate, error) {
	if math.IsNaN(t) || math.IsInf(t, 0) || t < 0 {
		return nil, fmt.Errorf("clv: horizon %v: %w", t, flywheel.ErrOutOfRange)
	}
	out := make([]Estimate, len(histories))
	var given func(History) geometric
	var odds func(x float64) float64
	switch m := m.(type) {
	case BG:
		given = m.given
		odds = func(x float64) float64 {
			if x == 0 {
				return 0
			}
			return m.A / (m.B + x - 1)
		}
	case MBG:
		given = m.given
		odds = func(x float64) float64 { return m.A / (m.B + x) }
	default:
		for i, h := range histories {
			if err := h.check(); err != nil {
				return nil, fmt.Errorf("clv: customer %d: %w", i, err)
			}
			out[i] = Estimate{m.Alive(h), m.Expect(h, t)}
		}
		return out, nil
	}
	base := given(History{})
	shared := newPairs()
	for i, h := range histories {
		if err := h.check(); err != nil {
			return nil, fmt.Errorf("clv: customer %d: %w", i, err)
		}
		s := shared.find(h.X, h.T)
		if s.empty() {
			g := given(h)
			*s = pair{x: h.X, t: h.T, k: g.k, odds: odds(h.X), expected: g.expect(t), log: math.Log(g.rate), full: true}
			s = shared.added(s)
		}
		alive := 1.0
		if s.odds > 0 {
			// ((α+T)/(α+tx))^k against the odds of having defected after the last purchase.
			alive = 1 / (1 + s.odds*math.Exp(s.k*(s.log-math.Log(base.rate+h.Recency))))
		}
		out[i] = Estimate{alive, alive * s.expected}
	}
	return out, nil
}

// pair is what customers of one X and T share.
type pair struct {
	x, t          float64
	k, odds       float64
	expected, log float64
	full          bool
}

func (p *pair) empty() bool { return !p.full }

// pairs is a hash table with open addressing.
type pairs struct {
	list []pair
	n    int
}

func newPairs() *pairs { return &pairs{list: make([]pair, 1<<10)} }

// find returns the pair, or the empty place for it.
func (p *pairs) find(x, t float64) *pair {
	h := (math.Float64bits(t) ^ math.Float64bits(x)>>44) * 0x9e3779b97f4a7c15 // whole numbers differ in their first bits
	h = (h ^ h>>29) * 0xff51afd7ed558ccd
	mask := uint64(len(p.list) - 1)
	for i := h >> 36 & mask; ; i = (i + 1) & mask {
		if s := &p.list[i]; !s.full || s.x == x && s.t == t {
			return s
		}
	}
}

// added counts a pair that was put into its place, and makes room for the next.
func (p *pairs) added(s *pair) *pair {
	if p.n++; 2*p.n < len(p.list) {
		return s
	}
	old := p.list
	kept := *s
	p.list = make([]pair, 4*len(old))
	for i := range old {
		if old[i].full {
			*p.find(old[i].x, old[i].t) = old[i]
		}
	}
	return p.find(kept.x, kept.t)
}
