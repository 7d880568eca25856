package inventory

import (
	"cmp"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// State is how far a [Reservation] is.
type State string

// The states of a reservation. It goes from open to one of committed, allocated,
// released and expired. A Store that does not offer [BatchStore] needs a moment for each
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
	StateAllocating State = "allocating" // being allocated
	StateAllocated  State = "allocated"  // final: the units are those of an order
)

// Final reports whether the reservation itself is over: it neither ends by time nor
// can it be released.
func (s State) Final() bool {
	return s == StateCommitted || s == StateReleased || s == StateExpired || s == StateAllocated
}

// Reservation is a promise to a ref, such as an order: of lines at one location, or
// of units at several.
type Reservation struct {
	Ref string `json:"ref"`
	// Location and Lines are what [Service.Reserve] promised. Lines are ordered by
	// SKU, one for each; amounts are not kept.
	Location Location        `json:"location,omitempty"`
	Lines    []flywheel.Line `json:"lines,omitempty"`
	// Units are what [Service.Hold] promised, as fulfillment.MergeUnits orders them.
	Units []fulfillment.Unit `json:"units,omitempty"`
	State State              `json:"state"`
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
// the step has no kind. It overwrites buffer if that is large enough.
func (r *Reservation) movements(buffer []Movement, kind Kind, at time.Time) []Movement {
	switch {
	case kind == "":
		return nil
	case len(r.Units) > 0:
		return r.unitMovements(buffer, kind, at)
	}
	ms := slices.Grow(buffer[:0], len(r.Lines))[:len(r.Lines)]
	for i, l := range r.Lines {
		m := &ms[i]
		*m = Movement{SKU: l.SKU, Location: r.Location, Kind: kind, Ref: r.Ref, Attempt: r.Attempt, At: at}
		if kind == KindReserve {
			m.Reserved = l.Quantity
		}
	}
	return ms
}

// unitMovements returns the movements of a step of a reservation of units, by SKU and
// location.
func (r *Reservation) unitMovements(buffer []Movement, kind Kind, at time.Time) []Movement {
	ms := movementsOf(buffer, r.Units, Movement{Kind: kind, Ref: r.Ref, Attempt: r.Attempt, At: at})
	if kind == KindReserve {
		return ms
	}
	for i := range ms {
		ms[i].Reserved, ms[i].Backordered = 0, 0
	}
	return ms
}

// movementsOf returns movements like m that hold units: one for each SKU and location,
// ordered by these, and one at [EveryPlace] for each SKU whose limit counts. It
// overwrites buffer if that is large enough.
func movementsOf(buffer []Movement, units []fulfillment.Unit, like Movement) []Movement {
	ms := slices.Grow(buffer[:0], len(units))
	at := func(sku flywheel.SKU, location Location) *Movement {
		like.SKU, like.Location = sku, location
		i, ok := slices.BinarySearchFunc(ms, like, compareItems)
		if !ok {
			ms = slices.Insert(ms, i, like)
		}
		return &ms[i]
	}
	for _, u := range units {
		isCount := u.Kit != "" && u.Kit == u.SKU
		if !isCount {
			if m := at(u.SKU, u.Location); u.Backordered {
				m.Backordered += u.Quantity
			} else {
				m.Reserved += u.Quantity
			}
		}
		if u.Backordered && (u.Kit == "" || isCount) {
			at(u.SKU, EveryPlace).Backordered += u.Quantity
		}
	}
	return ms
}

func compareItems(a, b Movement) int {
	return cmp.Or(cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Location, b.Location))
}

// same reports whether r promises what another does.
func (r *Reservation) same(other *Reservation) bool {
	return r.Location == other.Location && slices.Equal(r.Units, other.Units) &&
		slices.EqualFunc(r.Lines, other.Lines, func(a, b flywheel.Line) bool { return a.SKU == b.SKU && a.Quantity == b.Quantity })
}
