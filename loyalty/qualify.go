package loyalty

import "time"

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
		return "", ""
	}
	l.tiering.forget(a, at)
	before := a.Tier
	a.Tier = l.tiering.Tiers[l.tiering.at(a.Activity, at)].ID
	if before == "" {
		before = l.tiering.Tiers[0].ID
	}
	if before == a.Tier {
		return "", ""
	}
	return before, a.Tier
}

// forget drops activity that can never count again: in a rolling window that
// is not remembered for ever, what is older than window and grace.
func (t *tiering) forget(a *Account, at time.Time) {
	if t.Window != Rolling || t.Downgrade == Never {
		return
	}
	horizon := t.grace.Neg().AddTo(t.period.Neg().AddTo(at, t.zone), t.zone)
	horizon = horizon.AddDate(0, 0, -7) // calendars are uneven: stay on the safe side
	kept := a.Activity[:0]
	for _, x := range a.Activity {
		if x.date().After(horizon) {
			kept = append(kept, x)
		}
	}
	a.Activity = kept
}
