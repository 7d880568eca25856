package fulfillment

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// What the functions of this package refuse. A *flywheel.FieldError says where.
var (
	// ErrInput reports input that is malformed or contradictory.
	ErrInput = fmt.Errorf("fulfillment: invalid input: %w", flywheel.ErrInvalid)
	// ErrRange reports a number outside the range that its meaning allows.
	ErrRange = fmt.Errorf("fulfillment: out of range: %w", flywheel.ErrOutOfRange)
	// ErrUnknown reports a place, an option, a line or a box that is not there.
	ErrUnknown = fmt.Errorf("fulfillment: unknown: %w", flywheel.ErrNotFound)
	// ErrState reports that the state of a shipment forbids the step.
	ErrState = fmt.Errorf("fulfillment: not in this state: %w", flywheel.ErrConflict)
)

// refuse returns the error of a field.
func refuse(kind error, field, format string, args ...any) error {
	return &flywheel.FieldError{Field: field, Err: fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), kind)}
}

// inField puts the error of a part below field.
func inField(field string, err error) error {
	return &flywheel.FieldError{Field: field, Err: err}
}
