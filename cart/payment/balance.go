package payment

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// Balance is a kind of accounts that pay for an order, wholly or in part, without a
// gateway: gift cards (*coupon.Cards) and store credit (*credit.Service).
//
// An order holds what it is going to take before anything is authorized, commits
// that in the transaction that records it, and releases it when it comes to
// nothing. What is held cannot be spent otherwise. A hold ends by itself at its
// time, that instant included. The ref of a hold is unique per account and try.
// Every call is idempotent. Implementations are safe for concurrent use.
type Balance interface {
	// Spendable returns what can be taken now: the balance less the live holds. An
	// account that is not there, or whose time is over, is an error matching
	// flywheel.ErrNotFound, one of another currency matches flywheel.ErrInvalid.
	Spendable(ctx context.Context, account string, currency money.Currency) (money.Amount, error)
	// Held returns what live holds have taken.
	Held(ctx context.Context, account string, currency money.Currency) (money.Amount, error)
	// Hold takes amount aside until a time, or reports an error of a kind. Again it
	// renews the hold, or makes it again after it was released or has ended. Another
	// amount under the ref matches flywheel.ErrKeyReused.
	Hold(ctx context.Context, account, ref string, amount money.Amount, until time.Time) error
	// Commit spends what is held. A hold that has ended matches flywheel.ErrExpired,
	// one that was released flywheel.ErrConflict, none flywheel.ErrNotFound.
	Commit(ctx context.Context, account, ref string) error
	// Release gives back what is held. Of a hold that was released, has ended or
	// never was it does nothing; a committed one matches flywheel.ErrConflict.
	Release(ctx context.Context, account, ref string) error
	// GiveBack returns a part of what ref has spent, once per key, together at most
	// what it took: more is an error of a kind. An account whose time is over takes
	// it too.
	GiveBack(ctx context.Context, account, key, ref string, amount money.Amount) error
}
