package flywheel

import (
	"errors"

	"github.com/flywheel-go/flywheel/internal/kind"
)

// Error kinds. Every error that a package of this module returns because of its
// input or its state matches exactly one of them under [errors.Is]; a package's
// own sentinel or typed error wraps the kind and adds the operands.
var (
	// ErrInvalid reports input that is malformed, contradictory or unsafe.
	ErrInvalid = kind.ErrInvalid
	// ErrOutOfRange reports a number beyond what its type or rule can hold.
	ErrOutOfRange = kind.ErrOutOfRange
	// ErrLimit reports input that is too large or too deep.
	ErrLimit = kind.ErrLimit
	// ErrRateLimited reports too many tries within a span of time. It is a limit;
	// the same call may succeed later.
	ErrRateLimited = kind.ErrRateLimited
	// ErrNotFound reports that the named thing does not exist.
	ErrNotFound = kind.ErrNotFound
	// ErrConflict reports that the state forbids the call: a stale version, an
	// idempotency key with another body, stock or a budget that is used up.
	ErrConflict = kind.ErrConflict
	// ErrStale reports a save of a version that is no longer the stored one. It
	// is a conflict; load again and decide again.
	ErrStale = kind.ErrStale
	// ErrKeyReused reports an idempotency key that was used with another body. It
	// is a conflict; the call is wrong and never succeeds.
	ErrKeyReused = kind.ErrKeyReused
	// ErrForbidden reports that the caller may not do this.
	ErrForbidden = kind.ErrForbidden
	// ErrUnauthenticated reports that the caller did not show who it is: no
	// signature, or one that does not fit. It is forbidden.
	ErrUnauthenticated = kind.ErrUnauthenticated
	// ErrExpired reports that the thing existed and its time is over.
	ErrExpired = kind.ErrExpired
	// ErrUnknownOutcome reports that a write may or may not have happened:
	// the answer to a commit was lost and no key could settle it. Read before
	// writing again.
	ErrUnknownOutcome = kind.ErrUnknownOutcome
)

// FieldError names the field of an input that is refused. It is, or is embedded
// in, every error about a field, so that a web handler knows one type.
type FieldError struct {
	// Field is the path of the field in the words of its JSON form, such as
	// "lines[3].sku".
	Field string
	Err   error // wraps a kind
}

func (e *FieldError) Error() string { return e.Field + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Err }

// TxError is a call that no transaction can serve as it was made. It matches
// [ErrInvalid] where the program is wrong: the transaction of the context has
// ended, or a call within a transaction does not use the transaction's context and
// would wait for itself. It matches [ErrConflict] where the call may succeed at
// another time: two transactions that lock two databases in two orders, or a lock
// that was not free for too long.
type TxError = kind.TxError

// TellError reports that a [Sink] did not take what a change had to report. In a
// transaction the change is undone; without one it stands, and the same call again
// completes it. It matches what Err matches, except the kinds of error and what
// wraps one: a sink that says conflict says nothing of the change itself.
// [ErrUnknownOutcome] is no such kind. A sink that writes at the end of a transaction
// may refuse there: then the error is that of the transaction.
type TellError struct {
	Event string // ID of the first event
	Err   error  // of the sink
}

func (e *TellError) Error() string {
	return "flywheel: event " + e.Event + " not taken: " + e.Err.Error()
}

// Is implements the interface of [errors.Is].
func (e *TellError) Is(target error) bool {
	for _, kind := range []error{ErrInvalid, ErrOutOfRange, ErrLimit, ErrNotFound, ErrConflict, ErrForbidden, ErrExpired} {
		if errors.Is(target, kind) {
			return false
		}
	}
	return errors.Is(e.Err, target)
}
