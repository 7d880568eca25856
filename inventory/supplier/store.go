package supplier

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
)

// ErrStale reports that what is saved was changed by somebody else since it was read.
var ErrStale = fmt.Errorf("supplier: changed meanwhile: %w", flywheel.ErrStale)

// Store keeps suppliers and purchase orders. Implementations are safe for concurrent
// use, honor ctx, return copies, compare texts byte by byte, and join the transaction
// carried by ctx (see flywheel.Transactor). Each call but the listings is of one
// supplier or one order. Times come back as instants to the nanosecond, in the offset
// that they were given in, since days are counted there.
type Store interface {
	// Supplier returns a supplier. A missing one is an error matching [ErrUnknown].
	Supplier(ctx context.Context, id string) (Supplier, error)
	// SaveSupplier writes s if the stored version is s.Version, 0 meaning that there is
	// none, and returns it with its new version. Otherwise the error matches
	// [ErrStale].
	SaveSupplier(ctx context.Context, s Supplier) (Supplier, error)
	// Suppliers yields all suppliers by their IDs. An error is yielded once, last.
	// Whoever ranges over them may call the store or stop.
	Suppliers(ctx context.Context) iter.Seq2[Supplier, error]
	// Order returns an order with its documents. A missing one is an error matching
	// [ErrUnknown].
	Order(ctx context.Context, id string) (Order, error)
	// SaveOrder writes o as SaveSupplier writes a supplier. Documents are only ever
	// added: those of the version before are the first of o.
	SaveOrder(ctx context.Context, o Order) (Order, error)
	// Orders yields orders by (Placed, ID), as Suppliers does.
	Orders(ctx context.Context, f OrderFilter) iter.Seq2[Order, error]
}

// OrderFilter selects orders; the zero filter is all of them.
type OrderFilter struct {
	// Supplier names one; "" is all.
	Supplier string
	// Since is the least Placed, Before the instant that Placed lies before; zero is
	// no bound. Both are compared to the microsecond.
	Since, Before time.Time
	// Open selects orders that are neither closed nor canceled, Behind those with
	// documents that did not reach inventory.
	Open, Behind bool
}

// Selects reports whether the filter selects an order; it is for authors of stores.
func (f OrderFilter) Selects(o *Order) bool {
	at := o.Placed.Truncate(time.Microsecond)
	return (f.Supplier == "" || f.Supplier == o.Supplier) &&
		(f.Since.IsZero() || !at.Before(f.Since.Truncate(time.Microsecond))) &&
		(f.Before.IsZero() || at.Before(f.Before.Truncate(time.Microsecond))) &&
		(!f.Open || o.IsOpen()) && (!f.Behind || o.Behind())
}

// IsOpen reports whether the order is neither closed nor canceled.
func (o *Order) IsOpen() bool { return o.State != Closed && o.State != Canceled }

// Behind reports whether inventory does not know all documents yet.
func (o *Order) Behind() bool { return o.Posted < len(o.Documents) }
