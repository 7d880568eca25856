package market

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// What is wrong with the input of a function. An [*InputError] says where.
var (
	// ErrInput reports input that is malformed or contradictory.
	ErrInput = fmt.Errorf("market: invalid input: %w", flywheel.ErrInvalid)
	// ErrRange reports a number outside the range that its meaning allows.
	ErrRange = fmt.Errorf("market: out of range: %w", flywheel.ErrOutOfRange)
	// ErrNoSpread reports values that do not differ, where a spread is needed.
	ErrNoSpread = fmt.Errorf("market: no spread: %w", flywheel.ErrInvalid)
	// ErrOrder reports a time that is not after the one before.
	ErrOrder = fmt.Errorf("market: time does not advance: %w", flywheel.ErrConflict)
)

// InputError names the value that a function refuses.
type InputError struct {
	// What is the place, such as "values[17]".
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

// checkSeries wants finite values, at least so many.
func checkSeries(values []float64, least int) error {
	if len(values) < least {
		return refuse("number of values", len(values), ErrRange)
	}
	for i, x := range values {
		if !(x >= -1e100 && x <= 1e100) {
			return refuse(fmt.Sprintf("values[%d]", i), x, ErrRange)
		}
	}
	return nil
}

func finite(what string, x float64) error {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return refuse(what, x, ErrInput)
	}
	return nil
}
