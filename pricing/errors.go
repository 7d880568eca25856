package pricing

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

var (
	// ErrNoPrice reports a line whose item no price list offers to this buyer at
	// this time in this currency and quantity.
	ErrNoPrice = fmt.Errorf("pricing: no price: %w", flywheel.ErrNotFound)
	// ErrTaxClass reports a line whose tax class the configuration does not have.
	ErrTaxClass = fmt.Errorf("pricing: unknown tax class: %w", flywheel.ErrInvalid)
	// ErrVersion reports a save of something that has changed in the meantime.
	ErrVersion = fmt.Errorf("pricing: %w", flywheel.ErrStale)
)

// FieldError names the field of a [Config], a [Basket] or other input that is
// refused; none where it is the whole.
type FieldError struct {
	Field string // such as "promotions[2].percent" or "lines[0].quantity"
	Err   error  // wraps a kind
}

func (e *FieldError) Error() string {
	if e.Field == "" {
		return "pricing: " + e.Err.Error()
	}
	return "pricing: " + e.Field + ": " + e.Err.Error()
}

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

func indexed(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i) }
