package order

import (
	"crypto/rand"
	"strings"
)

// digits are those of Crockford's base 32: none that is taken for another.
const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newNumber returns ten characters at random, in two groups: 50 bits, of which a
// stranger learns nothing and guesses none.
func newNumber() string {
	var random [10]byte
	rand.Read(random[:]) // never fails
	var b strings.Builder
	for i, r := range random {
		if i == 5 {
			b.WriteByte('-')
		}
		b.WriteByte(digits[r&31])
	}
	return b.String()
}
