package loyalty

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
)

// Store keeps accounts. Implementations are safe for concurrent use, honour ctx,
// and join the transaction carried by ctx (see [flywheel.Transactor]).
// Identifiers are compared byte by byte; times are kept in UTC, truncated to
// microseconds.
type Store interface {
	// Account returns a copy of a member's account with the lots that hold
	// points in order of Sequence, the receipts of the given keys, and the lots
	// whose ID or Origin is one of the keys even if they are empty. Entries is
	// empty. A member that was never saved has an account of Version 0.
	Account(ctx context.Context, member flywheel.CustomerID, keys ...string) (Account, error)
	// Save writes an account as one change if the stored version is a.Version,
	// which is then one higher; else the error matches [ErrStale]. It replaces
	// the receipts and lots that a holds, leaves others as they are, and
	// appends a.Entries.
	Save(ctx context.Context, a Account) error
	// Receipts yields a member's receipts in the order in which they were
	// first saved.
	Receipts(ctx context.Context, member flywheel.CustomerID) iter.Seq2[Receipt, error]
	// Entries yields a member's bookings in the order in which they were saved.
	Entries(ctx context.Context, member flywheel.CustomerID) iter.Seq2[Entry, error]
	// Members yields all members that have an account, ordered.
	Members(ctx context.Context) iter.Seq2[flywheel.CustomerID, error]
}
