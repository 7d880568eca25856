package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment/stats"
)

// Reading is what was observed of an experiment: sums over its units, not the
// units. Readings of distinct units, such as those first exposed on different
// days, are merged, and a day that went wrong is taken out again.
type Reading struct {
	// Arms are the exposed units by arm, control first.
	Arms []ArmReading `json:"arms"`
	// Crossed counts units that saw two arms; they are left out.
	Crossed int64 `json:"crossed,omitempty"`
	// Early counts outcomes before the unit's exposure; they are left out,
	// unless they are a covariate.
	Early int64 `json:"early,omitempty"`
	// Foreign counts values in another currency than the metric's; they are
	// left out.
	Foreign int64 `json:"foreign,omitempty"`
	// Strange counts exposures to arms that the experiment does not have.
	Strange int64 `json:"strange,omitempty"`
}

// ArmReading is what an arm's units did.
type ArmReading struct {
	Arm   string `json:"arm"`
	Units int64  `json:"units"`
	// Metrics are the moments over the units, in the order of the metrics: X is
	// the value, Y the denominator of a ratio or the covariate. A unit whose
	// window is still open counts for Units, not here.
	Metrics []stats.Pair `json:"metrics"`
}

// Units returns the number of units of all arms.
func (r *Reading) Units() int64 {
	var n int64
	for _, a := range r.Arms {
		n += a.Units
	}
	return n
}

// analyzed returns the number of units whose outcome of the goal is known.
func (r *Reading) analyzed() int64 {
	var n int64
	for _, a := range r.Arms {
		if len(a.Metrics) > 0 {
			n += a.Metrics[0].X.N
		}
	}
	return n
}

// Merge counts the units of o, which must be others than those of r. The error
// matches [flywheel.ErrInvalid] where arms or metrics differ; r is then as it
// was.
func (r *Reading) Merge(o Reading) error {
	if len(r.Arms) == 0 {
		*r = o.clone()
		return nil
	}
	if err := r.same(o); err != nil {
		return err
	}
	for i := range o.Arms {
		r.Arms[i].Units += o.Arms[i].Units
		for j := range o.Arms[i].Metrics {
			r.Arms[i].Metrics[j].Merge(o.Arms[i].Metrics[j])
		}
	}
	r.Crossed, r.Early = r.Crossed+o.Crossed, r.Early+o.Early
	r.Foreign, r.Strange = r.Foreign+o.Foreign, r.Strange+o.Strange
	return nil
}

// Remove takes the units of o, which were merged before, out again. The error
// matches [flywheel.ErrInvalid] where o cannot be a part of r; r is then as it
// was.
func (r *Reading) Remove(o Reading) error {
	if err := r.same(o); err != nil {
		return err
	}
	left := r.clone()
	for i := range o.Arms {
		if left.Arms[i].Units -= o.Arms[i].Units; left.Arms[i].Units < 0 {
			return fmt.Errorf("experiment: reading: arm %q has fewer units than are removed: %w", o.Arms[i].Arm, flywheel.ErrInvalid)
		}
		for j := range o.Arms[i].Metrics {
			if err := removePair(&left.Arms[i].Metrics[j], o.Arms[i].Metrics[j]); err != nil {
				return fmt.Errorf("experiment: reading: arm %q: %w: %w", o.Arms[i].Arm, err, flywheel.ErrInvalid)
			}
		}
	}
	left.Crossed, left.Early = left.Crossed-o.Crossed, left.Early-o.Early
	left.Foreign, left.Strange = left.Foreign-o.Foreign, left.Strange-o.Strange
	*r = left
	return nil
}

// removePair is the inverse of [stats.Pair.Merge].
func removePair(p *stats.Pair, o stats.Pair) error {
	before := p.X.N
	if err := p.X.Remove(o.X); err != nil {
		return err
	}
	if err := p.Y.Remove(o.Y); err != nil {
		return err
	}
	p.C -= o.C
	switch {
	case p.X.N == 0:
		p.C = 0
	case o.X.N > 0:
		p.C -= float64((p.X.Mean-o.X.Mean)*(p.Y.Mean-o.Y.Mean)) * (float64(p.X.N) * float64(o.X.N) / float64(before))
	}
	return nil
}

func (r *Reading) same(o Reading) error {
	if len(r.Arms) != len(o.Arms) {
		return fmt.Errorf("experiment: readings of %d and %d arms: %w", len(r.Arms), len(o.Arms), flywheel.ErrInvalid)
	}
	for i := range r.Arms {
		if r.Arms[i].Arm != o.Arms[i].Arm || len(r.Arms[i].Metrics) != len(o.Arms[i].Metrics) {
			return fmt.Errorf("experiment: readings of different arms or metrics: %w", flywheel.ErrInvalid)
		}
	}
	return nil
}

// fingerprint identifies the reading: the same figures have the same one.
func (r *Reading) fingerprint() string {
	h := sha256.New()
	for _, a := range r.Arms {
		fmt.Fprintf(h, "%q %d", a.Arm, a.Units)
		for _, m := range a.Metrics {
			fmt.Fprintf(h, " %d %x %x %x %x %x", m.X.N, m.X.Mean, m.X.M2, m.Y.Mean, m.Y.M2, m.C)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

func (r Reading) clone() Reading {
	arms := make([]ArmReading, len(r.Arms))
	for i, a := range r.Arms {
		a.Metrics = append([]stats.Pair(nil), a.Metrics...)
		arms[i] = a
	}
	r.Arms = arms
	return r
}

// CohortReading is the reading of the units that were first exposed on one day.
type CohortReading struct {
	// Day is YYYY-MM-DD in UTC.
	Day     string  `json:"day"`
	Reading Reading `json:"reading"`
}
