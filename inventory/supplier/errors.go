package supplier

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// What is wrong with the input of a function. An [*InputError] says where.
var (
	// ErrInput reports input that is malformed or contradictory.
	ErrInput = fmt.Errorf("supplier: invalid input: %w", flywheel.ErrInvalid)
	// ErrRange reports a number outside the range that its meaning allows.
	ErrRange = fmt.Errorf("supplier: out of range: %w", flywheel.ErrOutOfRange)
	// ErrNoPlan reports that no sampling plan meets what is asked for.
	ErrNoPlan = fmt.Errorf("supplier: no such plan: %w", flywheel.ErrNotFound)
	// ErrUnknown reports a supplier, line or document that is not there.
	ErrUnknown = fmt.Errorf("supplier: unknown: %w", flywheel.ErrNotFound)
	// ErrState reports that the state of an order forbids the step.
	ErrState = fmt.Errorf("supplier: not in this state: %w", flywheel.ErrConflict)
	// ErrReused reports a document number that was used before with another
	// content.
	ErrReused = fmt.Errorf("supplier: document number used with another content: %w", flywheel.ErrConflict)
)

// InputError names the value that a function refuses.
type InputError struct {
	// What is the place, such as "sizes[3]" or "producer quality".
	What string
	// Value is what was found there.
	Value any
	// Err is one of the sentinels of this package.
	Err error
}

func (e *InputError) Error() string { return fmt.Sprintf("%s is %v: %v", e.What, e.Value, e.Err) }

// Unwrap returns the sentinel.
func (e *InputError) Unwrap() error { return e.Err }

func refuse(what string, value any, err error) error {
	return &InputError{What: what, Value: value, Err: err}
}

// finite refuses NaN and infinities.
func finite(what string, x float64) error {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return refuse(what, x, ErrInput)
	}
	return nil
}

// between refuses what is not a number from least to most.
func between(what string, x, least, most float64) error {
	if !(x >= least && x <= most) {
		return refuse(what, x, ErrRange)
	}
	return nil
}

// indexed is between for an element of a list; the name is only built on failure.
func indexed(list string, i int, x, least, most float64) error {
	if !(x >= least && x <= most) {
		return refuse(fmt.Sprintf("%s[%d]", list, i), x, ErrRange)
	}
	return nil
}
