package fulfillment

import (
	"fmt"
	"time"
)

// Clock is a time of day as the clocks of a place show it.
type Clock struct{ Hour, Minute int }

// ParseClock reads a time of day such as "14:00".
func ParseClock(s string) (Clock, error) {
	t, err := time.Parse("15:04", s)
	if err != nil || len(s) != 5 {
		return Clock{}, fmt.Errorf("%q is not a time of day such as 14:00: %w", s, ErrInput)
	}
	return Clock{t.Hour(), t.Minute()}, nil
}

// String writes the time of day as in "14:00".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", c.Hour, c.Minute) }

// after reports whether the clock that t shows is before c.
func (c Clock) after(t time.Time) bool {
	hour, minute, _ := t.Clock()
	return hour < c.Hour || hour == c.Hour && minute < c.Minute
}

func (c Clock) valid() bool {
	return c.Hour >= 0 && c.Hour < 24 && c.Minute >= 0 && c.Minute < 60
}

// MarshalText implements encoding.TextMarshaler.
func (c Clock) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Clock) UnmarshalText(text []byte) (err error) {
	*c, err = ParseClock(string(text))
	return err
}
