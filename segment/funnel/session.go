package funnel

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/caltime"
)

// SessionOptions say when a session ends.
type SessionOptions struct {
	// Gap is the longest time between two events of a session; it must be positive.
	Gap time.Duration
	// Midnight also ends sessions at the end of the day in a place; nil does not.
	Midnight *time.Location
	// Campaign also ends a session at an event with a campaign that is not the one of
	// the session's first event.
	Campaign bool
}

// Session is the events of one visit.
type Session struct {
	Who        string
	Start, End time.Time
	// Events are the places of the events in the slice given, in order of time.
	Events []int
}

// Duration is the time from the first to the last event.
func (s Session) Duration() time.Duration { return s.End.Sub(s.Start) }

// Sessions cuts events into sessions, by who and then by time.
func Sessions(events []Event, opts SessionOptions) ([]Session, error) {
	if opts.Gap <= 0 {
		return nil, fmt.Errorf("funnel: a gap of %v: %w", opts.Gap, flywheel.ErrOutOfRange)
	}
	places, err := ordered(events)
	if err != nil {
		return nil, err
	}
	var sessions []Session
	each(events, places, func(own []int) {
		begin := 0
		var midnight time.Time
		for i, place := range own {
			e := &events[place]
			if i > 0 {
				first, last := &events[own[begin]], &events[own[i-1]]
				if e.At.Sub(last.At) <= opts.Gap && (opts.Midnight == nil || e.At.Before(midnight)) &&
					(!opts.Campaign || e.Campaign == "" || e.Campaign == first.Campaign) {
					continue
				}
				sessions = append(sessions, session(events, own[begin:i]))
				begin = i
			}
			if opts.Midnight != nil {
				midnight = caltime.StartOfDay(e.At, 1, opts.Midnight)
			}
		}
		sessions = append(sessions, session(events, own[begin:]))
	})
	return sessions, nil
}

func session(events []Event, own []int) Session {
	return Session{Who: events[own[0]].Who, Start: events[own[0]].At, End: events[own[len(own)-1]].At, Events: own}
}
