package campaign

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
	"github.com/flywheel-go/flywheel/internal/effect"
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
	// OnCap holds for messages that say nothing themselves.
	OnCap OnCap `json:"on_cap,omitempty"`
	// Late holds for journeys and messages that say nothing themselves.
	Late *Late `json:"late,omitempty"`
	// Retry are the elapsed times after the first, second, … failed attempt of a
	// message. When the attempt after the last fails too, the message is dead.
	// Default: 1, 5 and 30 minutes, 2 and 12 hours.
	Retry []Duration `json:"retry,omitempty"`
	// Jitter is the fraction by which such a time may be longer, so that what
	// failed together is not tried together; it follows from the message's ID. Zero
	// is the default, 0.1; negative is none.
	Jitter float64 `json:"jitter,omitempty"`
}

// Late says when it is too late for a message.
type Late struct {
	// Within is how long after its plan a message may still be sent.
	Within Duration `json:"within"`
}

func (l *Late) validate() error {
	if l == nil {
		return nil
	}
	return l.Within.validate()
}

func (p Policy) validate() error {
	for i, c := range p.Caps {
		if err := c.validate(); err != nil {
			return fmt.Errorf("campaign: cap %d: %w", i+1, err)
		}
	}
	if err := p.Late.validate(); err != nil {
		return err
	}
	for i, d := range p.Retry {
		if _, err := d.elapsed(); err != nil {
			return fmt.Errorf("campaign: retry %d: %w", i+1, err)
		}
	}
	if math.IsNaN(p.Jitter) || p.Jitter > 10 {
		return fmt.Errorf("campaign: jitter %v: %w", p.Jitter, flywheel.ErrOutOfRange)
	}
	return p.OnCap.validate()
}

// backoff is when failed messages are tried again.
func (p Policy) backoff() effect.Backoff {
	b := effect.DefaultBackoff
	if p.Retry != nil {
		b.Delays = make([]time.Duration, len(p.Retry))
		for i, d := range p.Retry {
			b.Delays[i], _ = d.elapsed()
		}
	}
	if p.Jitter != 0 {
		b.Jitter = max(0, p.Jitter)
	}
	return b
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

// counts reports whether messages of a channel count for a cap.
func (p Policy) counts(channel string) bool {
	return slices.ContainsFunc(p.Caps, func(c Cap) bool { return c.covers(channel) })
}

// shared reports whether a message of one channel may leave less room for one of
// another.
func (p Policy) shared(a, b string) bool {
	return slices.ContainsFunc(p.Caps, func(c Cap) bool { return c.covers(a) && c.covers(b) })
}

// memory is the longest time for which a message of a channel can matter.
func (p Policy) memory(channel string) time.Duration {
	longest := time.Duration(0)
	for _, c := range p.Caps {
		if !c.covers(channel) {
			continue
		}
		window, _ := c.Window.elapsed()
		if c.Per != "" {
			window = 9 * 24 * time.Hour // a week, and the hours between zones
		}
		longest = max(longest, window)
	}
	return longest
}
