package flywheel

import "github.com/flywheel-go/flywheel/internal/kind"

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

// TxError is a call that no transaction can serve as it was made: it would wait
// for itself or for a lock that waits for it, or its transaction has ended. It
// matches [ErrInvalid].
type TxError = kind.TxError
