package credit

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Store keeps accounts. Implementations are safe for concurrent use, honor ctx,
// compare texts byte by byte, keep times in UTC to the microsecond, and join the
// transaction carried by ctx (see flywheel.Transactor). Each call is of one account.
type Store interface {
	// Balance returns what an account has in a currency at an instant. One that was
	// never granted anything in it is an error matching flywheel.ErrNotFound.
	Balance(ctx context.Context, account string, currency money.Currency, at time.Time) (Balance, error)
	// Apply makes a move as [Decide] says: holds of the account that are over at
	// m.At are counted back and marked first. It answers with the row of the key. A
	// hold or return in a currency that the account was never granted anything in is
	// an error matching flywheel.ErrNotFound. After an error nothing has changed.
	Apply(ctx context.Context, m Move) (Move, error)
	// Commit and Release settle a hold at an instant as [Settle] says. A key that is
	// not there is an error matching flywheel.ErrNotFound.
	Commit(ctx context.Context, account, key string, at time.Time) (Move, error)
	// Release is the other way to settle a hold; see Commit.
	Release(ctx context.Context, account, key string, at time.Time) (Move, error)
	// Move returns the move with a key. A missing one is an error matching
	// flywheel.ErrNotFound.
	Move(ctx context.Context, account, key string) (Move, error)
	// Moves yields the moves of an account by their keys, those of its forgotten
	// name too. An error is yielded once, last. Whoever ranges over them may call
	// the store or stop.
	Moves(ctx context.Context, account string) iter.Seq2[Move, error]
	// Forget blanks the reasons of an account and replaces its name by a hash under
	// a secret of the store. Sums stay, and calls with the name still find it.
	Forget(ctx context.Context, account string) error
}
