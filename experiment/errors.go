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

// What stands in the way of a winner. Each matches [ErrNoWinner].
var (
	// ErrSampleRatio reports a broken sample ratio.
	ErrSampleRatio = fmt.Errorf("broken sample ratio: %w", ErrNoWinner)
	// ErrLookedEarly reports a fixed horizon whose goal was looked at early.
	ErrLookedEarly = fmt.Errorf("looked at early: %w", ErrNoWinner)
	// ErrTooEarly reports that the planned units are not there yet.
	ErrTooEarly = fmt.Errorf("too early: %w", ErrNoWinner)
	// ErrHarm reports that the treatment harms a guardrail.
	ErrHarm = fmt.Errorf("guardrail harmed: %w", ErrNoWinner)
)

// NoWinnerError says why a [Report] names no winner.
type NoWinnerError struct {
	Experiment ID
	Verdict    Verdict
}

func (e *NoWinnerError) Error() string {
	return fmt.Sprintf("experiment: %q has no winner: %s: %s", e.Experiment, e.Verdict.State, e.Verdict.Reason)
}

// Unwrap returns [ErrNoWinner], or what stands in the way.
func (e *NoWinnerError) Unwrap() error {
	switch e.Verdict.State {
	case Broken:
		return ErrSampleRatio
	case LookedEarly:
		return ErrLookedEarly
	case Early:
		return ErrTooEarly
	case GuardrailHarmed:
		return ErrHarm
	default:
		return ErrNoWinner
	}
}
