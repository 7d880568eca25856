package payment

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Gateway moves money: it sets an amount aside, takes it, lets it go, or gives
// it back. Every call that changes something carries an idempotency key.
//
// The contract, on which order and checkout rely:
//   - The same key with the same arguments answers as the first time and has no
//     second effect. The same key with other arguments reports an error
//     matching [flywheel.ErrConflict].
//   - A call that was declined, or failed without effect, is not remembered: the
//     same key is tried again. An adapter for a gateway that remembers declines
//     adds a suffix of its own to the key.
//   - An error matching [flywheel.ErrUnknownOutcome], and any error that matches
//     no kind of package flywheel, means that the effect may have happened. The
//     caller repeats the call with the same key.
//   - Captured and released together never exceed authorized, refunded never
//     exceeds captured, also under parallel calls.
//
// Implementations are safe for concurrent use and honor ctx.
type Gateway interface {
	// Authorize sets the amount aside. A refusal reports [ErrDeclined]. Where the
	// bank wants the buyer to do something first the error is an [*ActionError],
	// and nothing is set aside until the buyer has done it: then the same call
	// answers with the authorization, or tries again where the buyer failed. The key
	// of an abandoned charge reports [ErrVoided].
	Authorize(ctx context.Context, c Charge) (Authorization, error)
	// Find reads an authorization: nil while it stands, captured or not, an
	// [*ActionError] while it waits for the buyer, [ErrDeclined] after the buyer
	// or the bank refused, [ErrVoided] after it was let go, and an error matching
	// [flywheel.ErrNotFound] for an unknown one.
	Find(ctx context.Context, authorization string) (Authorization, error)
	// Capture takes amount of what was authorized. Several partial captures
	// may follow each other. On a voided authorization it reports [ErrVoided], on
	// one that waits for the buyer an [*ActionError].
	Capture(ctx context.Context, key, authorization string, amount money.Amount) error
	// Void lets all of the authorization go, also one that waits for the buyer.
	// Once anything was captured it reports [ErrCaptured]; voiding again does
	// nothing.
	Void(ctx context.Context, key, authorization string) error
	// Release gives up amount of what is neither captured nor released, as when a
	// part of an order is called off before it is shipped.
	Release(ctx context.Context, key, authorization string, amount money.Amount) error
	// Refund gives back amount of what was captured.
	Refund(ctx context.Context, key, authorization string, amount money.Amount) error
	// Abandon ends a charge whose outcome is unknown: what it set aside is voided,
	// and its key sets nothing aside any more, whenever a late request arrives.
	// Once anything was captured it reports [ErrCaptured]; again it does nothing.
	Abandon(ctx context.Context, c Charge) error
}

// Charge asks for an amount to be authorized.
type Charge struct {
	Key    string       // idempotency key
	Amount money.Amount // positive
	// Method is the gateway's token for the means of payment. It is never a
	// card number.
	Method string
	// Ref says what the charge is for, such as the id of a cart or a session.
	Ref string
	// Customer is who pays, empty for a guest.
	Customer flywheel.CustomerID
	// Return is the address to which the bank sends the buyer back after an
	// action, empty where the gateway knows one.
	Return string
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
	// ErrAction reports that the buyer has to do something before the amount is set
	// aside. An [*ActionError] says what.
	ErrAction = fmt.Errorf("payment: the buyer must act: %w", flywheel.ErrConflict)
	// ErrNoAnswer reports that no answer came: the call may have had its effect.
	ErrNoAnswer = fmt.Errorf("payment: no answer: %w", flywheel.ErrUnknownOutcome)
)

// DeclinedError tells why a gateway said no. It matches [ErrDeclined].
type DeclinedError struct{ Reason string }

func (e *DeclinedError) Error() string { return "payment: declined: " + e.Reason }

// Unwrap returns [ErrDeclined].
func (e *DeclinedError) Unwrap() error { return ErrDeclined }

// ActionError says what the buyer has to do before an amount is set aside, such
// as to confirm it at the bank (3-D Secure). It matches [ErrAction]. The charge is
// known to the gateway under Authorization: [Gateway.Find] tells what became of it,
// [Gateway.Void] gives it up.
type ActionError struct {
	Authorization string
	// Type is the gateway's word for the action, such as "redirect".
	Type string
	// URL is where the buyer goes on; empty where the gateway's own script in the
	// page does it with Token.
	URL, Token string
}

func (e *ActionError) Error() string { return ErrAction.Error() + ": " + e.Type }

// Unwrap returns [ErrAction].
func (e *ActionError) Unwrap() error { return ErrAction }

// LimitError reports a capture or release above what is authorized, or a refund
// above what is captured. It matches [flywheel.ErrInvalid]: no repetition makes it right.
type LimitError struct {
	Operation  string       // "capture", "release" or "refund"
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
