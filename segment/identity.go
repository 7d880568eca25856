package segment

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Events about who uses a device. Any event that names a customer and a visitor
// links the two; [EventLinked] says nothing but that, and [EventUnlinked] removes
// every link of the two, as if it had never been.
const (
	EventLinked   = "visitor_linked"
	EventUnlinked = "visitor_unlinked"
)

// EventErased is the name of an entry whose event was erased by [Log.Forget]. It
// names nobody; its ID is a keyed hash.
const EventErased = "event_erased"

// Identity says whose the nameless events of a device are that several customers
// have used.
type Identity string

// The kinds of Identity: the customer linked first, by effective time and then by
// the order of the log; or the one linked last at or before the event, and the
// first for events before every link.
const (
	FirstLinked  Identity = "first"
	LatestLinked Identity = "latest"
)

func (i Identity) check() error {
	if i != FirstLinked && i != LatestLinked {
		return fmt.Errorf("segment: identity %q is neither %q nor %q: %w", i, FirstLinked, LatestLinked, flywheel.ErrInvalid)
	}
	return nil
}

// Link says that a customer has used a visitor's device.
type Link struct {
	Visitor  flywheel.VisitorID  `json:"visitor"`
	Customer flywheel.CustomerID `json:"customer"`
	// From is the effective time of the event that links, at Position of the log.
	From     time.Time         `json:"from"`
	Position flywheel.Position `json:"position"`
}

// owner returns whose a nameless event at a moment is, by the links of its
// visitor; "" without one. Links are in the order of [compareLinks].
func (i Identity) owner(links []Link, at time.Time) flywheel.CustomerID {
	if len(links) == 0 {
		return ""
	}
	owner := links[0].Customer
	if i == LatestLinked {
		for _, l := range links {
			if l.From.After(at) {
				break
			}
			owner = l.Customer
		}
	}
	return owner
}

func compareLinks(a, b Link) int {
	return cmp.Or(a.From.Compare(b.From), cmp.Compare(a.Position, b.Position))
}

// addLink puts l in its place. FirstLinked keeps the earliest link of each customer,
// so that the links of a device do not grow with its events. LatestLinked keeps
// every one: whether the last link at a moment is repeated by a later one matters as
// soon as somebody else's, told late, comes between them. added reports whether l
// was kept.
func (i Identity) addLink(links []Link, l Link) (_ []Link, added bool) {
	if i == FirstLinked && slices.ContainsFunc(links, func(old Link) bool { return old.Customer == l.Customer && compareLinks(old, l) <= 0 }) {
		return links, false
	}
	at, _ := slices.BinarySearchFunc(links, l, compareLinks)
	return slices.Insert(links, at, l), true
}

// moves reports whether with LatestLinked l changes whose nameless events are.
func moves(links []Link, l Link) bool {
	return len(links) == 0 || links[0].From.After(l.From) || LatestLinked.owner(links, l.From) != l.Customer
}

func removeLinks(links []Link, customer flywheel.CustomerID) []Link {
	return slices.DeleteFunc(links, func(l Link) bool { return l.Customer == customer })
}
