package caltime

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Duration is an ISO 8601 duration. Years, months, weeks and days are calendar
// units, counted on the wall clock of a place; hours, minutes and seconds are
// elapsed time. The zero value is no time at all.
type Duration struct {
	Months  int           // years are twelve months
	Days    int           // weeks are seven days
	Elapsed time.Duration // hours, minutes and seconds
}

// Largest parts that are accepted: ten thousand years of calendar.
const (
	maxMonths = 12 * 10_000
	maxDays   = 366 * 10_000
	maxNumber = 1 << 40 // of any unit, so that no product overflows
)

// units of a duration in the order in which ISO 8601 has them.
var units = [...]struct {
	letter byte
	clock  bool // after the T
	months int64
	days   int64
	time   time.Duration
}{
	{letter: 'Y', months: 12},
	{letter: 'M', months: 1},
	{letter: 'W', days: 7},
	{letter: 'D', days: 1},
	{letter: 'H', clock: true, time: time.Hour},
	{letter: 'M', clock: true, time: time.Minute},
	{letter: 'S', clock: true, time: time.Second},
}

// ParseDuration reads a duration such as "P12M", "P1Y6M", "P2W" or "P1DT12H":
// whole, unsigned numbers, each unit at most once and in the standard's order.
// The error matches [flywheel.ErrInvalid], or [flywheel.ErrOutOfRange] for more
// than ten thousand years or more clock time than a [time.Duration] holds.
func ParseDuration(s string) (Duration, error) {
	invalid := func(why string) (Duration, error) {
		return Duration{}, fmt.Errorf("duration %q: %s: %w", s, why, flywheel.ErrInvalid)
	}
	tooLong := func() (Duration, error) {
		return Duration{}, fmt.Errorf("duration %q: too long: %w", s, flywheel.ErrOutOfRange)
	}
	if len(s) > 64 {
		return Duration{}, fmt.Errorf("duration of %d bytes: %w", len(s), flywheel.ErrLimit)
	}
	rest, ok := strings.CutPrefix(s, "P")
	if !ok {
		return invalid("does not begin with P")
	}
	var months, days, clock int64
	unit, inClock := 0, false
	for needed := true; rest != "" || needed; {
		if !inClock && strings.HasPrefix(rest, "T") {
			inClock, needed, rest = true, true, rest[1:]
			continue
		}
		digits := 0
		for digits < len(rest) && '0' <= rest[digits] && rest[digits] <= '9' {
			digits++
		}
		if digits == 0 || digits == len(rest) {
			return invalid("want a number and its unit")
		}
		n, err := strconv.ParseInt(rest[:digits], 10, 64)
		if err != nil {
			return tooLong()
		}
		letter := rest[digits]
		for unit < len(units) && (units[unit].letter != letter || units[unit].clock != inClock) {
			unit++
		}
		if unit == len(units) {
			return invalid(fmt.Sprintf("unit %q unknown, repeated or out of order", letter))
		}
		u := units[unit]
		if n > maxNumber || n*u.months > maxMonths-months || n*u.days > maxDays-days ||
			u.time != 0 && n > (math.MaxInt64-clock)/int64(u.time) {
			return tooLong()
		}
		months += n * u.months
		days += n * u.days
		clock += n * int64(u.time)
		unit++
		needed, rest = false, rest[digits+1:]
	}
	return Duration{Months: int(months), Days: int(days), Elapsed: time.Duration(clock)}, nil
}

// IsZero reports whether d is no time at all.
func (d Duration) IsZero() bool { return d == Duration{} }

// Neg returns the duration that leads the other way.
func (d Duration) Neg() Duration {
	return Duration{Months: -d.Months, Days: -d.Days, Elapsed: -d.Elapsed}
}

// Times returns n times d, as one step: P1M twice from 31 January is 31 March,
// where two steps would pass through 28 February. The error matches
// [flywheel.ErrOutOfRange].
func (d Duration) Times(n int) (Duration, error) {
	if n == 0 || d.IsZero() {
		return Duration{}, nil
	}
	r := Duration{Months: d.Months * n, Days: d.Days * n, Elapsed: d.Elapsed * time.Duration(n)}
	if r.Months/n != d.Months || r.Days/n != d.Days || r.Elapsed/time.Duration(n) != d.Elapsed ||
		r.Months > maxMonths || r.Months < -maxMonths || r.Days > maxDays || r.Days < -maxDays {
		return Duration{}, fmt.Errorf("%d times %v: %w", n, d, flywheel.ErrOutOfRange)
	}
	return r, nil
}

// AddTo returns the instant that lies d after t for someone at loc. The
// calendar part is added to the wall clock, months first, clamped to the last
// day of the month, then days; the local time found is made an instant by
// [At]; the elapsed part is added last. Without a calendar part this is t.Add.
func (d Duration) AddTo(t time.Time, loc *time.Location) time.Time {
	t = t.In(loc)
	if d.Months != 0 || d.Days != 0 {
		year, month, day := t.Date()
		hour, minute, second := t.Clock()
		year, month, day = addMonths(year, month, day, d.Months)
		t = At(year, month, day+d.Days, hour, minute, second, t.Nanosecond(), loc)
	}
	return t.Add(d.Elapsed)
}

func addMonths(year int, month time.Month, day, n int) (int, time.Month, int) {
	first := time.Date(year, month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.Year(), first.Month(), min(day, last)
}

// String returns d as [ParseDuration] reads it, such as "P1Y6M" or "PT0S"; a
// duration that leads back, which that does not read, has its signs inside.
func (d Duration) String() string {
	if d.IsZero() {
		return "PT0S"
	}
	b := []byte{'P'}
	part := func(n int64, letter byte) {
		if n != 0 {
			b = append(strconv.AppendInt(b, n, 10), letter)
		}
	}
	part(int64(d.Months/12), 'Y')
	part(int64(d.Months%12), 'M')
	part(int64(d.Days), 'D')
	if d.Elapsed != 0 {
		b = append(b, 'T')
		part(int64(d.Elapsed/time.Hour), 'H')
		part(int64(d.Elapsed%time.Hour/time.Minute), 'M')
		part(int64(d.Elapsed%time.Minute/time.Second), 'S')
	}
	return string(b)
}

// MarshalText returns what [Duration.String] does.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what [ParseDuration] does.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}
