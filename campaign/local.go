package campaign

import "time"

// Local time is not what time.Date and AddDate make of it: they leave open
// which of two instants a repeated wall clock names, and let 31 January plus a
// month be 3 March. The functions here say it; the rules are T1 to T5 of the
// package documentation.

// Add returns t plus d, in the zone of t: years and months first, clamped to the
// last day of the month, then weeks and days, resolved to an instant, then the
// elapsed part. The n-th of a series is d.Times(n) from its anchor, never d from
// the one before.
func (d Duration) Add(t time.Time) time.Time {
	if d.local() {
		year, month, day := t.Date()
		months := int(month) - 1 + d.Months
		year += d.Years + months/12
		month = time.Month(months%12 + 1)
		day = min(day, daysIn(year, month))
		hour, minute, second := t.Clock()
		t = resolve(year, month, day+7*d.Weeks+d.Days, hour, minute, second, t.Nanosecond(), t.Location())
	}
	return t.Add(d.Time)
}

// Times returns n times d, part by part.
func (d Duration) Times(n int) Duration {
	return Duration{Years: n * d.Years, Months: n * d.Months, Weeks: n * d.Weeks, Days: n * d.Days, Time: time.Duration(n) * d.Time}
}

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// resolve returns the instant at which the clocks of a place show the given
// time: in a gap moved forward by the length of the gap, in a fold the first.
func resolve(year int, month time.Month, day, hour, minute, second, nano int, place *time.Location) time.Time {
	t := time.Date(year, month, day, hour, minute, second, nano, place)
	wall := time.Date(year, month, day, hour, minute, second, nano, time.UTC)
	// What the clocks show at t, as an instant of UTC, to compare with wall.
	shown := func(t time.Time) time.Time {
		_, offset := t.Zone()
		return t.Add(time.Duration(offset) * time.Second)
	}
	switch off := shown(t).Sub(wall); {
	case off > 0: // behind a gap, where it belongs
		return t
	case off < 0: // before a gap: the offset there leads behind it
		_, before := t.Zone()
		return wall.Add(-time.Duration(before) * time.Second).In(place)
	}
	// The same wall clock may have been shown under the offset before.
	if start, _ := t.ZoneBounds(); !start.IsZero() {
		_, before := start.Add(-1).Zone()
		if earlier := wall.Add(-time.Duration(before) * time.Second); earlier.Before(start) {
			return earlier.In(place)
		}
	}
	return t
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
		candidate := resolve(date.Year(), date.Month(), date.Day(), hour, minute, 0, 0, t.Location())
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

// startOfDay is the first instant of the local date that is days after t's.
func startOfDay(t time.Time, days int) time.Time {
	year, month, day := t.Date()
	return resolve(year, month, day+days, 0, 0, 0, 0, t.Location())
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
