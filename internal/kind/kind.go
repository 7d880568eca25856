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
	ErrInvalid        = errors.New("invalid")
	ErrOutOfRange     = errors.New("out of range")
	ErrLimit          = errors.New("limit exceeded")
	ErrNotFound       = errors.New("not found")
	ErrConflict       = errors.New("conflict")
	ErrStale          = fmt.Errorf("stale version: %w", ErrConflict)
	ErrKeyReused      = fmt.Errorf("key reused with another body: %w", ErrConflict)
	ErrForbidden      = errors.New("forbidden")
	ErrExpired        = errors.New("expired")
	ErrUnknownOutcome = errors.New("outcome unknown")
)

// TxError is a call that no transaction can serve as it was made: it would wait
// for itself, or its transaction has ended. What says which.
type TxError struct{ What string }

func (e *TxError) Error() string { return "transaction: " + e.What }

// Unwrap returns [ErrInvalid]: the program is wrong, and trying again does not help.
func (e *TxError) Unwrap() error { return ErrInvalid }
