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
	// ErrKeyReused reports a key that was used for another change. It matches
	// [flywheel.ErrKeyReused].
	ErrKeyReused = fmt.Errorf("loyalty: %w", flywheel.ErrKeyReused)
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

// ProgramError names the field of a [Program] that is refused, such as
// "tiering.tiers[1].threshold", or of one of several, such as
// "programs[1].timezone".
type ProgramError struct{ flywheel.FieldError }

func (e *ProgramError) Error() string { return "loyalty: program: " + e.FieldError.Error() }

// Unwrap returns the [*flywheel.FieldError].
func (e *ProgramError) Unwrap() error { return &e.FieldError }
