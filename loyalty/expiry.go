package loyalty

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
)

// Expiry says when points expire. The zero value is never.
type Expiry struct {
	// After is the time from earning to expiry, such as "P12M"; month ends are
	// clamped, a local time that the clocks skip moves forward.
	After string `json:"after,omitempty"`
	// Round moves the expiry to the end of its day, month or year.
	Round ExpiryRounding `json:"round,omitempty"`
}

// ExpiryRounding says to the end of what an expiry is moved.
type ExpiryRounding uint8

// Roundings of an expiry. The points live to the last instant of the local day,
// month or year; the expiry, which is exclusive, is the first of the next.
const (
	Exact ExpiryRounding = iota
	EndOfDay
	EndOfMonth
	EndOfYear
)

var expiryRoundings = [...]string{"exact", "end_of_day", "end_of_month", "end_of_year"}

// String returns the name, such as "end_of_month".
func (r ExpiryRounding) String() string {
	if int(r) < len(expiryRoundings) {
		return expiryRoundings[r]
	}
	return fmt.Sprintf("ExpiryRounding(%d)", uint8(r))
}

// MarshalText returns the name.
func (r ExpiryRounding) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads a name.
func (r *ExpiryRounding) UnmarshalText(text []byte) error {
	for i, name := range expiryRoundings {
		if string(text) == name {
			*r = ExpiryRounding(i)
			return nil
		}
	}
	return fmt.Errorf("loyalty: expiry rounding %q: %w", text, flywheel.ErrInvalid)
}

// ExpiresAt returns when points earned at that instant expire: the first
// instant at which they cannot be spent, zero for never.
func (l *Ledger) ExpiresAt(earned time.Time) time.Time {
	if l.program.Expiry.After == "" {
		return time.Time{}
	}
	if l.program.Expiry.Round == Exact {
		return l.expiry.AddTo(earned, l.zone).UTC()
	}
	// The date is computed apart from the time of day, which does not matter
	// and may not exist on that day.
	year, month, day := earned.In(l.zone).Date()
	date := l.expiry.AddTo(time.Date(year, month, day, 0, 0, 0, 0, time.UTC), time.UTC)
	if l.expiry.Elapsed != 0 {
		date = l.expiry.AddTo(earned, l.zone)
	}
	year, month, day = date.Date()
	switch l.program.Expiry.Round {
	case EndOfDay:
		day++
	case EndOfMonth:
		month, day = month+1, 1
	case EndOfYear:
		year, month, day = year+1, time.January, 1
	}
	return caltime.At(year, month, day, 0, 0, 0, 0, l.zone).UTC()
}

// Anniversary returns the occurrence of a local date and time, such as a
// birthday, in the given year: 29 February falls on the 28th in common years,
// and a time that the clocks skip moves forward.
func (l *Ledger) Anniversary(anchor time.Time, year int) time.Time {
	years := caltime.Duration{Months: 12 * (year - anchor.In(l.zone).Year())}
	return years.AddTo(anchor, l.zone).UTC()
}
