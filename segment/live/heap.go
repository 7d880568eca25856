package live

import (
	"cmp"
	"math/bits"
	"slices"
)

// never is later than every instant.
const never = 1<<63 - 1

// timer says that a leaf or test of somebody may change by time alone.
type timer struct {
	due  int64
	who  uint32
	what uint32
}

// timers is a monotone priority queue: nothing is due before the last one
// popped, nor before 1970. It is a radix heap (Ahuja, Mehlhorn, Orlin and
// Tarjan, 1990): a timer lies in the bucket of the highest bit in which it differs
// from the last one popped, and moves to lower buckets as time goes on. Push
// is O(1), pop O(64) amortized.
type timers struct {
	last    int64
	size    int
	used    uint64 // bit b: bucket b is not empty
	buckets [64][]timer
	least   [64]int64
}

func (h *timers) push(t timer) {
	if t.due < h.last {
		t.due = h.last // a claim about the past is looked at next
	}
	h.put(t)
	h.size++
}

func (h *timers) put(t timer) {
	b := bits.Len64(uint64(t.due) ^ uint64(h.last))
	if len(h.buckets[b]) == 0 || t.due < h.least[b] {
		h.least[b] = t.due
	}
	h.buckets[b] = append(h.buckets[b], t)
	h.used |= 1 << b
}

// next is when the first timer is due.
func (h *timers) next() int64 {
	if h.used == 0 {
		return never
	}
	return h.least[bits.TrailingZeros64(h.used)]
}

// pop removes the first timer if it is due by to.
func (h *timers) pop(to int64) (timer, bool) {
	if h.next() > to || h.used == 0 {
		return timer{}, false
	}
	if b := bits.TrailingZeros64(h.used); b > 0 {
		h.last = h.least[b]
		moved := h.buckets[b]
		h.buckets[b] = moved[:0]
		h.used &^= 1 << b
		for _, t := range moved {
			h.put(t)
		}
		// Those that are due at once lie together by person, the first one last.
		slices.SortFunc(h.buckets[0], func(a, b timer) int {
			return cmp.Or(cmp.Compare(b.who, a.who), cmp.Compare(b.what, a.what))
		})
		if cap(moved) > 1<<16 {
			h.buckets[b] = nil
		}
	}
	zero := h.buckets[0]
	t := zero[len(zero)-1]
	h.buckets[0] = zero[:len(zero)-1]
	if len(zero) == 1 {
		h.used &^= 1
	}
	h.size--
	return t, true
}

// also reports whether the next timer is of the same person and instant.
func (h *timers) also(t timer) bool {
	zero := h.buckets[0]
	return len(zero) > 0 && zero[len(zero)-1].who == t.who && zero[len(zero)-1].due == t.due
}
