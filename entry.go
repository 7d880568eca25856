package flywheel

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Position is the place of an event in the log: 1, 2, 3, … without gaps. Zero
// is before the first.
type Position int64

// Person is whom an entry of the log belongs to: a customer, or a visitor who is
// no known customer. It is empty for an event of nobody. The string form is what
// stores keep: "c:" and the customer, or "v:" and the visitor.
type Person string

// PersonOf returns the person of a customer, else of a visitor, else nobody.
func PersonOf(c CustomerID, v VisitorID) Person {
	switch {
	case c != "":
		return Person("c:" + string(c))
	case v != "":
		return Person("v:" + string(v))
	}
	return ""
}

// Customer returns the customer, or "" for a visitor and for nobody.
func (p Person) Customer() CustomerID {
	id, ok := strings.CutPrefix(string(p), "c:")
	if !ok {
		return ""
	}
	return CustomerID(id)
}

// Visitor returns the visitor, or "" for a customer and for nobody.
func (p Person) Visitor() VisitorID {
	id, ok := strings.CutPrefix(string(p), "v:")
	if !ok {
		return ""
	}
	return VisitorID(id)
}

// Entry is an event with its place in the log and what the log knows of it. Its
// Lines and Properties are shared with the log and must not be changed.
type Entry struct {
	Position Position `json:"position"`
	// Received is when the log took the event, by the trusted clock. It never
	// decreases from one position to the next.
	Received time.Time `json:"received"`
	// Effective is when the event counts as having happened: the earlier of
	// Event.Time and Received plus the skew that the log allows. Windows, waits,
	// lots and versions begin here; no timer of anybody moves by it.
	Effective time.Time `json:"effective"`
	// Person is whom the event belongs to at this place in the log: its customer,
	// else the customer that its visitor was linked to, else the visitor.
	Person Person `json:"person,omitempty"`
	Event  Event  `json:"event"`
}

// Consumer learns from the log. Consume takes entries in the order of the log
// and changes the consumer's store, in the transaction that ctx carries; the
// caller saves the position in the same transaction, so that each entry counts
// once. An error changes nothing; one about a single entry is an [*EntryError]
// that names it. Entries are shared with other consumers: Consume neither changes
// them nor keeps the slice. Implementations are safe for concurrent use.
//
// A Consumer whose state is in a database names it by a method
// Handle() Transactor (see [Stored]); one without lives in memory and starts from
// the beginning of the log in each process.
type Consumer interface {
	Consume(ctx context.Context, entries []Entry) error
}

// Stored is implemented by what keeps its state in a database: stores, services
// and sinks. Two of the same database return the same handle: the *[Memory] or
// the handle of the SQL pool.
type Stored interface {
	Handle() Transactor
}

// EntryError names the entry that a [Consumer] cannot take.
type EntryError struct {
	Position Position
	ID       string // of the event
	Err      error
}

func (e *EntryError) Error() string {
	return fmt.Sprintf("flywheel: entry %d, event %q: %v", e.Position, e.ID, e.Err)
}

// Unwrap returns the cause.
func (e *EntryError) Unwrap() error { return e.Err }
