package stats

import (
	"fmt"
	"math"
)

// GroupSequential designs an experiment that is read at a few planned looks and
// may stop at each, with alpha over all of them together. The zero value, five
// equal looks two-sided at 5 % that spend as [SpendOBrienFleming], is the
// recommended sequential design: it has more than 97 % of the power of a single
// look at the end and stops a strong effect half way.
//
// Jennison & Turnbull (2000) is the reference for all of it.
type GroupSequential struct {
	Alpha       float64 // 0 means 0.05
	Alternative Alternative
	// Information is the share of the planned units at each look, rising to 1;
	// nil means [EqualLooks](5).
	Information []float64
	// Boundary places the critical values; nil means Spending(SpendOBrienFleming).
	Boundary Boundary
	// Futility, when not nil, spends the chance to miss the effect on stopping
	// early for want of it, without binding: going on all the same keeps alpha.
	// It needs a one-sided Alternative and Power.
	Futility Spending
	// Power is the chance to find the effect that Futility is about; 0 means 0.8.
	Power float64
}

// EqualLooks returns the information of k equally spaced looks.
func EqualLooks(k int) []float64 {
	information := make([]float64, max(0, k))
	for i := range information {
		information[i] = float64(i+1) / float64(k)
	}
	return information
}

// Looks is a group-sequential design with its critical values.
type Looks struct {
	Alpha       float64     `json:"alpha"`
	Alternative Alternative `json:"alternative"`
	// Information is the share of the planned units at each look.
	Information []float64 `json:"information"`
	// Z are the critical values of the statistic: a look stops for an effect
	// when it is beyond, on the side or sides of the alternative.
	Z []float64 `json:"z"`
	// FutilityZ are the values below which a look stops for futility, for the
	// alternative [Less] with the sign turned; nil for none.
	FutilityZ []float64 `json:"futility_z,omitempty"`
	// Spent is the alpha spent up to each look.
	Spent []float64 `json:"spent"`
	// Nominal is the one-sided p value to which each critical value belongs.
	Nominal []float64 `json:"nominal"`
}

// lower returns the lower critical value beside an upper one.
func (g GroupSequential) lower(upper float64) float64 {
	if g.Alternative == TwoSided {
		return -upper
	}
	return math.Inf(-1)
}

// mostLooks bounds the work of a design.
const mostLooks = 200

// Design computes the critical values. The error is an [*InputError]. Some
// milliseconds for ten looks.
func (g GroupSequential) Design() (Looks, error) {
	alpha, err := alphaOr(g.Alpha, 0.05)
	if err != nil {
		return Looks{}, err
	}
	if alpha < 1e-10 || alpha > 0.5 {
		return Looks{}, refuse("alpha", alpha, ErrBeyond)
	}
	if err := g.Alternative.check(); err != nil {
		return Looks{}, err
	}
	information := g.Information
	if information == nil {
		information = EqualLooks(5)
	}
	if len(information) == 0 || len(information) > mostLooks {
		return Looks{}, refuse("number of looks", float64(len(information)), ErrShape)
	}
	before := 0.0
	for i, t := range information {
		if !finite(t) || t < before+1e-6 {
			return Looks{}, refuse(fmt.Sprintf("information[%d]", i), t, ErrBeyond)
		}
		before = t
	}
	if math.Abs(before-1) > 1e-6 {
		return Looks{}, refuse("information of the last look", before, ErrBeyond)
	}
	boundary := g.Boundary
	if s, ok := boundary.(Spending); boundary == nil || ok && s == nil {
		boundary = Spending(SpendOBrienFleming)
	}
	sides := 2.0
	if g.Alternative != TwoSided {
		sides = 1
	}
	l := Looks{Alpha: alpha, Alternative: g.Alternative, Information: append([]float64(nil), information...)}
	if l.Z, err = boundary.boundaries(g, information, sides, alpha); err != nil {
		return Looks{}, err
	}
	walk := newWalk(information, 0)
	spent := 0.0
	for _, z := range l.Z {
		up, _ := walk.step(g.lower(z), z)
		spent += sides * up
		p, _ := NormalTail(z)
		l.Spent, l.Nominal = append(l.Spent, spent), append(l.Nominal, p)
	}
	if g.Futility != nil {
		err = g.futility(&l)
	}
	return l, err
}

