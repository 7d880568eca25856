package search

import (
	"math/bits"
	"slices"
)

// bitset is a set of small numbers.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func fullBitset(n int) bitset {
	b := newBitset(n)
	for i := range b {
		b[i] = ^uint64(0)
	}
	if n%64 != 0 {
		b[len(b)-1] = 1<<(n%64) - 1
	}
	return b
}

func (b bitset) set(i int)      { b[i>>6] |= 1 << (i & 63) }
func (b bitset) clear(i int)    { b[i>>6] &^= 1 << (i & 63) }
func (b bitset) has(i int) bool { return b[i>>6]>>(i&63)&1 != 0 }

func (b bitset) count() (n int) {
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b bitset) clone() bitset { return slices.Clone(b) }

// and keeps what o has too.
func (b bitset) and(o bitset) {
	o = o[:len(b)]
	for i := range b {
		b[i] &= o[i]
	}
}

func (b bitset) or(o bitset) {
	o = o[:len(b)]
	for i := range b {
		b[i] |= o[i]
	}
}

// not turns the set into those of n that it does not have.
func (b bitset) not(n int) {
	for i := range b {
		b[i] = ^b[i]
	}
	if n%64 != 0 {
		b[len(b)-1] &= 1<<(n%64) - 1
	}
}

// countAnd returns how many are in both.
func (b bitset) countAnd(o bitset) (n int) {
	o = o[:len(b)]
	for i := range b {
		n += bits.OnesCount64(b[i] & o[i])
	}
	return n
}

// setRange sets from up to to, without it.
func (b bitset) setRange(from, to int) {
	if from >= to {
		return
	}
	first, last := from>>6, (to-1)>>6
	low, high := ^uint64(0)<<(from&63), ^uint64(0)>>(63-(to-1)&63)
	if first == last {
		b[first] |= low & high
		return
	}
	b[first] |= low
	for i := first + 1; i < last; i++ {
		b[i] = ^uint64(0)
	}
	b[last] |= high
}

// each calls yield for each number in the set, ascending.
func (b bitset) each(yield func(i int)) {
	for w, word := range b {
		for word != 0 {
			yield(w<<6 + bits.TrailingZeros64(word))
			word &= word - 1
		}
	}
}

// list appends the numbers in the set, ascending.
func (b bitset) list(dst []uint32) []uint32 {
	for w, word := range b {
		for word != 0 {
			dst = append(dst, uint32(w<<6+bits.TrailingZeros64(word)))
			word &= word - 1
		}
	}
	return dst
}

// countGroups returns how many groups of neighboring numbers have a member in both
// sets; ends has the last number of each group. Adding a set without ends to all
// ones without ends carries into a group's end exactly where the group has a member
// before it, so that one pass of additions counts.
func countGroups(a, b, ends bitset) (n int) {
	b, ends = b[:len(a)], ends[:len(a)]
	carry := uint64(0)
	for i, w := range a {
		both, end := w&b[i], ends[i]
		var sum uint64
		sum, carry = bits.Add64(both&^end, ^end, carry)
		n += bits.OnesCount64((sum | both) & end)
	}
	return n
}
