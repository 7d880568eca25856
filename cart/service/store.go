package service

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Store keeps tickets. Implementations are safe for concurrent use, honor ctx,
// return copies, compare texts byte by byte, keep times in UTC to the microsecond,
// and join the transaction carried by ctx (see flywheel.Transactor).
type Store interface {
	// Get returns a ticket. A missing one is an error matching flywheel.ErrNotFound.
	Get(ctx context.Context, id ID) (Ticket, error)
	// Save writes t if the stored version equals t.Version, 0 meaning that there is
	// none, together with new entries, and returns it with its new version. Else the
	// error matches [ErrStale]. An entry whose key its ticket has already is
	// [ErrRepeated]. After an error nothing has changed.
	Save(ctx context.Context, t Ticket, entries ...Entry) (Ticket, error)
	// Entries yields the entries of a ticket by N. An error is yielded once, last.
	Entries(ctx context.Context, id ID) iter.Seq2[Entry, error]
	// List yields tickets by (Opened, ID) that pass a filter. An error is yielded
	// once, last. Whoever ranges over them may call the store or stop.
	List(ctx context.Context, f Filter) iter.Seq2[Ticket, error]
	// Due returns at most limit tickets whose Due is at or before an instant, those
	// due first first. Within a transaction they are claimed: another gets others
	// meanwhile, where the database can tell.
	Due(ctx context.Context, at time.Time, limit int) ([]Ticket, error)
	// Forget blanks the texts of a customer's tickets, and replaces the customer by a
	// hash under a secret of the store; states and times stay.
	Forget(ctx context.Context, customer flywheel.CustomerID) error
}

// Filter says which tickets List yields; zero fields let all pass.
type Filter struct {
	Customer flywheel.CustomerID
	Order    string
	Status   Status
	Priority Priority
	Assignee string
	// After continues behind a ticket of an earlier listing.
	After Position
	// Limit is how many are yielded at most, 0 for all.
	Limit int
}

// Position is the place of a ticket in a listing.
type Position struct {
	Opened time.Time `json:"opened"`
	ID     ID        `json:"id"`
}

// Position returns the place of the ticket in a listing.
func (t *Ticket) Position() Position { return Position{t.Opened, t.ID} }

// Matches reports whether a ticket passes all of the filter but After and Limit.
func (f *Filter) Matches(t *Ticket) bool {
	return (f.Customer == "" || t.Customer == f.Customer) && (f.Order == "" || t.Order == f.Order) &&
		(f.Status == "" || t.Status == f.Status) && (f.Priority == "" || t.Priority == f.Priority) &&
		(f.Assignee == "" || t.Assignee == f.Assignee)
}

// Erased returns a copy without what says whose the ticket is: hash replaces the
// customer.
func (t Ticket) Erased(hash flywheel.CustomerID) Ticket {
	t = t.Clone()
	t.Customer, t.Visitor, t.Contact, t.Subject, t.Metadata = hash, "", "", "", nil
	return t
}
