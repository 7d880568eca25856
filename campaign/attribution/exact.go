package attribution

import (
	"math"
	"math/bits"
)

// exact is a sum that does not depend on the order of its terms: a fixed-point
// number of 128 bits with 64 behind the point. A float64 of at least 2^-11 is
// exact in it, smaller ones are rounded to 2^-64. Adding and taking away again
// leaves what was there.
type exact struct {
	hi int64
	lo uint64
}

// maxValue is the largest value of one term.
const maxValue = 1 << 52

func exactOf(v float64) exact {
	whole := math.Floor(v)
	return exact{int64(whole), uint64((v - whole) * (1 << 64))}
}

func (e *exact) plus(o exact) {
	lo, carry := bits.Add64(e.lo, o.lo, 0)
	e.lo = lo
	e.hi += o.hi + int64(carry)
}

func (e *exact) minus(o exact) {
	lo, borrow := bits.Sub64(e.lo, o.lo, 0)
	e.lo = lo
	e.hi -= o.hi + int64(borrow)
}

func (e *exact) add(v float64) { e.plus(exactOf(v)) }

func (e exact) negative() bool { return e.hi < 0 }

func (e exact) float() float64 { return float64(e.hi) + float64(e.lo)/(1<<64) }
