package money

import (
	"fmt"
	"math/bits"
)

// Rounding says what becomes of a fraction. The zero value is [HalfUp].
type Rounding uint8

// The rounding modes. "Half" modes go to the nearest neighbor and differ in
// what they do with a tie.
const (
	HalfUp   Rounding = iota // ties away from zero: 2.5 → 3, -2.5 → -3
	HalfDown                 // ties toward zero: 2.5 → 2, -2.5 → -2
	HalfEven                 // ties to the even neighbour: 2.5 → 2, 3.5 → 4
	Up                       // away from zero: 2.1 → 3, -2.1 → -3
	Down                     // toward zero: 2.9 → 2, -2.9 → -2
	Ceiling                  // toward +∞: 2.1 → 3, -2.9 → -2
	Floor                    // toward -∞: 2.9 → 2, -2.1 → -3
)

var roundingNames = [...]string{"half_up", "half_down", "half_even", "up", "down", "ceiling", "floor"}

// String returns the name of m, such as "half_up".
func (m Rounding) String() string {
	if int(m) < len(roundingNames) {
		return roundingNames[m]
	}
	return fmt.Sprintf("rounding(%d)", uint8(m))
}

// MarshalText returns the name of m.
func (m Rounding) MarshalText() ([]byte, error) {
	if err := m.check(); err != nil {
		return nil, err
	}
	return []byte(m.String()), nil
}

// UnmarshalText reads a name such as "half_even".
func (m *Rounding) UnmarshalText(text []byte) error {
	for i, name := range roundingNames {
		if string(text) == name {
			*m = Rounding(i)
			return nil
		}
	}
	return &RoundingError{Name: clip(string(text))}
}

// RoundingError tells a rounding mode that does not exist.
type RoundingError struct{ Name string }

func (e *RoundingError) Error() string { return fmt.Sprintf("money: unknown rounding mode %q", e.Name) }

// Unwrap returns [ErrInvalid].
func (e *RoundingError) Unwrap() error { return ErrInvalid }

func (m Rounding) check() error {
	if m > Floor {
		return &RoundingError{Name: m.String()}
	}
	return nil
}

// away reports whether the magnitude q + rest/den, where 0 < rest < den, goes
// to q+1 rather than q. negative is the sign of the number.
func (m Rounding) away(negative bool, q, rest, den uint64) bool {
	switch m {
	case HalfUp:
		return rest >= den-rest
	case HalfDown:
		return rest > den-rest
	case HalfEven:
		return rest > den-rest || rest == den-rest && q&1 == 1
	case Up:
		return true
	case Ceiling:
		return !negative
	case Floor:
		return negative
	default:
		return false
	}
}

// mulDiv returns a·num/den, rounded once. The product has 128 bits. It reports
// false when no int64 holds the result, den is zero or m does not exist.
func (m Rounding) mulDiv(a, num int64, den uint64) (int64, bool) {
	negative := (a < 0) != (num < 0)
	hi, lo := bits.Mul64(magnitude(a), magnitude(num))
	if hi >= den || m > Floor {
		return 0, false
	}
	var q, rest uint64
	if hi == 0 {
		q, rest = lo/den, lo%den
	} else {
		q, rest = bits.Div64(hi, lo, den)
	}
	if rest != 0 && m.away(negative, q, rest, den) {
		q++
		if q == 0 {
			return 0, false
		}
	}
	return signed(negative, q)
}

// magnitude is right for the least int64 too.
func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a)
	}
	return uint64(a)
}

func signed(negative bool, q uint64) (int64, bool) {
	if negative {
		return -int64(q), q <= 1<<63
	}
	return int64(q), q < 1<<63
}

// pow10 holds 10^0 to 10^18, all that int64 holds.
var pow10 = func() (p [maxScale + 1]uint64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = 10 * p[i-1]
	}
	return p
}()

const maxScale = MaxRateDecimals
