package caltime

import "time"

// farthest is more than any place's clock is away from UTC: no local time is
// further from the instant of the same numerals in UTC.
const farthest = 26 * time.Hour

// At returns the instant at which the clocks of loc show the given date and
// time. Values outside their usual ranges are carried over, as in [time.Date].
// A time that the clocks skip moves forward by the length of the gap; of one
// that they show twice the first is returned.
func At(year int, month time.Month, day, hour, minute, second, nanosecond int, loc *time.Location) time.Time {
	shown := time.Date(year, month, day, hour, minute, second, nanosecond, time.UTC)
	if loc == time.UTC {
		return shown
	}
	// Walk the periods of constant offset in order of time. The first that
	// contains the instant which its offset gives is the answer; one that
	// begins after that instant shows that the clocks jumped over it.
	at := shown.Add(-farthest).In(loc)
	var before time.Time
	for {
		start, end := at.ZoneBounds()
		_, offset := at.Zone()
		instant := shown.Add(-time.Duration(offset) * time.Second).In(loc)
		switch {
		case !before.IsZero() && instant.Before(start):
			return before
		case end.IsZero() || instant.Before(end):
			return instant
		}
		before, at = instant, end
	}
}

// StartOfDay returns the first instant of the day of loc that is days after the
// one in which t falls there. It is midnight except where the clocks skip it.
func StartOfDay(t time.Time, days int, loc *time.Location) time.Time {
	year, month, day := t.In(loc).Date()
	return At(year, month, day+days, 0, 0, 0, 0, loc)
}
