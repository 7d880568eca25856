package campaign

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
)

// Cap bounds how many messages a contact gets. Exactly one of Window and Per is
// set. Only messages really sent count, and no transactional ones.
type Cap struct {
	Max int `json:"max"`
	// Window is a sliding span of elapsed time: a message counts while it is
	// less than a window old.
	Window Duration `json:"window,omitzero"`
	// Per is a period of the contact's calendar.
	Per Period `json:"per,omitempty"`
	// Channels are those that the cap is for; none means all.
	Channels []string `json:"channels,omitempty"`
}

// Period is a span of the calendar.
type Period string

// Periods of a [Cap].
const (
	CalendarDay  Period = "calendar_day"
	CalendarWeek Period = "calendar_week" // from Monday
)

// OnCap says what becomes of a message that a cap has no room for.
type OnCap string

// What becomes of a message that a cap has no room for.
const (
	Skip  OnCap = "skip"  // it is dropped; the default
	Defer OnCap = "defer" // it is sent as soon as every cap has room and it is not quiet
)

// Policy is what all journeys of an [Engine] observe toward a contact.
type Policy struct {
	QuietHours QuietHours `json:"quiet_hours,omitzero"`
	Caps       []Cap      `json:"caps,omitempty"`
	OnCap      OnCap      `json:"on_cap,omitempty"`
}

func (p Policy) validate() error {
	for i, c := range p.Caps {
		if err := c.validate(); err != nil {
			return fmt.Errorf("campaign: cap %d: %w", i+1, err)
		}
	}
	return p.OnCap.validate()
}

func (o OnCap) validate() error {
	if o != "" && o != Skip && o != Defer {
		return fmt.Errorf("campaign: on_cap %q: %w", string(o), flywheel.ErrInvalid)
	}
	return nil
}

func (c Cap) validate() error {
	switch {
	case c.Max < 1:
		return fmt.Errorf("max is %d: %w", c.Max, flywheel.ErrOutOfRange)
	case (c.Per == "") == c.Window.IsZero():
		return fmt.Errorf("needs either window or per: %w", flywheel.ErrInvalid)
	case c.Per != "" && c.Per != CalendarDay && c.Per != CalendarWeek:
		return fmt.Errorf("per %q: %w", string(c.Per), flywheel.ErrInvalid)
	}
	_, err := c.Window.elapsed()
	return err
}

// Sent is a message that was sent, as far as caps need to know.
type Sent struct {
	ID      string    `json:"id"`
	At      time.Time `json:"at"`
	Channel string    `json:"channel"`
}

// Room returns the earliest instant from t on at which a message may be sent:
// t itself where nothing stands against it. The zone is that of t, and sent is
// ordered by time.
func (p Policy) Room(sent []Sent, channel string, t time.Time) time.Time {
	for {
		room := p.QuietHours.Release(t)
		for _, c := range p.Caps {
			if after := c.room(sent, channel, room); after.After(room) {
				room = after
			}
		}
		if room.Equal(t) {
			return t
		}
		t = room
	}
}

// room is the earliest instant from t on at which the cap has room.
func (c Cap) room(sent []Sent, channel string, t time.Time) time.Time {
	if !c.covers(channel) {
		return t
	}
	since := c.since(t)
	count := 0
	for i := len(sent) - 1; i >= 0 && sent[i].At.After(since); i-- {
		if !c.covers(sent[i].Channel) || sent[i].At.After(t) {
			continue
		}
		if count++; count == c.Max {
			return c.expiry(sent[i].At, t)
		}
	}
	return t
}

func (c Cap) covers(channel string) bool {
	return len(c.Channels) == 0 || slices.Contains(c.Channels, channel)
}

// since is the instant up to which a message no longer counts at t.
func (c Cap) since(t time.Time) time.Time {
	switch c.Per {
	case CalendarDay:
		return caltime.StartOfDay(t, 0, t.Location()).Add(-1)
	case CalendarWeek:
		return caltime.StartOfDay(t, -isoWeekday(t)+1, t.Location()).Add(-1)
	default:
		window, _ := c.Window.elapsed()
		return t.Add(-window)
	}
}

// expiry is when a message sent at s, which counts at t, no longer does.
func (c Cap) expiry(s, t time.Time) time.Time {
	switch c.Per {
	case CalendarDay:
		return caltime.StartOfDay(t, 1, t.Location())
	case CalendarWeek:
		return caltime.StartOfDay(t, 8-isoWeekday(t), t.Location())
	default:
		window, _ := c.Window.elapsed()
		return s.Add(window).In(t.Location())
	}
}

func isoWeekday(t time.Time) int { return (int(t.Weekday())+6)%7 + 1 }

// memory is the longest time for which a message sent can matter.
func (p Policy) memory() time.Duration {
	longest := time.Duration(0)
	for _, c := range p.Caps {
		window, _ := c.Window.elapsed()
		if c.Per != "" {
			window = 9 * 24 * time.Hour // a week, and the hours between zones
		}
		longest = max(longest, window)
	}
	return longest
}
