package loyalty

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Tier is a level of membership.
type Tier struct {
	ID string `json:"id"`
	// Threshold is the qualifying amount at which the tier begins, inclusive.
	Threshold int64 `json:"threshold"`
	// Multiplier is what the tier multiplies base points by; 1 when zero.
	Multiplier money.Rate `json:"multiplier,omitzero"`
}

// Window says which activity counts towards a tier.
type Window string

// Windows.
const (
	// Rolling counts the activity of the last Tiering.Period.
	Rolling Window = "rolling"
	// CalendarYear counts that of the current year.
	CalendarYear Window = "calendar_year"
	// Lifetime counts all.
	Lifetime Window = "lifetime"
)

// Downgrade says how a member falls who no longer meets a tier's threshold.
// Upgrades are always immediate.
type Downgrade string

// Downgrades.
const (
	// Immediate falls to what the metric gives now. It is the default.
	Immediate Downgrade = "immediate"
	// ToEarned falls, at the end of a calendar year, to what that year earned.
	ToEarned Downgrade = "to_earned"
	// OneDown falls one tier per calendar year, never below what it earned.
	OneDown Downgrade = "one_down"
	// Never keeps the highest tier reached.
	Never Downgrade = "never"
)

// Tiering is how members rise and fall.
type Tiering struct {
	// Tiers are in rising order of threshold; the first one begins at 0.
	Tiers  []Tier `json:"tiers"`
	Window Window `json:"window"`
	// Period is the length of a [Rolling] window, such as "P12M".
	Period    string    `json:"period,omitempty"`
	Downgrade Downgrade `json:"downgrade,omitempty"`
	// ThroughNextPeriod keeps a tier that was earned in one calendar year to
	// the end of the next.
	ThroughNextPeriod bool `json:"through_next_period,omitempty"`
	// Grace delays a fall by that calendar time, such as "P60D".
	Grace string `json:"grace,omitempty"`
}

// Standing is where a member stands at one instant.
type Standing struct {
	Tier string `json:"tier"`
	// Metric is the qualifying amount of the current window.
	Metric int64 `json:"metric"`
	// Next is the next higher tier and Missing the amount up to it; empty and
	// zero at the top.
	Next    string `json:"next,omitempty"`
	Missing int64  `json:"missing,omitempty"`
}

type tiering struct {
	Tiering
	zone          *time.Location
	period, grace caltime.Duration
}

func (t Tiering) compile(zone *time.Location) (*tiering, error) {
	fail := func(field, format string, args ...any) (*tiering, error) {
		return nil, &ProgramError{flywheel.FieldError{Field: "tiering." + field, Err: fmt.Errorf(format, args...)}}
	}
	c := &tiering{Tiering: t, zone: zone}
	c.Tiers = slices.Clone(t.Tiers)
	if len(t.Tiers) == 0 {
		return fail("tiers", "missing: %w", flywheel.ErrInvalid)
	}
	for i := range c.Tiers {
		tier := &c.Tiers[i]
		if err := flywheel.CheckID(tier.ID); err != nil {
			return fail(fmt.Sprintf("tiers[%d].id", i), "%w", err)
		}
		if c.index(tier.ID) != i {
			return fail(fmt.Sprintf("tiers[%d].id", i), "%q is there twice: %w", tier.ID, flywheel.ErrInvalid)
		}
		if i == 0 && tier.Threshold != 0 || i > 0 && tier.Threshold <= c.Tiers[i-1].Threshold {
			return fail(fmt.Sprintf("tiers[%d].threshold", i), "%d does not rise from 0: %w", tier.Threshold, flywheel.ErrInvalid)
		}
		if tier.Multiplier.IsZero() {
			tier.Multiplier = one
		}
		if tier.Multiplier.Sign() < 0 {
			return fail(fmt.Sprintf("tiers[%d].multiplier", i), "%v is negative: %w", tier.Multiplier, flywheel.ErrOutOfRange)
		}
	}
	if t.Downgrade == "" {
		c.Downgrade = Immediate
	}
	switch t.Window {
	case Rolling, Lifetime:
		if c.Downgrade != Immediate && c.Downgrade != Never {
			return fail("downgrade", "%q needs calendar years: %w", t.Downgrade, flywheel.ErrInvalid)
		}
		if t.ThroughNextPeriod {
			return fail("through_next_period", "needs calendar years: %w", flywheel.ErrInvalid)
		}
	case CalendarYear:
		if !slices.Contains([]Downgrade{Immediate, ToEarned, OneDown, Never}, c.Downgrade) {
			return fail("downgrade", "%q is unknown: %w", t.Downgrade, flywheel.ErrInvalid)
		}
	default:
		return fail("window", "%q is unknown: %w", t.Window, flywheel.ErrInvalid)
	}
	if (t.Window == Rolling) != (t.Period != "") {
		return fail("period", "goes with a rolling window and nothing else: %w", flywheel.ErrInvalid)
	}
	var err error
	if t.Period != "" {
		if c.period, err = caltime.ParseDuration(t.Period); err != nil {
			return fail("period", "%w", err)
		}
		if c.period.IsZero() {
			return fail("period", "no time at all: %w", flywheel.ErrInvalid)
		}
	}
	if t.Grace != "" {
		if c.grace, err = caltime.ParseDuration(t.Grace); err != nil {
			return fail("grace", "%w", err)
		}
	}
	return c, nil
}

