package stats

import (
	"encoding/json"
	"math"
)

// StoppedEffect is the estimate from an experiment that stopped at a look of a
// group-sequential design. The plain estimate is too large on average, because
// large ones stop; these take that into account.
type StoppedEffect struct {
	// P is the p value, and its log, that orders outcomes by the stage at which
	// they stop: earlier is more extreme. Two-sided for a two-sided design.
	P    float64 `json:"p"`
	LogP float64 `json:"log_p"`
	// Median is the estimate that is as often too large as too small, and Lower
	// and Upper bound the interval, in units of the estimate given.
	Median float64 `json:"median"`
	Lower  float64 `json:"lower"`
	Upper  float64 `json:"upper"`
	// Unbiased is the estimate less its bias (Whitehead, 1986).
	Unbiased float64 `json:"unbiased"`
}

// MarshalJSON writes infinities, which JSON does not have, as null.
func (e StoppedEffect) MarshalJSON() ([]byte, error) {
	type plain StoppedEffect
	return json.Marshal(struct {
		plain
		LogP  *float64 `json:"log_p"`
		Lower *float64 `json:"lower"`
		Upper *float64 `json:"upper"`
	}{plain(e), number(e.LogP), number(e.Lower), number(e.Upper)})
}

// AfterStopping returns the adjusted p value, estimates and interval of an
// experiment that stopped, or ended, at the given look, from 0, with the plain
// estimate and its standard error then. Stage-wise ordering: Armitage (1957),
// Tsiatis, Rosner & Mehta (1984). The error is an [*InputError].
func (l Looks) AfterStopping(look int, estimate, standardError float64) (StoppedEffect, error) {
	if err := l.check(); err != nil {
		return StoppedEffect{}, err
	}
	switch {
	case look < 0 || look >= len(l.Z):
		return StoppedEffect{}, refuse("look", float64(look), ErrBeyond)
	case !finite(estimate):
		return StoppedEffect{}, refuse("estimate", estimate, ErrNotANumber)
	case !finite(standardError) || !(standardError > 0):
		return StoppedEffect{}, refuse("standard error", standardError, ErrBeyond)
	}
	z := estimate / standardError
	if math.Abs(z) > 1e6 {
		return StoppedEffect{}, refuse("estimate in standard errors", z, ErrBeyond)
	}
	if l.Alternative == Less {
		z = -z
	}
	// At full information a drift of 1 is this effect.
	unit := standardError * math.Sqrt(l.Information[look])
	up := func(drift float64) float64 { return l.beyond(look, z, drift, false) }
	var e StoppedEffect
	high := l.beyond(look, z, 0, false)
	if e.P = high; l.Alternative == TwoSided {
		e.P = min(1, 2*min(high, l.beyond(look, z, 0, true)))
	}
	e.LogP = math.Log(e.P)
	if look == 0 { // which may be far in the tail
		e.P, e.LogP = l.Alternative.p(estimate/standardError, math.Inf(1))
	}
	tail := l.Alpha
	if l.Alternative == TwoSided {
		tail /= 2
	}
	center := z / math.Sqrt(l.Information[look])
	reach := 12 / math.Sqrt(l.Information[0])
	solve := func(p float64) float64 {
		return unit * bracketed(center-reach, center+reach, func(drift float64) float64 { return up(drift) - p })
	}
	e.Median = solve(0.5)
	e.Lower, e.Upper = l.Alternative.bounds(solve(tail), solve(1-tail))
	// The effect for which the plain estimate is expected to be what it was.
	e.Unbiased = unit * bracketed(center-reach, center+reach, func(drift float64) float64 { return l.meanEstimate(drift) - center })
	if l.Alternative == Less {
		e.Median, e.Unbiased = -e.Median, -e.Unbiased
		e.Lower, e.Upper = math.Inf(-1), -unit*bracketed(center-reach, center+reach, func(drift float64) float64 { return up(drift) - tail })
	}
	return e, nil
}

// check refuses a design that was not made by Design.
func (l Looks) check() error {
	if len(l.Z) == 0 || len(l.Z) != len(l.Information) || l.FutilityZ != nil && len(l.FutilityZ) != len(l.Z) {
		return refuse("number of critical values", float64(len(l.Z)), ErrShape)
	}
	if !(l.Alpha > 0 && l.Alpha < 1) {
		return refuse("alpha", l.Alpha, ErrBeyond)
	}
	return nil
}

