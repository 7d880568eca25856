package money

import (
	"fmt"
	"math"
)

// EndIn returns the smallest amount that is not below a and whose minor units end
// in ending, out of modulus: EndIn(99, 100) makes 18.26 EUR 18.99 EUR, and
// EndIn(990, 1000) makes 3023 JPY 3990 JPY. An amount below zero, or an ending
// that is not from 0 to modulus-1, is an [*EndingError].
func (a Amount) EndIn(ending, modulus int64) (Amount, error) {
	if a.minor < 0 || ending < 0 || ending >= modulus {
		return Amount{}, &EndingError{Amount: a, Ending: ending, Modulus: modulus}
	}
	up := (ending - a.minor%modulus + modulus) % modulus
	if a.minor > math.MaxInt64-up {
		return Amount{}, overflow("ending of", a, integer(ending), integer(modulus))
	}
	return Amount{a.minor + up, a.currency}, nil
}

// EndingError tells an ending that no amount from this one on has.
type EndingError struct {
	Amount          Amount
	Ending, Modulus int64
}

func (e *EndingError) Error() string {
	return fmt.Sprintf("money: no ending %d of %d for %s", e.Ending, e.Modulus, e.Amount)
}

// Unwrap returns [ErrInvalid].
func (e *EndingError) Unwrap() error { return ErrInvalid }
