package loyalty

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Store keeps accounts. Implementations are safe for concurrent use, honor ctx,
// and join the transaction carried by ctx (see [flywheel.Transactor]).
// Identifiers are compared byte by byte; times are kept in UTC, truncated to
// microseconds. A store that also implements [ProgramStore] keeps the programs.
type Store interface {
	// Account returns a copy of a member's account with the rows that n names.
	// Entries is empty. A member that was never saved has an account of Version 0.
	Account(ctx context.Context, member flywheel.CustomerID, n Need) (Account, error)
	// Save writes an account as one change if the stored version is a.Version,
	// which is then one higher; else the error matches [flywheel.ErrStale]. It
	// replaces the lots, holds, orders and receipts that a holds, leaves others as
	// they are, and appends a.Entries and the activity that has no N.
	Save(ctx context.Context, a Account) error
	// Due returns at most limit members for whom something is due at or before an
	// instant: the activation or expiry of a lot that holds points, the end of an
	// open hold, or Fall. Within a transaction they are claimed: another
	// transaction gets others meanwhile, where the database can tell. Those due
	// first come first.
	Due(ctx context.Context, at time.Time, limit int) ([]flywheel.CustomerID, error)
	// Receipts yields a member's receipts in the order in which they were
	// first saved.
	Receipts(ctx context.Context, member flywheel.CustomerID) iter.Seq2[Receipt, error]
	// Entries yields a member's bookings in the order in which they were saved.
	Entries(ctx context.Context, member flywheel.CustomerID) iter.Seq2[Entry, error]
	// Members yields all members that have an account, ordered.
	Members(ctx context.Context) iter.Seq2[flywheel.CustomerID, error]
	// Forget removes everything that is kept of a member. One that is not there
	// is no error.
	Forget(ctx context.Context, member flywheel.CustomerID) error
}

// Need says which rows of an account a call concerns, so that its cost does not
// grow with the others.
type Need struct {
	// Change says that the account will be saved: within a transaction nobody
	// else changes it until the end, where the database can lock.
	Change bool
	// Keys are those of receipts and holds, and of lots by ID or Origin, empty
	// lots included.
	Keys []string
	// Orders are refs. OwnLots adds the lots of these orders that hold points or
	// count expired ones.
	Orders  []string
	OwnLots bool
	// Until adds the lots that hold points and become available or expire at or
	// before it, as [Lot.Due] says, and the open holds that are over then, with
	// the lots that they took from.
	Until time.Time
	// Points adds lots that hold points, are available at Until (or, if that is
	// later, at Settled) and do not expire until then, in the given order, until
	// they hold that many points and what the account owes, or there are no more.
	Points int64
	Order  BurnOrder
	// All adds all lots that hold points.
	All bool
	// Activity adds the activity that takes effect after Since, in the order in
	// which it was saved.
	Activity bool
	Since    time.Time
}

// Programs is a list of programs as it was recorded: the configuration that held
// from then on, until the next list.
type Programs struct {
	// Number counts the lists of a store from 1.
	Number int64 `json:"number"`
	// Recorded is when the list was recorded, zero for the first: it also holds
	// for what happened before.
	Recorded time.Time `json:"recorded,omitzero"`
	Programs []Program `json:"programs"`
}

// ProgramStore keeps the lists of programs. A list is never changed.
type ProgramStore interface {
	// Programs returns the lists whose Number is greater than after, in order.
	Programs(ctx context.Context, after int64) ([]Programs, error)
	// Record keeps a list if its Number is the next one; else the error matches
	// [flywheel.ErrStale].
	Record(ctx context.Context, p Programs) error
}
