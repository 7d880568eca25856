package coupon

import (
	"fmt"
	"math/big"

	"github.com/flywheel-go/flywheel"
)

// Use says what a code is good for, and so how hard it must be to guess.
type Use string

// The uses of codes.
const (
	GiftCard    Use = "gift_card"     // is worth money: 64 bits
	BearerToken Use = "bearer_token"  // lets whoever has it do something: 64 bits
	SingleUse   Use = "coupon_single" // is good once: 48 bits
	Shared      Use = "coupon_shared" // is printed in a newspaper: none
)

var minBits = map[Use]int{GiftCard: 64, BearerToken: 64, SingleUse: 48, Shared: 0}

// Bits returns the strength of codes of length random characters out of alphabet
// many: the logarithm of their number to the base 2, cut to a whole number.
func Bits(alphabet, length int) int {
	if alphabet < 2 || length <= 0 {
		return 0
	}
	length = min(length, flywheel.MaxIDBytes)
	n := new(big.Int).Exp(big.NewInt(int64(alphabet)), big.NewInt(int64(length)), nil)
	return n.BitLen() - 1
}

// CheckStrength reports whether codes of length random characters out of alphabet
// many are hard enough to guess. The error is a [*StrengthError].
func CheckStrength(use Use, alphabet, length int) error {
	least, known := minBits[use]
	if !known {
		return field(invalid("unknown %.40q", string(use)), "use")
	}
	if bits := Bits(alphabet, length); bits < least {
		return &StrengthError{Use: use, Bits: bits, MinBits: least}
	}
	return nil
}

// StrengthError tells codes that are too easy to guess for their use.
type StrengthError struct {
	Use           Use
	Bits, MinBits int
}

func (e *StrengthError) Error() string {
	return fmt.Sprintf("coupon: %d bits are too few for %s, which needs %d", e.Bits, e.Use, e.MinBits)
}

// Unwrap returns flywheel.ErrInvalid.
func (e *StrengthError) Unwrap() error { return flywheel.ErrInvalid }
