// Package kind holds the kinds of error. The root, pricing/money and the SQL
// layer share the values; flywheel names them all and says what each means. It
// links the standard library only.
package kind

import (
	"errors"
	"fmt"
)

// The kinds, as flywheel.ErrInvalid and so on document them.
var (
	ErrInvalid         = errors.New("invalid")
	ErrOutOfRange      = errors.New("out of range")
	ErrLimit           = errors.New("limit exceeded")
	ErrRateLimited     = fmt.Errorf("rate limited: %w", ErrLimit)
	ErrNotFound        = errors.New("not found")
	ErrConflict        = errors.New("conflict")
	ErrStale           = fmt.Errorf("stale version: %w", ErrConflict)
	ErrKeyReused       = fmt.Errorf("key reused with another body: %w", ErrConflict)
	ErrForbidden       = errors.New("forbidden")
	ErrUnauthenticated = fmt.Errorf("unauthenticated: %w", ErrForbidden)
	ErrExpired         = errors.New("expired")
	ErrUnknownOutcome  = errors.New("outcome unknown")
)

// TxError is a call that no transaction can serve as it was made: it would wait
// for itself or for too long, or its transaction has ended.
type TxError struct {
	What string
	// Kind is ErrConflict where the same call may succeed at another time. Nil is
	// ErrInvalid: the program is wrong.
	Kind error
}

func (e *TxError) Error() string { return "transaction: " + e.What }

// Unwrap returns the kind.
func (e *TxError) Unwrap() error {
	if e.Kind == nil {
		return ErrInvalid
	}
	return e.Kind
}
