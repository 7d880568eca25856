package stats

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// What is wrong with the input of an analysis. A [*InputError] says where.
var (
	// ErrEmptyArm reports an arm without observations.
	ErrEmptyArm = fmt.Errorf("empty arm: %w", flywheel.ErrInvalid)
	// ErrTooFew reports an arm with too few observations for a variance.
	ErrTooFew = fmt.Errorf("too few observations: %w", flywheel.ErrInvalid)
	// ErrZeroVariance reports that no observation differs from another, so that
	// no error can be estimated.
	ErrZeroVariance = fmt.Errorf("zero variance: %w", flywheel.ErrInvalid)
	// ErrTies reports a quantile that lies on values which come often.
	ErrTies = fmt.Errorf("many equal values: %w", flywheel.ErrInvalid)
	// ErrNotANumber reports NaN or an infinity.
	ErrNotANumber = fmt.Errorf("not a finite number: %w", flywheel.ErrInvalid)
	// ErrNegative reports a negative count, weight or variance.
	ErrNegative = fmt.Errorf("negative: %w", flywheel.ErrOutOfRange)
	// ErrBeyond reports a number outside the range that its meaning allows, such
	// as an alpha of 1 or more successes than trials.
	ErrBeyond = fmt.Errorf("out of range: %w", flywheel.ErrOutOfRange)
	// ErrShape reports lists of different or too small length.
	ErrShape = fmt.Errorf("wrong number of values: %w", flywheel.ErrInvalid)
)

// InputError names the value that an analysis refuses.
type InputError struct {
	What  string  // such as "control variance" or "weights[2]"
	Value float64 // as given; for lists their length
	Err   error   // one of the sentinels of this package
}

func (e *InputError) Error() string {
	return fmt.Sprintf("stats: %s is %v: %v", e.What, e.Value, e.Err)
}

// Unwrap returns the sentinel.
func (e *InputError) Unwrap() error { return e.Err }

func refuse(what string, value float64, err error) error {
	return &InputError{What: what, Value: value, Err: err}
}
