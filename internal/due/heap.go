package due

import (
	"cmp"
	"container/heap"
	"time"
)

// Batch is how many due things one transaction takes at most: a wave of many is
// taken in small transactions, between which live events have their turn.
const Batch = 256

// Heap knows when the things of a memory store are due. The zero value is empty
// and ready.
type Heap[K cmp.Ordered] struct {
	items items[K]
}

type item[K cmp.Ordered] struct {
	key K
	at  time.Time
}

func (a item[K]) before(b item[K]) bool {
	if c := a.at.Compare(b.at); c != 0 {
		return c < 0
	}
	return a.key < b.key
}

// items is a binary heap ordered by (at, key) that knows the place of each key.
type items[K cmp.Ordered] struct {
	list  []item[K]
	place map[K]int
}

func (h *items[K]) Len() int           { return len(h.list) }
func (h *items[K]) Less(i, j int) bool { return h.list[i].before(h.list[j]) }
func (h *items[K]) Swap(i, j int) {
	h.list[i], h.list[j] = h.list[j], h.list[i]
	h.place[h.list[i].key], h.place[h.list[j].key] = i, j
}

func (h *items[K]) Push(x any) {
	it := x.(item[K])
	h.place[it.key] = len(h.list)
	h.list = append(h.list, it)
}

func (h *items[K]) Pop() any {
	last := h.list[len(h.list)-1]
	h.list = h.list[:len(h.list)-1]
	delete(h.place, last.key)
	return last
}

// Set says when key is due; the zero time is never.
func (h *Heap[K]) Set(key K, at time.Time) {
	i, known := h.items.place[key]
	switch {
	case known && at.IsZero():
		heap.Remove(&h.items, i)
	case known:
		h.items.list[i].at = at
		heap.Fix(&h.items, i)
	case !at.IsZero():
		if h.items.place == nil {
			h.items.place = map[K]int{}
		}
		heap.Push(&h.items, item[K]{key, at})
	}
}

// At returns when key is due, the zero time for never.
func (h *Heap[K]) At(key K) time.Time {
	if i, known := h.items.place[key]; known {
		return h.items.list[i].at
	}
	return time.Time{}
}

// Len returns how many keys are due at some time.
func (h *Heap[K]) Len() int { return len(h.items.list) }

// Next returns the earliest instant at which a key is due, the zero time when
// there is none.
func (h *Heap[K]) Next() time.Time {
	if len(h.items.list) == 0 {
		return time.Time{}
	}
	return h.items.list[0].at
}

// Claim returns up to n keys that are due at now or before and for which keep
// reports true, ordered by (due, key). A nil keep keeps all. The keys stay due;
// the store that acts on one sets its next instant.
func (h *Heap[K]) Claim(now time.Time, n int, keep func(K) bool) []K {
	if len(h.items.list) == 0 || n <= 0 {
		return nil
	}
	var keys []K
	f := &frontier[K]{of: h.items.list, at: []int{0}}
	for len(f.at) > 0 && len(keys) < n {
		i := heap.Pop(f).(int)
		if it := h.items.list[i]; it.at.After(now) {
			break
		} else if keep == nil || keep(it.key) {
			keys = append(keys, it.key)
		}
		for _, child := range [...]int{2*i + 1, 2*i + 2} {
			if child < len(h.items.list) {
				heap.Push(f, child)
			}
		}
	}
	return keys
}

// frontier is a heap of places in another heap, whose children have not been
// looked at.
type frontier[K cmp.Ordered] struct {
	of []item[K]
	at []int
}

func (f *frontier[K]) Len() int           { return len(f.at) }
func (f *frontier[K]) Less(i, j int) bool { return f.of[f.at[i]].before(f.of[f.at[j]]) }
func (f *frontier[K]) Swap(i, j int)      { f.at[i], f.at[j] = f.at[j], f.at[i] }
func (f *frontier[K]) Push(x any)         { f.at = append(f.at, x.(int)) }
func (f *frontier[K]) Pop() any {
	last := f.at[len(f.at)-1]
	f.at = f.at[:len(f.at)-1]
	return last
}
