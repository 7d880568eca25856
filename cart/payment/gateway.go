package payment

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Gateway moves money: it sets an amount aside, takes it, lets it go, or gives
// it back. Every call carries an idempotency key.
//
// The contract, on which order and checkout rely:
//   - The same key with the same arguments answers as the first time and has no
//     second effect. The same key with other arguments reports an error
//     matching [flywheel.ErrConflict].
//   - A call that was declined, or failed without effect, is not remembered: the
//     same key is tried anew. An adapter for a gateway that remembers declines
//     adds a suffix of its own to the key.
//   - An error matching [flywheel.ErrUnknownOutcome], and any error that matches
//     no kind of package flywheel, means that the effect may have happened. The
//     caller repeats the call with the same key.
//   - Captured never exceeds authorized, refunded never exceeds captured, and
//     an authorization is either captured or voided, also under parallel calls.
//
// Implementations are safe for concurrent use and honour ctx.
type Gateway interface {
	// Authorize sets the amount aside. A refusal reports [ErrDeclined].
	Authorize(ctx context.Context, c Charge) (Authorization, error)
	// Capture takes amount of what was authorized. Several partial captures
	// may follow each other. On a voided authorization it reports [ErrVoided].
	Capture(ctx context.Context, key, authorization string, amount money.Amount) error
	// Void lets all of the authorization go. Once anything was captured it
	// reports [ErrCaptured]; voiding again does nothing.
	Void(ctx context.Context, key, authorization string) error
	// Refund gives back amount of what was captured.
	Refund(ctx context.Context, key, authorization string, amount money.Amount) error
}

// Charge asks for an amount to be authorized.
type Charge struct {
	Key    string       // idempotency key
	Amount money.Amount // positive
	// Method is the gateway's token for the means of payment. It is never a
	// card number.
	Method string
	// Ref says what the charge is for, such as the id of a cart.
	Ref string
	// Customer is who pays, empty for a guest.
	Customer flywheel.CustomerID
}

// Authorization is an amount that a gateway has set aside.
type Authorization struct {
	ID     string
	Amount money.Amount
}

var (
	// ErrDeclined reports that the gateway or the bank said no. Nothing happened.
	ErrDeclined = fmt.Errorf("payment: declined: %w", flywheel.ErrConflict)
	// ErrVoided reports a capture of an authorization that was let go.
	ErrVoided = fmt.Errorf("payment: authorization is voided: %w", flywheel.ErrConflict)
	// ErrCaptured reports a void of an authorization that was captured.
	ErrCaptured = fmt.Errorf("payment: authorization is captured: %w", flywheel.ErrConflict)
	// ErrKeyReused reports an idempotency key with other arguments than before.
	ErrKeyReused = fmt.Errorf("payment: %w", flywheel.ErrKeyReused)
	// ErrNoAnswer reports that no answer came: the call may have had its effect.
	ErrNoAnswer = fmt.Errorf("payment: no answer: %w", flywheel.ErrUnknownOutcome)
)

// DeclinedError tells why a gateway said no. It matches [ErrDeclined].
type DeclinedError struct{ Reason string }

func (e *DeclinedError) Error() string { return "payment: declined: " + e.Reason }

// Unwrap returns [ErrDeclined].
func (e *DeclinedError) Unwrap() error { return ErrDeclined }

// LimitError tells a capture above what is authorized or a refund above what is
// captured. It matches [flywheel.ErrInvalid]: no repetition makes it right.
type LimitError struct {
	Operation  string       // "capture" or "refund"
	Want, Left money.Amount // asked for, and still possible
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("payment: %s of %v, at most %v is left", e.Operation, e.Want, e.Left)
}

// Unwrap returns [flywheel.ErrInvalid].
func (e *LimitError) Unwrap() error { return flywheel.ErrInvalid }

// Uncertain reports whether a call that ended in err may have had its effect:
// err matches [flywheel.ErrUnknownOutcome] or is of no known kind, as a broken
// connection or a passed deadline is. A nil error is certain.
func Uncertain(err error) bool {
	if err == nil {
		return false
	}
	if errors.Is(err, flywheel.ErrUnknownOutcome) {
		return true
	}
	for _, kind := range []error{
		flywheel.ErrInvalid, flywheel.ErrOutOfRange, flywheel.ErrLimit, flywheel.ErrNotFound,
		flywheel.ErrConflict, flywheel.ErrForbidden, flywheel.ErrExpired,
	} {
		if errors.Is(err, kind) {
			return false
		}
	}
	return true
}
