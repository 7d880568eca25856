package experiment

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// DefinitionError names the experiment and the field that is refused.
type DefinitionError struct {
	Experiment ID     // as given, perhaps empty
	Field      string // such as "arms[1].weight"
	Err        error  // wraps a kind
}

func (e *DefinitionError) Error() string {
	return fmt.Sprintf("experiment: %q: %s: %v", e.Experiment, e.Field, e.Err)
}

// Unwrap returns the cause.
func (e *DefinitionError) Unwrap() error { return e.Err }

// ErrUnknown reports an experiment that is not configured. It matches
// [flywheel.ErrNotFound].
var ErrUnknown = fmt.Errorf("experiment: unknown experiment: %w", flywheel.ErrNotFound)

// ErrNoWinner reports that a reading does not name a winner; a [*NoWinnerError]
// says why. It matches [flywheel.ErrConflict].
var ErrNoWinner = fmt.Errorf("experiment: no winner: %w", flywheel.ErrConflict)

// NoWinnerError says why a [Report] names no winner.
type NoWinnerError struct {
	Experiment ID
	Verdict    Verdict
}

func (e *NoWinnerError) Error() string {
	return fmt.Sprintf("experiment: %q has no winner: %s: %s", e.Experiment, e.Verdict.State, e.Verdict.Reason)
}

// Unwrap returns [ErrNoWinner].
func (e *NoWinnerError) Unwrap() error { return ErrNoWinner }
