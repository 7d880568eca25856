package recommend

import "slices"

// scored is an item by its number in a Model and what it is worth.
type scored struct {
	item  int32
	score float64
}

// before orders by score, best first, and equal scores by item: item numbers
// follow the order of SKUs.
func (s scored) before(o scored) bool {
	return s.score > o.score || s.score == o.score && s.item < o.item
}

// top keeps the best n of what is offered to it, in a heap with the worst kept
// at the root. One pass over m candidates costs about m comparisons, since most
// fail against the root.
type top struct {
	n    int
	heap []scored
}

// accepts reports whether s would be kept.
func (t *top) accepts(s scored) bool {
	return len(t.heap) < t.n || t.n > 0 && s.before(t.heap[0])
}

// push keeps s, which must be acceptable, and drops the worst for it.
func (t *top) push(s scored) {
	h := t.heap
	if len(h) < t.n {
		h = append(h, s)
		for i := len(h) - 1; i > 0; {
			parent := (i - 1) / 2
			if !h[parent].before(h[i]) {
				break
			}
			h[parent], h[i] = h[i], h[parent]
			i = parent
		}
		t.heap = h
		return
	}
	h[0] = s
	for i := 0; ; {
		child := 2*i + 1
		if child >= len(h) {
			return
		}
		if r := child + 1; r < len(h) && h[child].before(h[r]) {
			child = r
		}
		if !h[i].before(h[child]) {
			return
		}
		h[i], h[child] = h[child], h[i]
		i = child
	}
}

// take returns a copy of what is kept, best first, and leaves t empty.
func (t *top) take() []scored { return slices.Clone(t.sorted()) }

// sorted returns what is kept, best first, and leaves t empty. The slice is
// reused by the next push.
func (t *top) sorted() []scored {
	h := t.heap
	slices.SortFunc(h, func(a, b scored) int {
		switch {
		case a.before(b):
			return -1
		case b.before(a):
			return 1
		}
		return 0
	})
	t.heap = h[:0]
	return h
}

// best returns the n best of list, in no order, by moving them to its front: Hoare's
// selection with the median of three as the pivot. O(len(list)) on average.
func best(list []scored, n int) []scored {
	if n >= len(list) {
		return list
	}
	low, high := 0, len(list)-1
	for low < high {
		mid := (low + high) / 2
		if list[mid].before(list[low]) {
			list[mid], list[low] = list[low], list[mid]
		}
		if list[high].before(list[low]) {
			list[high], list[low] = list[low], list[high]
		}
		if list[high].before(list[mid]) {
			list[high], list[mid] = list[mid], list[high]
		}
		pivot := list[mid]
		i, j := low, high
		for i <= j {
			for list[i].before(pivot) {
				i++
			}
			for pivot.before(list[j]) {
				j--
			}
			if i <= j {
				list[i], list[j] = list[j], list[i]
				i++
				j--
			}
		}
		switch {
		case n-1 <= j:
			high = j
		case n-1 >= i:
			low = i
		default:
			return list[:n]
		}
	}
	return list[:n]
}
