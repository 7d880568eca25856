package inventory

import (
	"time"

	"github.com/flywheel-go/flywheel"
)

// State is how far a [Reservation] is.
type State string

// The states of a reservation. It goes from open to one of committed, released
// and expired. A Store that does not offer [BatchStore] needs a moment for each
// step; the states in between say which step is under way, and who finds one
// finishes it.
const (
	StatePending    State = "pending"    // being opened, not all lines are held yet
	StateOpen       State = "open"       // every line is held
	StateCommitting State = "committing" // being committed
	StateCommitted  State = "committed"  // final: the units have left
	StateReleasing  State = "releasing"  // being released
	StateReleased   State = "released"   // final: the units were given back
	StateExpiring   State = "expiring"   // being released because time ran out
	StateExpired    State = "expired"    // final: the units were given back by time
)

// Final reports whether nothing is left to do.
func (s State) Final() bool {
	return s == StateCommitted || s == StateReleased || s == StateExpired
}

// Reservation is a promise of units at one location to a ref, such as an order.
type Reservation struct {
	Ref      string   `json:"ref"`
	Location Location `json:"location"`
	// Lines are ordered by SKU, one for each; amounts are not kept.
	Lines []flywheel.Line `json:"lines"`
	State State           `json:"state"`
	// Expires is the instant from which the reservation no longer holds, in UTC
	// to the microsecond.
	Expires time.Time `json:"expires"`
	// Attempt counts from 1 how often the ref was reserved: it may be again
	// after it was released or expired.
	Attempt int64 `json:"attempt"`
	// Version counts the saves. Saving needs the stored one, 0 for none.
	Version int64 `json:"version"`
}

// movements returns what the ledgers have to say about a step of r, nothing when
// the step has no kind.
func (r *Reservation) movements(kind Kind, at time.Time) []Movement {
	if kind == "" {
		return nil
	}
	ms := make([]Movement, len(r.Lines))
	for i, l := range r.Lines {
		m := &ms[i]
		m.SKU, m.Location, m.Kind, m.Ref, m.Attempt, m.At = l.SKU, r.Location, kind, r.Ref, r.Attempt, at
		if kind == KindReserve {
			m.Reserved = l.Quantity
		}
	}
	return ms
}

// same reports whether r promises what a caller asks for.
func (r *Reservation) same(location Location, lines []flywheel.Line) bool {
	if r.Location != location || len(r.Lines) != len(lines) {
		return false
	}
	for i, l := range r.Lines {
		if l.SKU != lines[i].SKU || l.Quantity != lines[i].Quantity {
			return false
		}
	}
	return true
}
