package money

import (
	"math/bits"
	"slices"
	"sync"
)

// Allocate shares a by weights and loses nothing: see [Amount.AppendAllocate].
func (a Amount) Allocate(weights ...int64) ([]Amount, error) {
	return a.AppendAllocate(make([]Amount, 0, len(weights)), weights)
}

// AppendAllocate appends to dst one share of a for each weight. The shares sum
// to a. Each is its exact quota cut to the minor unit; the units left over go one
// each to the largest remainders, ties to the lowest index (Hamilton's method).
// A zero weight gets nothing; a negative amount is the mirror of the positive
// one. A negative weight, or no positive one, is a [*WeightError], and dst is
// returned as it was. O(n); it does not allocate when dst has room.
func (a Amount) AppendAllocate(dst []Amount, weights []int64) ([]Amount, error) {
	var sum uint64
	for i, w := range weights {
		if w < 0 {
			return dst, &WeightError{Index: i, Weight: w}
		}
		next := sum + uint64(w)
		if next < sum {
			return dst, overflow("sum of weights", integer(len(weights)))
		}
		sum = next
	}
	if sum == 0 {
		return dst, &WeightError{Index: -1}
	}

	// Room for the remainders and, behind them, for a copy to be reordered.
	var small [2 * few]uint64
	room := small[:]
	if len(weights) > few {
		pooled := scratch.Get().(*[]uint64)
		defer scratch.Put(pooled)
		*pooled = slices.Grow((*pooled)[:0], 2*len(weights))[:2*len(weights)]
		room = *pooled
	}
	remainders := room[:len(weights)]

	amount, negative := magnitude(a.minor), a.minor < 0
	left := amount
	start := len(dst)
	dst = slices.Grow(dst, len(weights))[:start+len(weights)]
	shares := dst[start:]
	for i, w := range weights {
		hi, lo := bits.Mul64(amount, uint64(w))
		var q uint64
		if hi == 0 {
			q = lo / sum
			remainders[i] = lo - q*sum
		} else {
			q, remainders[i] = bits.Div64(hi, lo, sum) // w ≤ sum, so hi < sum
		}
		left -= q
		shares[i] = Amount{int64(q), a.currency}
	}
	if left > 0 {
		handOut(shares, remainders, room[len(weights):2*len(weights)], int(left))
	}
	if negative {
		for i := range shares {
			shares[i].minor = -shares[i].minor
		}
	}
	return dst, nil
}

// few is up to how many weights the work is done on the stack.
const few = 16

var scratch = sync.Pool{New: func() any { return new([]uint64) }}

// handOut gives one unit to each of the n largest remainders.
func handOut(shares []Amount, remainders, room []uint64, n int) {
	copy(room, remainders)
	bar := nthLargest(room, n)
	ties := n // how many of those equal to the bar get one
	for _, r := range remainders {
		if r > bar {
			ties--
		}
	}
	for i, r := range remainders {
		if r > bar {
			shares[i].minor++
		} else if r == bar && ties > 0 {
			shares[i].minor++
			ties--
		}
	}
}

// nthLargest returns the n-th largest of v, 1 ≤ n ≤ len(v), and reorders v.
// Quickselect (Hoare, 1961, algorithm 65) narrows a long v for a few rounds; a
// short rest, or one that an adversary made, is sorted.
func nthLargest(v []uint64, n int) uint64 {
	for rounds := 0; len(v) > few && rounds < 32; rounds++ {
		first, middle, last := v[0], v[len(v)/2], v[len(v)-1]
		pivot := max(min(first, middle), min(max(first, middle), last))
		i, j := 0, len(v)-1 // v[:i] ≥ pivot ≥ v[j+1:]
		for i <= j {
			for v[i] > pivot {
				i++
			}
			for v[j] < pivot {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case n <= j+1:
			v = v[:j+1]
		case n > i:
			v, n = v[i:], n-i
		default:
			return pivot
		}
	}
	if len(v) > few {
		slices.Sort(v)
		return v[len(v)-n]
	}
	for i := 1; i < len(v); i++ { // insertion sort, descending
		for j := i; j > 0 && v[j] > v[j-1]; j-- {
			v[j], v[j-1] = v[j-1], v[j]
		}
	}
	return v[n-1]
}

// Split shares a in n equal parts: see [Amount.AppendAllocate].
func (a Amount) Split(n int) ([]Amount, error) {
	if n <= 0 {
		return nil, &WeightError{Index: -1}
	}
	each, rest := a.minor/int64(n), a.minor%int64(n)
	one := int64(sign(rest))
	parts := make([]Amount, n)
	for i := range parts {
		parts[i] = Amount{each, a.currency}
		if rest != 0 {
			parts[i].minor += one
			rest -= one
		}
	}
	return parts, nil
}

// Weights returns whole numbers in the proportions of rates, for
// [Amount.Allocate]: 0.333 and 0.5 become 333 and 500.
func Weights(rates ...Rate) ([]int64, error) {
	var scale uint8
	for _, r := range rates {
		scale = max(scale, r.scale)
	}
	weights := make([]int64, len(rates))
	for i, r := range rates {
		w, ok := rescale(r.coef, int(scale-r.scale))
		if !ok {
			return nil, overflow("weights", r)
		}
		weights[i] = w
	}
	return weights, nil
}
