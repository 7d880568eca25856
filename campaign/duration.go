package campaign

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Duration is a span of ISO 8601: a calendar part, which is added to the wall
// clock of a place, and an elapsed part, which is added to the instant
// afterwards. Days{1} keeps the time of day across a change of the clocks,
// Time: 24*time.Hour does not. The zero Duration is no time at all.
type Duration struct {
	Years, Months, Weeks, Days int
	Time                       time.Duration // hours and less
}

// What a Duration may hold: a part of more than a hundred years is a mistake.
const (
	maxDays    = 100 * 366
	maxElapsed = maxDays * 24 * time.Hour
)

var maxParts = [...]int{100, 100 * 12, maxDays / 7, maxDays} // years, months, weeks, days

// ParseDuration reads an ISO 8601 duration such as P1D, P1M, PT90M or P1DT2H30M. Parts
// are whole numbers but for the seconds, which may have a fraction of up to six
// digits.
func ParseDuration(s string) (Duration, error) {
	d, err := parseDuration(s)
	if err != nil {
		return Duration{}, fmt.Errorf("campaign: duration %q: %w", s, err)
	}
	if err := d.validate(); err != nil {
		return Duration{}, err
	}
	return d, nil
}

func parseDuration(s string) (d Duration, err error) {
	rest, ok := strings.CutPrefix(s, "P")
	if !ok || rest == "" {
		return d, fmt.Errorf("does not have the form P1DT2H: %w", flywheel.ErrInvalid)
	}
	calendar, clock, timed := strings.Cut(rest, "T")
	if timed && clock == "" {
		return d, fmt.Errorf("nothing behind T: %w", flywheel.ErrInvalid)
	}
	parts := []*int{&d.Years, &d.Months, &d.Weeks, &d.Days}
	if err := scanParts(calendar, "YMWD", func(unit int, number string) error {
		n, err := strconv.Atoi(number)
		if err != nil {
			return fmt.Errorf("%q is no whole number: %w", number, flywheel.ErrInvalid)
		}
		*parts[unit] = n
		return nil
	}); err != nil {
		return d, err
	}
	err = scanParts(clock, "HMS", func(unit int, number string) error {
		span, err := clockPart(number, [...]time.Duration{time.Hour, time.Minute, time.Second}[unit])
		d.Time += span
		return err
	})
	return d, err
}

// scanParts splits s into numbers and units, which must come in the order of units.
func scanParts(s, units string, part func(unit int, number string) error) error {
	next := 0
	for s != "" {
		i := strings.IndexFunc(s, func(r rune) bool { return (r < '0' || r > '9') && r != '.' })
		if i <= 0 {
			return fmt.Errorf("no number and unit at %q: %w", s, flywheel.ErrInvalid)
		}
		unit := strings.IndexByte(units[next:], s[i])
		if unit < 0 {
			return fmt.Errorf("unit at %q unknown or out of order: %w", s, flywheel.ErrInvalid)
		}
		if err := part(next+unit, s[:i]); err != nil {
			return err
		}
		next += unit + 1
		s = s[i+1:]
	}
	return nil
}

func clockPart(number string, unit time.Duration) (time.Duration, error) {
	whole, fraction, fractional := strings.Cut(number, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || n > int64(maxElapsed/unit) {
		return 0, fmt.Errorf("%q is no number up to a hundred years: %w", number, flywheel.ErrInvalid)
	}
	span := time.Duration(n) * unit
	if !fractional {
		return span, nil
	}
	micros, err := strconv.ParseInt((fraction + "000000")[:6], 10, 64)
	if err != nil || unit != time.Second || fraction == "" || len(fraction) > 6 {
		return 0, fmt.Errorf("%q: only seconds have a fraction, of up to six digits: %w", number, flywheel.ErrInvalid)
	}
	return span + time.Duration(micros)*time.Microsecond, nil
}

func (d Duration) validate() error {
	for i, n := range [...]int{d.Years, d.Months, d.Weeks, d.Days} {
		if n < 0 || n > maxParts[i] {
			return fmt.Errorf("campaign: duration with a part of %d: %w", n, flywheel.ErrOutOfRange)
		}
	}
	if d.Time < 0 || d.Time > maxElapsed || d.Time%time.Microsecond != 0 {
		return fmt.Errorf("campaign: duration with %v: %w", d.Time, flywheel.ErrOutOfRange)
	}
	return nil
}

// IsZero reports whether d is no time at all.
func (d Duration) IsZero() bool { return d == Duration{} }

// local reports whether d depends on the place.
func (d Duration) local() bool { return d.Years != 0 || d.Months != 0 || d.Weeks != 0 || d.Days != 0 }

// elapsed is the length of d where days are 24 hours; months have no length.
func (d Duration) elapsed() (time.Duration, error) {
	if d.Years != 0 || d.Months != 0 {
		return 0, fmt.Errorf("campaign: window %v: months and years have no fixed length: %w", d, flywheel.ErrInvalid)
	}
	if err := d.validate(); err != nil {
		return 0, err
	}
	return time.Duration(d.Weeks*7+d.Days)*24*time.Hour + d.Time, nil // at most 300 years
}

// String returns the ISO 8601 form, which [ParseDuration] reads.
func (d Duration) String() string {
	if d.IsZero() {
		return "PT0S"
	}
	s := []byte{'P'}
	part := func(n int64, unit byte) {
		if n != 0 {
			s = append(strconv.AppendInt(s, n, 10), unit)
		}
	}
	part(int64(d.Years), 'Y')
	part(int64(d.Months), 'M')
	part(int64(d.Weeks), 'W')
	part(int64(d.Days), 'D')
	if d.Time != 0 {
		s = append(s, 'T')
		part(int64(d.Time/time.Hour), 'H')
		part(int64(d.Time%time.Hour/time.Minute), 'M')
		if rest := d.Time % time.Minute; rest != 0 {
			s = strconv.AppendInt(s, int64(rest/time.Second), 10)
			if fraction := rest % time.Second; fraction != 0 {
				s = append(s, '.')
				s = append(s, strings.TrimRight(fmt.Sprintf("%06d", fraction/time.Microsecond), "0")...)
			}
			s = append(s, 'S')
		}
	}
	return string(s)
}

// MarshalText returns the ISO 8601 form.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), d.validate() }

// UnmarshalText is [ParseDuration].
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := ParseDuration(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}
