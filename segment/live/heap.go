package live

import (
	"cmp"
	"iter"
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
// is O(1), pop O(64) amortized. Buckets are chains of chunks, so that none is ever
// copied to grow.
type timers struct {
	last    int64
	size    int
	used    uint64 // bit b: bucket b is not empty
	buckets [64]chain
	least   [64]int64
	free    *chunk

	// Those that are due at last: now in order from the last person to the first, and behind
	// them waves, by the highest bits of the person, which are ordered when they are reached.
	now   []timer
	waves [waveCount]chain
	wave  int // the waves before it are over
	wide  uint
	spare []timer
}

// chunk is a part of a bucket.
type chunk struct {
	list []timer
	next *chunk
}

// chain is a bucket.
type chain struct {
	head *chunk
	n    int
}

const (
	chunkSize = 512
	waveCount = 256
	fewTimers = 1024 // that are ordered at once
)

func (h *timers) push(t timer) {
	if t.due < h.last {
		t.due = h.last // a claim about the past is looked at next
	}
	h.size++
	if t.due == h.last {
		h.now = append(h.now, t)
		return
	}
	h.put(t)
}

func (h *timers) put(t timer) {
	b := bits.Len64(uint64(t.due) ^ uint64(h.last))
	if h.buckets[b].n == 0 || t.due < h.least[b] {
		h.least[b] = t.due
	}
	h.add(&h.buckets[b], t)
	h.used |= 1 << b
}

// add puts a timer into a chain. Chunks of few timers are small.
func (h *timers) add(c *chain, t timer) {
	if c.head == nil || len(c.head.list) == cap(c.head.list) {
		fresh := h.free
		switch {
		case c.n < chunkSize:
			fresh = &chunk{list: make([]timer, 0, max(8, c.n))}
		case fresh != nil:
			h.free = fresh.next
		default:
			fresh = &chunk{list: make([]timer, 0, chunkSize)}
		}
		fresh.next = c.head
		c.head = fresh
	}
	c.head.list = append(c.head.list, t)
	c.n++
}

// drain calls do for all of a chain, and empties it.
func (h *timers) drain(c *chain, do func(timer)) {
	at := c.head
	*c = chain{}
	for at != nil {
		for _, t := range at.list {
			do(t)
		}
		next := at.next
		if cap(at.list) == chunkSize {
			at.list, at.next = at.list[:0], h.free
			h.free = at
		}
		at = next
	}
}

// next is when the first timer is due.
func (h *timers) next() int64 {
	switch {
	case h.size == 0:
		return never
	case len(h.now) > 0 || h.rest():
		return h.last
	}
	return h.least[bits.TrailingZeros64(h.used)]
}

// rest reports whether a wave is not over.
func (h *timers) rest() bool {
	for h.wave < waveCount && h.waves[h.wave].n == 0 {
		h.wave++
	}
	return h.wave < waveCount
}

// pop removes the first timer if it is due by to.
func (h *timers) pop(to int64) (timer, bool) {
	if h.size == 0 || h.next() > to {
		return timer{}, false
	}
	if len(h.now) == 0 {
		if h.rest() {
			h.drain(&h.waves[h.wave], func(t timer) { h.now = append(h.now, t) })
		} else {
			h.refill()
		}
		h.byPerson(h.now)
	}
	t := h.now[len(h.now)-1]
	h.now = h.now[:len(h.now)-1]
	h.size--
	return t, true
}

// refill takes the first timers out of the lowest bucket. A wave of a hundred thousand
// must not hold an event, so that so many are only dealt out by the highest bits of the
// person.
func (h *timers) refill() {
	b := bits.TrailingZeros64(h.used)
	h.last = h.least[b]
	h.used &^= 1 << b
	moved := h.buckets[b]
	h.buckets[b] = chain{}
	if moved.n <= fewTimers {
		h.drain(&moved, func(t timer) {
			if t.due == h.last {
				h.now = append(h.now, t)
			} else {
				h.put(t)
			}
		})
		return
	}
	top := uint32(0)
	for c := moved.head; c != nil; c = c.next {
		for i := range c.list {
			top = max(top, c.list[i].who)
		}
	}
	h.wide = uint(max(0, bits.Len32(top)-8))
	h.wave = 0
	h.drain(&moved, func(t timer) {
		if t.due == h.last {
			h.add(&h.waves[t.who>>h.wide], t)
		} else {
			h.put(t)
		}
	})
	h.rest()
	h.drain(&h.waves[h.wave], func(t timer) { h.now = append(h.now, t) })
}

// also reports whether the next timer is of the same person and instant.
func (h *timers) also(t timer) bool {
	return len(h.now) > 0 && h.now[len(h.now)-1].who == t.who && h.now[len(h.now)-1].due == t.due
}

// all yields all timers, in no order.
func (h *timers) all() iter.Seq[timer] {
	return func(yield func(timer) bool) {
		for _, t := range h.now {
			if !yield(t) {
				return
			}
		}
		for _, chains := range [][]chain{h.buckets[:], h.waves[:]} {
			for i := range chains {
				for c := chains[i].head; c != nil; c = c.next {
					for _, t := range c.list {
						if !yield(t) {
							return
						}
					}
				}
			}
		}
	}
}

// byPerson orders timers from the last person to the first, many digit by digit, in linear
// time.
func (h *timers) byPerson(list []timer) {
	if len(list) < 512 {
		slices.SortStableFunc(list, func(a, b timer) int { return cmp.Compare(b.who, a.who) })
		return
	}
	h.spare = slices.Grow(h.spare[:0], len(list))[:len(list)]
	from, to := list, h.spare
	const digits, size = 11, 1 << 11
	passes := 0
	for shift := 0; shift < 32; shift += digits {
		var at [size + 1]int
		for i := range from {
			at[size-from[i].who>>shift&(size-1)]++ // the largest digit first
		}
		if at[size] == len(from) && shift > 0 {
			continue // the digit is 0 in all
		}
		sum := 0
		for d := range at {
			at[d], sum = sum, sum+at[d]
		}
		for i := range from {
			d := size - from[i].who>>shift&(size-1)
			to[at[d]] = from[i]
			at[d]++
		}
		from, to = to, from
		passes++
	}
	if passes%2 == 1 {
		copy(list, from)
	}
}
