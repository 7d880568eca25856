package campaign

import (
	"container/heap"
	"time"
)

// stored is a contact in memory and its place in the order of who is due.
type stored struct {
	contact Contact
	due     time.Time
	place   int // in the heap, notDue where it is not there
}

const notDue = -1

// dueHeap orders contacts by (due, id). Each knows its place, so that a changed
// time is moved in O(log n).
type dueHeap []*stored

// set notes when a contact is due, the zero time for never.
func (h *dueHeap) set(s *stored, due time.Time) {
	s.due = due
	switch {
	case s.place != notDue && due.IsZero():
		heap.Remove(h, s.place)
	case s.place != notDue:
		heap.Fix(h, s.place)
	case !due.IsZero():
		heap.Push(h, s)
	}
}

// The five methods are those of [heap.Interface].

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	if !h[i].due.Equal(h[j].due) {
		return h[i].due.Before(h[j].due)
	}
	return h[i].contact.ID < h[j].contact.ID
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

func (h *dueHeap) Push(s any) {
	s.(*stored).place = len(*h)
	*h = append(*h, s.(*stored))
}

func (h *dueHeap) Pop() any {
	last := (*h)[len(*h)-1]
	(*h)[len(*h)-1] = nil
	*h = (*h)[:len(*h)-1]
	last.place = notDue
	return last
}