// futility fills in the futility boundary: it spends the chance of missing the
// effect at the drift for which it meets the upper boundary at the last look.
// Pampallona, Tsiatis & Kim (2001), without binding.
func (g GroupSequential) futility(l *Looks) error {
	power := g.Power
	if power == 0 {
		power = 0.8
	}
	switch {
	case g.Alternative == TwoSided:
		return refuse("alternative of a design with futility", float64(g.Alternative), ErrBeyond)
	case !(power > l.Alpha && power < 1):
		return refuse("power", power, ErrBeyond)
	}
	var invalid error
	last := len(l.Z) - 1
	lower := make([]float64, len(l.Z))
	// gap is how far the last futility value lies below the last critical one.
	gap := func(drift float64) float64 {
		walk := newWalk(l.Information, drift)
		spent := 0.0
		for k, t := range l.Information {
			target := g.Futility(t, 1-power)
			if k == last {
				target = 1 - power
			}
			if !finite(target) || target < spent || target > (1-power)*(1+1e-12) {
				invalid = refuse("futility spent", target, ErrBeyond)
				return 0
			}
			lower[k] = -mostZ
			if target > spent {
				lower[k] = bracketed(-mostZ, mostZ, func(z float64) float64 { return walk.below(z) - (target - spent) })
			}
			if k < last && lower[k] >= l.Z[k] {
				return 1 // nothing goes on: the drift is more than enough
			}
			walk.step(lower[k], l.Z[k])
			spent = target
		}
		return lower[last] - l.Z[last]
	}
	high := 1.0
	for gap(high) < 0 && high < 64 {
		high *= 2
	}
	drift := bracketed(0, high, gap)
	if invalid != nil {
		return invalid
	}
	gap(drift)
	lower[last] = l.Z[last]
	l.FutilityZ = lower
	return nil
}

// Decision is what a look at a group-sequential experiment says.
type Decision uint8

// Decisions of a look.
const (
	GoOn            Decision = iota // no decision yet; at the last look: no effect shown
	StopForEffect                   // the statistic is beyond the critical value
	StopForFutility                 // the effect is not going to be shown
)

// Decide says what the statistic at a look, from 0, means. The error is an
// [*InputError].
func (l Looks) Decide(look int, z float64) (Decision, error) {
	if err := l.check(); err != nil {
		return GoOn, err
	}
	switch {
	case look < 0 || look >= len(l.Z):
		return GoOn, refuse("look", float64(look), ErrBeyond)
	case math.IsNaN(z):
		return GoOn, refuse("z", z, ErrNotANumber)
	}
	switch l.Alternative {
	case Less:
		z = -z
	case TwoSided:
		z = math.Abs(z)
	}
	switch {
	case z >= l.Z[look]:
		return StopForEffect, nil
	case l.FutilityZ != nil && z <= l.FutilityZ[look]:
		return StopForFutility, nil
	}
	return GoOn, nil
}

// Crossing returns the probability of stopping for an effect at each look, on
// its own side, when the statistic at full information has the mean drift.
// Stopping a two-sided design on the other side is an error, not power. Futility
// counts as a stop without effect where the design has it.
func (l Looks) Crossing(drift float64) []float64 {
	g := GroupSequential{Alternative: l.Alternative}
	if l.Alternative == Less || l.Alternative == TwoSided && drift < 0 {
		drift = -drift
	}
	walk := newWalk(l.Information, drift)
	crossing := make([]float64, len(l.Z))
	for k, z := range l.Z {
		lower := g.lower(z)
		if l.FutilityZ != nil {
			lower = l.FutilityZ[k]
		}
		crossing[k], _ = walk.step(lower, z)
	}
	return crossing
}

// Power returns the chance to stop for an effect, on its own side, at any look.
func (l Looks) Power(drift float64) float64 {
	total := 0.0
	for _, p := range l.Crossing(drift) {
		total += p
	}
	return min(1, total)
}

// Drift returns the mean of the statistic at full information that gives the
// power. The error is an [*InputError].
func (l Looks) Drift(power float64) (float64, error) {
	if !(power > l.Alpha && power < 1) {
		return 0, refuse("power", power, ErrBeyond)
	}
	sign := 1.0
	if l.Alternative == Less {
		sign = -1
	}
	high := 4.0
	for l.Power(sign*high) < power && high < 1000 {
		high *= 2
	}
	return sign * bracketed(0, high, func(d float64) float64 { return l.Power(sign*d) - power }), nil
}

// Inflation returns how many times as many units the design plans as a fixed one
// of the same power. The error is an [*InputError].
func (l Looks) Inflation(power float64) (float64, error) {
	drift, err := l.Drift(power)
	if err != nil {
		return 0, err
	}
	fixed := normalQuantile(l.Alternative.tail(l.Alpha)) - normalQuantile(power)
	return drift / fixed * (drift / fixed), nil
}

// ExpectedInformation returns the share of the planned units that the experiment
// is expected to use under the drift, stopping at critical values and futility.
func (l Looks) ExpectedInformation(drift float64) float64 {
	g := GroupSequential{Alternative: l.Alternative}
	if l.Alternative == Less {
		drift = -drift
	}
	walk := newWalk(l.Information, drift)
	expected, going, before := 0.0, 1.0, 0.0
	for k, z := range l.Z {
		expected += going * (l.Information[k] - before)
		before = l.Information[k]
		lower := g.lower(z)
		if l.FutilityZ != nil {
			lower = l.FutilityZ[k]
		}
		up, down := walk.step(lower, z)
		going = max(0, going-up-down)
	}
	return expected
}
