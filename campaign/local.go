package campaign

import (
	"time"

	"github.com/flywheel-go/flywheel/internal/caltime"
)

// Local time is not what time.Date and AddDate make of it: they leave open
// which of two instants a repeated wall clock names, and let 31 January plus a
// month be 3 March. Package caltime says it; the rules are T1 to T5 of the
// package documentation.

// Add returns t plus d, in the zone of t: years and months first, clamped to the
// last day of the month, then weeks and days, resolved to an instant, then the
// elapsed part. The n-th of a series is d.Times(n) from its anchor, never d from
// the one before.
func (d Duration) Add(t time.Time) time.Time {
	calendar := caltime.Duration{Months: 12*d.Years + d.Months, Days: 7*d.Weeks + d.Days, Elapsed: d.Time}
	return calendar.AddTo(t, t.Location())
}

// Times returns n times d, part by part.
func (d Duration) Times(n int) Duration {
	return Duration{Years: n * d.Years, Months: n * d.Months, Weeks: n * d.Weeks, Days: n * d.Days, Time: time.Duration(n) * d.Time}
}

// until returns the earliest instant from t on at which the clocks of its place
// show the time of day, on one of the ISO weekdays (none: any). Each local
// date offers one instant.
func until(t time.Time, at TimeOfDay, weekdays []int) time.Time {
	hour, minute := at.clock()
	year, month, day := t.Date()
	for i := -1; ; i++ { // a gap may move yesterday's past midnight
		date := time.Date(year, month, day+i, 0, 0, 0, 0, time.UTC)
		if !onWeekday(date.Weekday(), weekdays) {
			continue
		}
		candidate := caltime.At(date.Year(), date.Month(), date.Day(), hour, minute, 0, 0, t.Location())
		if !candidate.Before(t) {
			return candidate
		}
	}
}

func onWeekday(day time.Weekday, weekdays []int) bool {
	for _, iso := range weekdays {
		if int(day) == iso%7 {
			return true
		}
	}
	return len(weekdays) == 0
}

// QuietHours are the hours of a contact's day in which no message is sent. They
// may wrap midnight; Start equal to End, as in the zero value, means none.
type QuietHours struct {
	Start TimeOfDay `json:"start"` // inclusive
	End   TimeOfDay `json:"end"`   // exclusive
}

// quiet reports whether the clocks of t's place show a quiet time.
func (q QuietHours) quiet(t time.Time) bool {
	now, start, end := sinceMidnight(t), q.Start.sinceMidnight(), q.End.sinceMidnight()
	if start <= end {
		return start <= now && now < end
	}
	return now >= start || now < end
}

// Release returns the earliest instant from t on at which the clocks of t's
// place do not show a quiet time.
func (q QuietHours) Release(t time.Time) time.Time {
	for q.quiet(t) {
		rest := q.End.sinceMidnight() - sinceMidnight(t)
		if rest <= 0 {
			rest += 24 * time.Hour
		}
		release := t.Add(rest)
		if _, change := t.ZoneBounds(); !change.IsZero() && change.Before(release) {
			release = change.In(t.Location()) // the clocks jump on the way: look again
		}
		t = release
	}
	return t
}

func sinceMidnight(t time.Time) time.Duration {
	hour, minute, second := t.Clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(t.Nanosecond())
}
