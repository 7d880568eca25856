package loyalty

import (
	"sort"
	"time"

	"github.com/flywheel-go/flywheel/internal/caltime"
)

// qualify books what an operation counts towards tiers and returns the tiers
// before and after it, empty when they are the same.
func (l *Ledger) qualify(a *Account, op Operation, of *Receipt) (from, to string) {
	switch {
	case op.Kind == Earn && op.Qualifying > 0:
		a.Activity = append(a.Activity, Activity{At: op.At, Amount: op.Qualifying})
	case op.Kind == ReverseEarn && of != nil:
		taken := min(op.Qualifying, of.Qualifying-of.Requalified)
		if taken > 0 {
			of.Requalified += taken
			a.Activity = append(a.Activity, Activity{At: a.Settled, Amount: -taken, Reverses: of.At})
		}
	}
	return l.regrade(a, a.Settled)
}

// regrade sets the member's tier to what it is at an instant.
func (l *Ledger) regrade(a *Account, at time.Time) (from, to string) {
	if l.tiering == nil {
		from, a.Tier, a.Fall = a.Tier, "", time.Time{}
		return from, ""
	}
	l.tiering.forget(a, at)
	before := a.Tier
	index := l.tiering.at(a.Activity, at)
	a.Tier, a.Fall = l.tiering.Tiers[index].ID, time.Time{}
	if index > 0 {
		a.Fall = l.tiering.fall(a.Activity, at)
	}
	if before == "" {
		before = l.tiering.Tiers[0].ID
	}
	if before == a.Tier {
		return "", ""
	}
	return before, a.Tier
}

// horizon returns the instant before which activity can never count again: in a
// rolling window that is not remembered for ever, what is older than window and
// grace. Zero is none.
func (t *tiering) horizon(at time.Time) time.Time {
	if t.Window != Rolling || t.Downgrade == Never {
		return time.Time{}
	}
	horizon := t.grace.Neg().AddTo(t.period.Neg().AddTo(at, t.zone), t.zone)
	return horizon.AddDate(0, 0, -7) // calendars are uneven: stay on the safe side
}

// forget drops saved activity before the horizon from the account, which the
// store keeps.
func (t *tiering) forget(a *Account, at time.Time) {
	horizon := t.horizon(at)
	if horizon.IsZero() {
		return
	}
	kept := a.Activity[:0]
	for _, x := range a.Activity {
		if x.N == 0 || x.date().After(horizon) {
			kept = append(kept, x)
		}
	}
	a.Activity = kept
}

// fall returns the first instant after at, when a tier above the first one is
// held, at which time alone may lower it; zero is never.
func (t *tiering) fall(activity []Activity, at time.Time) time.Time {
	switch {
	case t.Downgrade == Never:
		return time.Time{}
	case t.Window == CalendarYear:
		year := at.In(t.zone).Year()
		if end := t.grace.AddTo(t.yearStart(year), t.zone); !t.grace.IsZero() && end.After(at) {
			return end.UTC()
		}
		return t.yearStart(year + 1).UTC()
	}
	// The metric falls when activity leaves the window and, where a fall waits for
	// the grace, that much later; refunds fall at once, and count for the grace. What
	// leaves first is dated first, so one search on the calendar is enough: x leaves
	// after an instant if it is dated after the instant less the duration.
	after := t.grace.Neg().AddTo(at, t.zone)
	dated := t.period.Neg().AddTo(after, t.zone)
	var gained, lost time.Time // the earliest that fall after at
	for i := range activity {
		switch x := &activity[i]; {
		case x.Amount <= 0:
			if x.At.After(after) && (lost.IsZero() || x.At.Before(lost)) {
				lost = x.At
			}
		case t.Window != Lifetime:
			if date := x.date(); date.After(dated) && (gained.IsZero() || date.Before(gained)) {
				gained = date
			}
		}
	}
	drop := lost
	if !gained.IsZero() {
		if gained = t.leaves(t.period, gained); drop.IsZero() || gained.Before(drop) {
			drop = gained
		}
	}
	if drop.IsZero() {
		return drop
	}
	if !t.grace.IsZero() {
		drop = t.leaves(t.grace, drop)
	}
	return drop.UTC()
}

// leaves returns the first instant, to the microsecond, that is at least d after
// an instant when d is subtracted on the calendar, which clamps month ends.
func (t *tiering) leaves(d caltime.Duration, from time.Time) time.Time {
	const slack = 5 * 24 * time.Hour
	left := func(at time.Time) bool { return !d.Neg().AddTo(at, t.zone).Before(from) }
	guess := d.AddTo(from, t.zone)
	if left(guess) && !left(guess.Add(-time.Microsecond)) {
		return guess
	}
	low := guess.Add(-slack)
	n := sort.Search(int(2*slack/time.Microsecond), func(i int) bool { return left(low.Add(time.Duration(i) * time.Microsecond)) })
	return low.Add(time.Duration(n) * time.Microsecond)
}
