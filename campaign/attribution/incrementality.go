package attribution

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/normal"
)

// Holdout is a test of what a channel brings: some were shown it, others, chosen
// by chance, were not.
type Holdout struct {
	Treated, TreatedConversions int64
	Held, HeldConversions       int64
	Cost                        float64 // of treating all who were treated
	ValuePerConversion          float64
}

// Incrementality is what a [Holdout] shows. Incremental conversions are those of
// the treated beyond what they would have had at the rate of those held out.
type Incrementality struct {
	TreatedRate, HeldRate float64
	AbsoluteLift          float64 // difference of the rates
	RelativeLift          Ratio   // AbsoluteLift per HeldRate
	Incremental           float64 // conversions
	From, To              float64 // limits of Incremental, by the unpooled normal
	Z, P                  float64 // pooled test of equal rates, two-sided; 0 and 1 where nobody or everybody converts
	Factor                Ratio   // Incremental per conversion of the treated
	CostPerIncremental    Ratio   // not defined where nothing is incremental
	IncrementalROAS       Ratio   // incremental value per cost
	NaiveROAS             Ratio   // value of all conversions of the treated per cost
	Warnings              []string
}

// Measure compares treated and held. level is that of the limits; 0 for 0.95.
//
// The limits are Incremental ± z·n·√(p(1-p)/n + q(1-q)/m) for the rates p of the n
// treated and q of the m held, the test z = (p-q)/√(r(1-r)(1/n+1/m)) with the rate
// r of all.
func (h Holdout) Measure(level float64) (*Incrementality, error) {
	if level == 0 {
		level = 0.95
	}
	if !(level > 0 && level < 1) {
		return nil, refuse("level", fmt.Errorf("%v is not between 0 and 1: %w", level, flywheel.ErrOutOfRange))
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	n, m := float64(h.Treated), float64(h.Held)
	x, y := float64(h.TreatedConversions), float64(h.HeldConversions)
	p, q := x/n, y/m
	r := &Incrementality{TreatedRate: p, HeldRate: q, AbsoluteLift: p - q, RelativeLift: ratio(p-q, q), Incremental: x - float64(q*n)}
	half := normal.Quantile((1+level)/2) * n * math.Sqrt(p*(1-p)/n+q*(1-q)/m)
	r.From, r.To = r.Incremental-half, r.Incremental+half
	all := (x + y) / (n + m)
	r.P = 1
	if spread := math.Sqrt(all * (1 - all) * (1/n + 1/m)); spread > 0 {
		r.Z = (p - q) / spread
		r.P = 2 * normal.Upper(math.Abs(r.Z))
	}
	r.Factor = ratio(r.Incremental, x)
	if r.Incremental > 0 {
		r.CostPerIncremental = ratio(h.Cost, r.Incremental)
	}
	r.IncrementalROAS = ratio(r.Incremental*h.ValuePerConversion, h.Cost)
	r.NaiveROAS = ratio(x*h.ValuePerConversion, h.Cost)
	if min(x, n-x, y, m-y) < 10 {
		r.Warnings = append(r.Warnings, "fewer than 10 conversions, or 10 persons without one, in an arm: the normal limits are rough")
	}
	return r, nil
}

func (h *Holdout) check() error {
	fail := func(name string, v any) error {
		return refuse(name, fmt.Errorf("%v: %w", v, flywheel.ErrOutOfRange))
	}
	switch {
	case h.Treated < 1 || h.Treated > maxCount:
		return fail("treated", h.Treated)
	case h.Held < 1 || h.Held > maxCount:
		return fail("held", h.Held)
	case h.TreatedConversions < 0 || h.TreatedConversions > h.Treated:
		return fail("treatedConversions", h.TreatedConversions)
	case h.HeldConversions < 0 || h.HeldConversions > h.Held:
		return fail("heldConversions", h.HeldConversions)
	case !(h.Cost >= 0) || math.IsInf(h.Cost, 0):
		return fail("cost", h.Cost)
	case !(h.ValuePerConversion >= 0) || math.IsInf(h.ValuePerConversion, 0):
		return fail("valuePerConversion", h.ValuePerConversion)
	}
	return nil
}
