package campaign

import (
	"container/heap"
	"time"

	"github.com/flywheel-go/flywheel"
)

// dueIndex orders contacts by (due, id): a heap that knows where each contact
// is, so that a changed time is moved in O(log n).
type dueIndex struct {
	heap  []dueContact
	place map[flywheel.CustomerID]int
}

type dueContact struct {
	at time.Time
	id flywheel.CustomerID
}

// set notes when a contact is due, the zero time for never.
func (x *dueIndex) set(id flywheel.CustomerID, at time.Time) {
	i, there := x.place[id]
	switch {
	case there && at.IsZero():
		heap.Remove(x, i)
	case there:
		x.heap[i].at = at
		heap.Fix(x, i)
	case !at.IsZero():
		heap.Push(x, dueContact{at, id})
	}
}

// The five methods are those of [heap.Interface].

func (x *dueIndex) Len() int { return len(x.heap) }

func (x *dueIndex) Less(i, j int) bool {
	a, b := &x.heap[i], &x.heap[j]
	if !a.at.Equal(b.at) {
		return a.at.Before(b.at)
	}
	return a.id < b.id
}

func (x *dueIndex) Swap(i, j int) {
	x.heap[i], x.heap[j] = x.heap[j], x.heap[i]
	x.place[x.heap[i].id], x.place[x.heap[j].id] = i, j
}

func (x *dueIndex) Push(e any) {
	x.place[e.(dueContact).id] = len(x.heap)
	x.heap = append(x.heap, e.(dueContact))
}

func (x *dueIndex) Pop() any {
	last := x.heap[len(x.heap)-1]
	x.heap[len(x.heap)-1] = dueContact{}
	x.heap = x.heap[:len(x.heap)-1]
	delete(x.place, last.id)
	return last
}
