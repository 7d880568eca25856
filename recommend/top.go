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
