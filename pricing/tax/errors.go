package tax

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// FieldError names the field of a [Line], a [Table] or a [DistanceSale] that is
// refused.
type FieldError struct {
	Field string // such as "lines[2].taxes[0].rate"
	Err   error  // wraps a kind
}

func (e *FieldError) Error() string { return "tax: " + e.Field + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *FieldError) Unwrap() error { return e.Err }

func field(err error, format string, args ...any) error {
	return &FieldError{Field: fmt.Sprintf(format, args...), Err: err}
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), flywheel.ErrInvalid)
}

func outOfRange(format string, args ...any) error {
	return fmt.Errorf("%s: %w", fmt.Sprintf(format, args...), flywheel.ErrOutOfRange)
}

// within puts the field of err below another.
func within(err error, format string, args ...any) error {
	outer := fmt.Sprintf(format, args...)
	if f, ok := err.(*FieldError); ok {
		return &FieldError{Field: outer + "." + f.Field, Err: f.Err}
	}
	return &FieldError{Field: outer, Err: err}
}
