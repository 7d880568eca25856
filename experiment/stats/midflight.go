package stats

import "math"

// MidFlight asks in the middle of an experiment whether going on is worth while:
// how likely it is to find an effect of a given size, and how many more units it
// would take, with the variances as observed so far. Only the size of the
// planned effect enters, not the effect observed.
type MidFlight struct {
	Plan
	// RelativeEffect is the effect that is to be found, as a share of the
	// control's mean.
	RelativeEffect float64
	// Sequence, when not nil, judges by the confidence sequence instead of by
	// the two-sided test at a fixed end.
	Sequence *ConfidenceSequence
}

// MidFlightResult is the outlook of a running experiment.
type MidFlightResult struct {
	// Power is the chance to find the effect with the units there are.
	Power float64 `json:"power"`
	// Scaling is how many times the present units must come in addition to reach
	// the planned power, 0 where it is reached.
	Scaling float64 `json:"scaling"`
	// AdditionalUnits is that number of units over both arms.
	AdditionalUnits float64 `json:"additional_units"`
}

// Outlook returns the power now and the units that are missing. Ratio of the
// Plan is not used: the arms go on growing as they have. The error is an
// [*InputError].
func (m MidFlight) Outlook(control, treatment Sample) (MidFlightResult, error) {
	p, err := m.Plan.resolve()
	if err != nil {
		return MidFlightResult{}, err
	}
	if !finite(m.RelativeEffect) {
		return MidFlightResult{}, refuse("relative effect", m.RelativeEffect, ErrNotANumber)
	}
	if m.RelativeEffect == 0 || p.Alternative == Less && m.RelativeEffect > 0 || p.Alternative == Greater && m.RelativeEffect < 0 {
		return MidFlightResult{}, refuse("relative effect", m.RelativeEffect, ErrBeyond)
	}
	r, err := Welch{Alpha: p.Alpha, Relative: Delta, LargeSample: true}.Test(control, treatment)
	if err != nil {
		return MidFlightResult{}, err
	}
	if r.Relative == nil {
		return MidFlightResult{}, refuse("mean of the control", control.Mean, ErrBeyond)
	}
	if m.Sequence != nil {
		if err := m.Sequence.check(); err != nil {
			return MidFlightResult{}, err
		}
	}
	n := float64(control.N) + float64(treatment.N)
	power := func(scaling float64) float64 { return m.power(p, r.Relative.StandardError, n, 1+scaling) }
	out := MidFlightResult{Power: power(0)}
	if out.Power >= p.Power {
		return out, nil
	}
	high := 1.0
	for power(high) < p.Power {
		if high *= 2; high*n > mostUnits {
			return MidFlightResult{}, refuse("units to come", high*n, ErrBeyond)
		}
	}
	out.Scaling = bracketed(0, high, func(s float64) float64 { return power(s) - p.Power })
	out.AdditionalUnits = out.Scaling * n
	return out, nil
}

// power returns the power with growth times the units of now.
func (m MidFlight) power(p Plan, standardError, n, growth float64) float64 {
	drift := m.RelativeEffect / standardError * math.Sqrt(growth)
	if m.Sequence == nil {
		return p.normalPower(drift)
	}
	sequence := *m.Sequence
	sequence.Alternative = p.Alternative
	return p.powerBeyond(sequence.critical(n*growth, p.Alpha), drift)
}
