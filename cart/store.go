package cart

import (
	"cmp"
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Store keeps carts. Implementations are safe for concurrent use, honor ctx,
// join the transaction carried by ctx (see [flywheel.Transactor]), keep times in
// UTC to the microsecond, compare texts byte by byte, and share no memory with
// what they take and give. Every call is atomic on its own.
type Store interface {
	// Get returns the cart, or an error matching [flywheel.ErrNotFound].
	Get(ctx context.Context, id ID) (Cart, error)
	// Save writes c and counts Version up when the stored version equals
	// c.Version; a cart that is not stored has version 0. Else it reports
	// [ErrStale].
	Save(ctx context.Context, c Cart) (Cart, error)
	// Delete removes the cart. A cart that is not there is no error.
	Delete(ctx context.Context, id ID) error
	// List yields the carts that match f, ordered by (UpdatedAt, ID). An error
	// is yielded once, last. The caller may call the store while ranging and
	// may stop early.
	List(ctx context.Context, f Filter) iter.Seq2[Cart, error]
	// Due returns at most limit carts whose Due is at or before an instant, those
	// due first first, then by ID. Within a transaction they are claimed: another
	// transaction gets others meanwhile, where the database can tell.
	Due(ctx context.Context, at time.Time, limit int) ([]Cart, error)
	// Forget removes the carts of a customer.
	Forget(ctx context.Context, customer flywheel.CustomerID) error
}

// Filter says which carts to list. The zero value lists all.
type Filter struct {
	Customer flywheel.CustomerID
	Visitor  flywheel.VisitorID
	Status   Status
	// UpdatedBefore, when set, keeps carts that were last changed before it.
	UpdatedBefore time.Time
	// After, when set, begins behind that position.
	After Position
	// Limit, when positive, is the largest number of carts.
	Limit int
}

// Position is a place in the order of a listing. The zero value is before all.
type Position struct {
	UpdatedAt time.Time
	ID        ID
}

// Position returns where c stands in a listing.
func (c *Cart) Position() Position { return Position{c.UpdatedAt, c.ID} }

// IsZero reports whether p is before all carts.
func (p Position) IsZero() bool { return p.ID == "" }

// Compare orders positions by time, then by ID.
func (p Position) Compare(q Position) int {
	return cmp.Or(p.UpdatedAt.Compare(q.UpdatedAt), cmp.Compare(p.ID, q.ID))
}

// Match reports whether f keeps c; Limit is not looked at.
func (f *Filter) Match(c *Cart) bool {
	switch {
	case f.Customer != "" && c.Customer != f.Customer,
		f.Visitor != "" && c.Visitor != f.Visitor,
		f.Status != "" && c.Status != f.Status,
		!f.UpdatedBefore.IsZero() && !c.UpdatedAt.Before(f.UpdatedBefore),
		!f.After.IsZero() && c.Position().Compare(f.After) <= 0:
		return false
	}
	return true
}

// Normal returns c as stores keep it: times in UTC to the microsecond, empty
// slices nil. It shares the slices with c. It is for authors of stores.
func (c Cart) Normal() Cart {
	c.CreatedAt = normalTime(c.CreatedAt)
	c.UpdatedAt = normalTime(c.UpdatedAt)
	c.AbandonedAt = normalTime(c.AbandonedAt)
	c.Due = normalTime(c.Due)
	if len(c.Lines) == 0 {
		c.Lines = nil
	}
	if len(c.Coupons) == 0 {
		c.Coupons = nil
	}
	if len(c.Absorbed) == 0 {
		c.Absorbed = nil
	}
	return c
}

func normalTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
