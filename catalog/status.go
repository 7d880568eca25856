package catalog

import (
	"time"
)

// Status is where a product is in its life.
type Status string

// The statuses. A draft becomes active or archived, an active product a draft or
// archived, an archived one a draft.
const (
	Draft    Status = "draft"
	Active   Status = "active"
	Archived Status = "archived"
)

// CanBecome reports whether a product of the status may get another; of a new one,
// the empty status, which it may begin with. Staying is no change.
func (s Status) CanBecome(next Status) bool {
	if s == next {
		return true
	}
	switch s {
	case "":
		return next == Draft || next == Active
	case Draft:
		return next == Active || next == Archived
	case Active:
		return next == Draft || next == Archived
	case Archived:
		return next == Draft
	}
	return false
}

func (s Status) known() bool { return s == Draft || s == Active || s == Archived }

// State is how a product stands in a channel at an instant.
type State string

// The states.
const (
	StateDraft     State = "draft"
	StateArchived  State = "archived"
	StateUnlisted  State = "unlisted"  // without a listing or a variant that is shown
	StateScheduled State = "scheduled" // before its window
	StateLive      State = "live"
	StateEnded     State = "ended" // its window is over
)

// window returns the window of a listing in stored form; the zero time is none.
func (l *Listing) window() (from, until time.Time) {
	from, _ = time.Parse(time.RFC3339Nano, l.PublishAt)
	until, _ = time.Parse(time.RFC3339Nano, l.UnpublishAt)
	return from, until
}

// state returns how a product stands in a channel, given whether any of its
// variants is shown there.
func (p *Product) state(ch Channel, visible bool, now time.Time) State {
	switch p.Status {
	case Draft:
		return StateDraft
	case Archived:
		return StateArchived
	}
	l := p.Listings[ch]
	if l == nil || !visible {
		return StateUnlisted
	}
	from, until := l.window()
	switch {
	case !from.IsZero() && now.Before(from):
		return StateScheduled
	case !until.IsZero() && !now.Before(until):
		return StateEnded
	}
	return StateLive
}
