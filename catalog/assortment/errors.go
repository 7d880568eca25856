package assortment

import (
	"fmt"
	"math"

	"github.com/flywheel-go/flywheel"
)

// What is wrong with the input of a function. An [*InputError] says where.
var (
	// ErrInput reports input that is malformed or contradictory.
	ErrInput = fmt.Errorf("assortment: invalid input: %w", flywheel.ErrInvalid)
	// ErrRange reports a number outside the range that its meaning allows.
	ErrRange = fmt.Errorf("assortment: out of range: %w", flywheel.ErrOutOfRange)
	// ErrUnidentified reports data that cannot tell the parameters of a model
	// apart, such as a product that was never sold.
	ErrUnidentified = fmt.Errorf("assortment: cannot be estimated from these data: %w", flywheel.ErrInvalid)
)

// InputError names the value that a function refuses.
type InputError struct {
	// What is the place, such as "margin[3]".
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

func indexed(list string, i int, x, least, most float64) error {
	if !(x >= least && x <= most) {
		return refuse(fmt.Sprintf("%s[%d]", list, i), x, ErrRange)
	}
	return nil
}

func all(list string, xs []float64, least, most float64) error {
	for i, x := range xs {
		if err := indexed(list, i, x, least, most); err != nil {
			return err
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

// checkOffer wants products of 0 to n-1, each once.
func checkOffer(offer []int, n int) error {
	seen := make([]bool, n)
	for i, p := range offer {
		switch {
		case p < 0 || p >= n:
			return refuse(fmt.Sprintf("offer[%d]", i), p, ErrRange)
		case seen[p]:
			return refuse(fmt.Sprintf("offer[%d]", i), p, ErrInput)
		}
		seen[p] = true
	}
	return nil
}
