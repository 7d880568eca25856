package coupon

import (
	"io"
	"math/bits"
)

// chance draws numbers below a bound, each as likely as any other.
type chance struct {
	source io.Reader
	below  int
	buffer [4096]byte
	left   []byte
}

// fill draws a number for each element of dst.
func (c *chance) fill(dst []byte) error {
	mask := byte(1<<bits.Len(uint(c.below-1)) - 1)
	for i := 0; i < len(dst); {
		if len(c.left) == 0 {
			if _, err := io.ReadFull(c.source, c.buffer[:]); err != nil {
				return err
			}
			c.left = c.buffer[:]
		}
		x := c.left[0] & mask
		c.left = c.left[1:]
		if int(x) < c.below {
			dst[i] = x
			i++
		}
	}
	return nil
}

// seen is the set of codes drawn so far, each as one number. Long codes may share
// one: then the second is drawn again, which does no harm.
type seen struct {
	slots []uint64 // 0 is free
	shift int
}

func newSeen(n int) *seen {
	size := bits.Len(uint(2*n + 1))
	return &seen{slots: make([]uint64, 1<<size), shift: 64 - size}
}

// add adds the code with the digits to the base, and reports whether it is new.
func (s *seen) add(digits []byte, base uint64) bool {
	code := uint64(1) // so that no code is 0 but by chance
	for _, d := range digits {
		code = code*base + uint64(d)
	}
	const golden = 0x9e3779b97f4a7c15 // spreads neighbours (Knuth, 1973, vol. 3, 6.4)
	for i := code * golden >> s.shift; ; i = (i + 1) & uint64(len(s.slots)-1) {
		switch s.slots[i] {
		case code:
			return false
		case 0:
			s.slots[i] = code
			return true
		}
	}
}
