package loyalty

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// Errors that a change of points can end with, beside [flywheel.ErrInvalid] for
// malformed input and [flywheel.ErrNotFound] for the reversal of something that
// never was.
var (
	// ErrInsufficient reports a burn of more points than are spendable. An
	// [*InsufficientError] tells how many there are.
	ErrInsufficient = fmt.Errorf("loyalty: insufficient points: %w", flywheel.ErrConflict)
	// ErrExceeds reports the reversal of more points than are left to reverse.
	ErrExceeds = fmt.Errorf("loyalty: more than is left to reverse: %w", flywheel.ErrConflict)
	// ErrKeyReused reports a key that was used for another change.
	ErrKeyReused = fmt.Errorf("loyalty: key used for another change: %w", flywheel.ErrConflict)
	// ErrStale reports a Save of an account that has changed meanwhile.
	ErrStale = fmt.Errorf("loyalty: account has changed: %w", flywheel.ErrConflict)
)

// InsufficientError tells the points wanted and those there are.
type InsufficientError struct {
	Member     flywheel.CustomerID
	Want, Have int64
}

func (e *InsufficientError) Error() string {
	return fmt.Sprintf("loyalty: %s has %d points, not %d", e.Member, e.Have, e.Want)
}

// Unwrap returns [ErrInsufficient].
func (e *InsufficientError) Unwrap() error { return ErrInsufficient }

// ProgrammeError names the field of a [Programme] that is refused.
type ProgrammeError struct {
	Field string // such as "tiers[1].threshold"
	Err   error  // wraps a kind
}

func (e *ProgrammeError) Error() string {
	return fmt.Sprintf("loyalty: programme: %s: %v", e.Field, e.Err)
}

// Unwrap returns the cause.
func (e *ProgrammeError) Unwrap() error { return e.Err }
