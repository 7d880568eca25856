package search

import (
	"sync"
	"unsafe"
)

// arena is memory for the sets and counts of one query, kept for the next.
type arena struct {
	words []uint64
	ints  []uint32
	usedW int
	usedI int

	planner planner
	plan    textPlan
	shares  shares
	parts   []partFound

	query Query
	exec  execution
	best  best
}

// mostKept is how many results of one query are worth keeping memory for.
const mostKept = 1 << 10

var arenas = sync.Pool{New: func() any { return new(arena) }}

// raw returns n words, not cleared.
func (a *arena) raw(n int) bitset {
	if a.usedW+n > len(a.words) {
		a.words = make([]uint64, max(2*len(a.words), 4*n, 1<<12)) // what was given out stays with its users
		a.usedW = 0
	}
	b := a.words[a.usedW : a.usedW+n : a.usedW+n]
	a.usedW += n
	return b
}

// bits returns an empty set of n.
func (a *arena) bits(n int) bitset {
	b := a.raw((n + 63) / 64)
	clear(b)
	return b
}

// copied returns a copy of a set.
func (a *arena) copied(b bitset) bitset {
	c := a.raw(len(b))
	copy(c, b)
	return c
}

// both returns what is in both sets; nil is everything.
func (a *arena) both(x, y bitset) bitset {
	switch {
	case x == nil:
		return y
	case y == nil:
		return x
	}
	c := a.raw(len(x))
	y = y[:len(x)]
	for i, w := range x {
		c[i] = w & y[i]
	}
	return c
}

// numbers returns n numbers, cleared.
func (a *arena) numbers(n int) []uint32 {
	b := a.list(n)[:n]
	clear(b)
	return b
}

// list returns an empty list with room for n numbers.
func (a *arena) list(n int) []uint32 {
	if a.usedI+n > len(a.ints) {
		a.ints = make([]uint32, max(2*len(a.ints), 2*n, 1<<12))
		a.usedI = 0
	}
	b := a.ints[a.usedI : a.usedI : a.usedI+n]
	a.usedI += n
	return b
}

// floats returns n numbers, not cleared.
func (a *arena) floats(n int) []float64 {
	if n == 0 {
		return nil
	}
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(a.raw(n)))), n)
}

func (a *arena) release() {
	a.usedW, a.usedI = 0, 0
	// What points into an index must not keep it.
	clear(a.parts)
	clear(a.plan.words)
	clear(a.plan.ways)
	clear(a.planner.found)
	a.planner = planner{toks: a.planner.toks, fuzzy: a.planner.fuzzy, found: a.planner.found[:0], buf: a.planner.buf[:0]}
	a.shares, a.query, a.exec = shares{}, Query{}, execution{}
	clear(a.best.heap)
	if a.best = (best{heap: a.best.heap[:0]}); cap(a.best.heap) > mostKept {
		a.best.heap = nil
	}
	arenas.Put(a)
}
