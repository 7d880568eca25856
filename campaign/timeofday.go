package campaign

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
)

// TimeOfDay is a time that clocks show, to the minute. The zero value is none.
type TimeOfDay struct{ minute int16 } // since midnight, plus one

// At returns a time of day; hour and minute are taken modulo a day.
func At(hour, minute int) TimeOfDay {
	const day = 24 * 60
	m := (hour*60 + minute) % day
	return TimeOfDay{int16((m+day)%day) + 1}
}

// ParseTimeOfDay reads HH:MM.
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != len("15:04") {
		return TimeOfDay{}, fmt.Errorf("campaign: time of day %q is not HH:MM: %w", s, flywheel.ErrInvalid)
	}
	return At(t.Hour(), t.Minute()), nil
}

// IsZero reports whether t is none.
func (t TimeOfDay) IsZero() bool { return t.minute == 0 }

func (t TimeOfDay) clock() (hour, minute int) {
	m := max(0, int(t.minute)-1)
	return m / 60, m % 60
}

func (t TimeOfDay) sinceMidnight() time.Duration {
	hour, minute := t.clock()
	return time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute
}

// String returns HH:MM, empty for none.
func (t TimeOfDay) String() string {
	if t.IsZero() {
		return ""
	}
	hour, minute := t.clock()
	return fmt.Sprintf("%02d:%02d", hour, minute)
}

// MarshalText returns HH:MM, empty for none.
func (t TimeOfDay) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText is [ParseTimeOfDay]; an empty text is none.
func (t *TimeOfDay) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*t = TimeOfDay{}
		return nil
	}
	parsed, err := ParseTimeOfDay(string(text))
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}