// Standing returns where a member with that activity stands at an instant.
// Activity after it is not known yet. The zero Standing is that of a program
// without tiers. O(n), for calendar years O(n) per year of activity.
func (l *Ledger) Standing(activity []Activity, at time.Time) Standing {
	t := l.tiering
	if t == nil {
		return Standing{}
	}
	metric := t.metric(activity, at)
	index := t.at(activity, at)
	s := Standing{Tier: t.Tiers[index].ID, Metric: metric}
	if index+1 < len(t.Tiers) {
		s.Next, s.Missing = t.Tiers[index+1].ID, t.Tiers[index+1].Threshold-metric
	}
	return s
}

func (t *tiering) index(id string) int {
	return slices.IndexFunc(t.Tiers, func(tier Tier) bool { return tier.ID == id })
}

// reached returns the highest tier whose threshold the metric meets.
func (t *tiering) reached(metric int64) int {
	i := len(t.Tiers) - 1
	for i > 0 && metric < t.Tiers[i].Threshold {
		i--
	}
	return i
}

// metric sums what is known at an instant and dated within its window. A rolling
// window begins at the instant less the period, on the calendar.
func (t *tiering) metric(activity []Activity, at time.Time) int64 {
	var from time.Time // inclusive
	switch t.Window {
	case Rolling:
		from = t.period.Neg().AddTo(at, t.zone).Add(1)
	case CalendarYear:
		from = t.yearStart(at.In(t.zone).Year())
	}
	return t.sum(activity, from, at.Add(1), at)
}

// sum adds the activity dated from an instant until before another, as far as
// it is known.
func (t *tiering) sum(activity []Activity, from, to, known time.Time) (sum int64) {
	for _, a := range activity {
		if date := a.date(); !a.At.After(known) && !date.Before(from) && date.Before(to) {
			sum += a.Amount
		}
	}
	return sum
}

func (t *tiering) yearStart(year int) time.Time {
	return caltime.At(year, time.January, 1, 0, 0, 0, 0, t.zone)
}

// at returns the tier held at an instant.
func (t *tiering) at(activity []Activity, at time.Time) int {
	switch {
	case t.Downgrade == Never:
		return t.highest(activity, time.Time{}, at)
	case t.Window == CalendarYear:
		return t.inYear(activity, at)
	case t.grace.IsZero():
		return t.reached(t.metric(activity, at))
	}
	// A fall at an instant takes effect after the grace: what was held within
	// it still counts.
	return t.highest(activity, t.grace.Neg().AddTo(at, t.zone), at)
}

// highest returns the highest tier reached from an instant to another. The
// metric rises only at activity.
func (t *tiering) highest(activity []Activity, from, to time.Time) int {
	best := t.reached(t.metric(activity, to))
	if !from.IsZero() {
		best = max(best, t.reached(t.metric(activity, from)))
	}
	for _, a := range activity {
		if a.Amount > 0 && a.At.After(from) && !a.At.After(to) {
			best = max(best, t.reached(t.metric(activity, a.At)))
		}
	}
	return best
}

// inYear returns the tier at an instant of a calendar year: what the year has
// earned so far, or what is still held from the years before. A refund lowers
// what its year has earned, also when that year is over.
func (t *tiering) inYear(activity []Activity, at time.Time) int {
	year := at.In(t.zone).Year()
	first := year
	for _, a := range activity {
		first = min(first, a.date().In(t.zone).Year())
	}
	// held is the tier at the end of the year before y, kept what of it lasts
	// into y.
	held, kept := 0, 0
	for y := first; y < year; y++ {
		earned := t.reached(t.sum(activity, t.yearStart(y), t.yearStart(y+1), at))
		held = max(kept, earned)
		switch {
		case t.Downgrade == OneDown:
			kept = max(earned, held-1)
		case t.Downgrade == ToEarned || t.ThroughNextPeriod:
			kept = earned
		default:
			kept = 0
		}
	}
	now := max(kept, t.reached(t.metric(activity, at)))
	if !t.grace.IsZero() && at.Before(t.grace.AddTo(t.yearStart(year), t.zone)) {
		now = max(now, held)
	}
	return now
}
