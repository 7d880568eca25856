package markdown

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// FieldError names the field of a history or a [Problem] that is refused.
type FieldError struct {
	Field string // such as "history[3].price"
	Err   error  // wraps a kind
}

func (e *FieldError) Error() string { return "markdown: " + e.Field + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Err }

func field(err error, format string, args ...any) error {
	return &FieldError{Field: fmt.Sprintf(format, args...), Err: err}
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), flywheel.ErrInvalid)
}

func tooLarge(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), flywheel.ErrLimit)
}
