package live

import "math/bits"

// total is a sum of millionths, exact in 128 bits, so that what entered a window
// leaves it without a trace, in whatever order.
type total struct {
	hi int64
	lo uint64
}

func (t total) plus(x int64) total {
	lo, carry := bits.Add64(t.lo, uint64(x), 0)
	return total{t.hi + x>>63 + int64(carry), lo}
}

func (t total) minus(x int64) total {
	lo, borrow := bits.Sub64(t.lo, uint64(x), 0)
	return total{t.hi - x>>63 - int64(borrow), lo}
}

func (t total) add(u total) total {
	lo, carry := bits.Add64(t.lo, u.lo, 0)
	return total{t.hi + u.hi + int64(carry), lo}
}

// float returns the sum in units.
func (t total) float() float64 {
	if t.hi == 0 && t.lo <= 1<<62 || t.hi == -1 && t.lo >= 1<<63 {
		return float64(int64(t.lo)) / micro
	}
	return (float64(t.hi)*(1<<64) + float64(t.lo)) / micro
}