// beyond returns the probability of an outcome at least as large as z at the
// look, or as small, by the stage-wise ordering. Futility does not bind.
func (l Looks) beyond(look int, z, drift float64, small bool) float64 {
	g := GroupSequential{Alternative: l.Alternative}
	walk := newWalk(l.Information, drift)
	total := 0.0
	for k := range look {
		up, down := walk.step(g.lower(l.Z[k]), l.Z[k])
		if small {
			up = down
		}
		total += up
	}
	if small {
		return total + walk.below(z)
	}
	return total + walk.above(z)
}

// meanEstimate returns the expected plain estimate, in units of the drift: the
// drift plus the bias. The score at stopping has mean drift·E(t); the estimate
// is score/t, summed over the looks by the increments' densities.
func (l Looks) meanEstimate(drift float64) float64 {
	g := GroupSequential{Alternative: l.Alternative}
	walk := newWalk(l.Information, drift)
	total := 0.0
	for k, z := range l.Z {
		t := l.Information[k]
		last := k == len(l.Z)-1
		delta, _ := walk.increment()
		sd, root := math.Sqrt(delta), math.Sqrt(t)
		bounds := [2]float64{g.lower(z) * root, z * root}
		for i, s := range walk.score {
			center := s + drift*delta
			// E[S; S beyond a bound] = center·P + sd·φ on the upper side.
			score := center
			if !last {
				u := (bounds[1] - center) / sd
				p, _ := NormalTail(u)
				score = float64(center*p) + sd*gauss(u)
				if !math.IsInf(bounds[0], -1) {
					u = (bounds[0] - center) / sd
					p, _ = NormalTail(-u)
					score += float64(center*p) - sd*gauss(u)
				}
			}
			total += walk.mass[i] * score / t
		}
		walk.step(g.lower(z), z)
	}
	return total
}

// gauss returns the standard normal density.
func gauss(u float64) float64 { return math.Exp(-0.5*u*u) / math.Sqrt(2*math.Pi) }

// Repeated returns the interval of an effect at a look, from 0, that is valid
// whether or not the experiment stops there: the estimate ± the look's critical
// value times its standard error. Jennison & Turnbull (1989). The error is an
// [*InputError].
func (l Looks) Repeated(look int, estimate, standardError float64) (lower, upper float64, err error) {
	if err := l.check(); err != nil {
		return 0, 0, err
	}
	switch {
	case look < 0 || look >= len(l.Z):
		return 0, 0, refuse("look", float64(look), ErrBeyond)
	case !finite(estimate):
		return 0, 0, refuse("estimate", estimate, ErrNotANumber)
	case !finite(standardError) || !(standardError > 0):
		return 0, 0, refuse("standard error", standardError, ErrBeyond)
	}
	half := l.Z[look] * standardError
	lower, upper = l.Alternative.bounds(estimate-half, estimate+half)
	return lower, upper, nil
}

// ConditionalPower returns the chance that the last look will be beyond its
// critical value, given the statistic z at the share t of the information and
// the drift from then on. With drift z/√t it assumes that the trend goes on. Lan,
// Simon & Halperin (1982). The error is an [*InputError].
func (l Looks) ConditionalPower(t, z, drift float64) (float64, error) {
	if err := l.check(); err != nil {
		return 0, err
	}
	switch {
	case !(t > 0 && t < 1):
		return 0, refuse("information", t, ErrBeyond)
	case !finite(z):
		return 0, refuse("z", z, ErrNotANumber)
	case !finite(drift):
		return 0, refuse("drift", drift, ErrNotANumber)
	}
	if l.Alternative == Less {
		z, drift = -z, -drift
	}
	last := l.Z[len(l.Z)-1]
	score := func(z, drift float64) float64 {
		p, _ := NormalTail((last - z*math.Sqrt(t) - drift*(1-t)) / math.Sqrt(1-t))
		return p
	}
	p := score(z, drift)
	if l.Alternative == TwoSided {
		p += score(-z, -drift)
	}
	return min(1, p), nil
}
