package order

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Store keeps orders. Implementations are safe for concurrent use, honor ctx,
// join the transaction carried by ctx (see [flywheel.Transactor]), keep times in
// UTC to the microsecond, compare texts byte by byte, and share no memory with
// what they take and give. Every call is atomic on its own.
type Store interface {
	// Insert adds o with Version 1. When the buyer has an order with the
	// same Key and Fingerprint, Insert changes nothing and returns that order as it
	// is now; with another Fingerprint it reports [ErrKeyReused]. An ID or
	// a non-empty Cart that another order has reports a [*DuplicateError].
	Insert(ctx context.Context, o Order) (Order, error)
	// Get returns the order, or an error matching [flywheel.ErrNotFound].
	Get(ctx context.Context, id ID) (Order, error)
	// ByKey returns the order that buyer placed with key, or an error
	// matching [flywheel.ErrNotFound].
	ByKey(ctx context.Context, buyer Buyer, key string) (Order, error)
	// Save writes o and counts Version up when the stored version equals
	// o.Version, else it reports [ErrStale]. ID, Key, Fingerprint, Cart, Customer,
	// Visitor, Number and PlacedAt stay as they were inserted; of Lines the caller
	// changes nothing but the counts and DeliveredAt, and appends those that have
	// Added. A missing order reports an error matching [flywheel.ErrNotFound].
	//
	// A document whose Number is 0 gets the next one of its Series, or First where the
	// store has none of that series yet; the numbers of a series have no gaps.
	Save(ctx context.Context, o Order) (Order, error)
	// List yields the orders that match f, ordered by (PlacedAt, ID). An error
	// is yielded once, last. The caller may call the store while ranging and
	// may stop early.
	List(ctx context.Context, f Filter) iter.Seq2[Order, error]
	// Forget makes the orders of a customer [Order.Erased], each a save of its own
	// version. The hash is the same for the same text, within this store, and cannot
	// be computed without it.
	Forget(ctx context.Context, customer flywheel.CustomerID) error
}

// Filter says which orders to list. The zero value lists all.
type Filter struct {
	// Customer, when set, keeps the orders of that customer.
	Customer flywheel.CustomerID
	// From and To, when set, keep orders placed at or after From and
	// before To.
	From, To time.Time
	// Pending keeps orders with work outstanding, see [Order.Pending].
	Pending bool

	// The following keep orders that have a [CaptureMode]: those whose goods stand as
	// State says, those that have a parcel to send, that with a Number, those of an
	// e-mail address, those with a SKU, and those that have each word of Text, or one
	// that begins with it, in number, name, address, titles or SKUs. Upper and lower
	// case are the same.
	State  State
	ToShip bool
	Number string
	Email  string
	SKU    flywheel.SKU
	Text   string

	// After, when set, begins behind that position.
	After Position
	// Limit, when positive, is the largest number of orders.
	Limit int
}

// Position is a place in the order of a listing. The zero value is before all.
type Position struct {
	PlacedAt time.Time
	ID       ID
}

// Position returns where o stands in a listing.
func (o *Order) Position() Position { return Position{o.PlacedAt, o.ID} }

// IsZero reports whether p is before all orders.
func (p Position) IsZero() bool { return p.ID == "" }

// Compare orders positions by time, then by ID.
func (p Position) Compare(q Position) int {
	return cmp.Or(p.PlacedAt.Compare(q.PlacedAt), cmp.Compare(p.ID, q.ID))
}

// Match reports whether f keeps o; Limit is not looked at.
func (f *Filter) Match(o *Order) bool {
	switch {
	case f.Customer != "" && o.Customer != f.Customer,
		!f.From.IsZero() && o.PlacedAt.Before(f.From),
		!f.To.IsZero() && !o.PlacedAt.Before(f.To),
		!f.After.IsZero() && o.Position().Compare(f.After) <= 0,
		f.Pending && !o.Pending(),
		f.State != "" && (o.Mode == "" || o.State() != f.State),
		f.ToShip && !o.ToShip(),
		f.Number != "" && o.Number != f.Number:
		return false
	}
	return f.found(o)
}

// Normal returns a copy of o as stores keep it: times in UTC to the microsecond,
// empty slices nil. It shares all slices but Returns with o. It is for authors of
// stores.
func (o Order) Normal() Order {
	o.PlacedAt = normalTime(o.PlacedAt)
	if len(o.Coupons) == 0 {
		o.Coupons = nil
	}
	if len(o.Promotions) == 0 {
		o.Promotions = nil
	}
	o.Returns = slices.Clone(o.Returns)
	if len(o.Returns) == 0 {
		o.Returns = nil
	}
	for i := range o.Returns {
		o.Returns[i].At = normalTime(o.Returns[i].At)
	}
	if o.Mode != "" {
		o.normalize()
	}
	return o
}

func normalTime(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// normalize makes empty slices and maps nil.
func (o *Order) normalize() {
	nilIfEmpty(&o.Parcels)
	nilIfEmpty(&o.Tenders)
	nilIfEmpty(&o.Uses)
	nilIfEmpty(&o.Documents)
	nilIfEmpty(&o.RMAs)
	nilIfEmpty(&o.Operations)
	if len(o.Metadata) == 0 {
		o.Metadata = nil
	}
	if len(o.Policy.Restocking) == 0 {
		o.Policy.Restocking = nil
	}
}

func nilIfEmpty[T any](s *[]T) {
	if len(*s) == 0 {
		*s = nil
	}
}
