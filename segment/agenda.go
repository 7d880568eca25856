package segment

import "math"

// never is the time of a customer for whom nothing is due.
const never = math.MaxInt64

// agenda is when each customer is due: a binary heap over dense numbers, ordered
// by time and then by number. set costs O(log n).
type agenda struct {
	at    []int64  // by number; never when not in the heap
	place []int32  // by number: where in the heap
	heap  []uint32 // numbers
}

// set changes when a customer is due and returns when it was.
func (a *agenda) set(number uint32, at int64) (before int64) {
	for uint32(len(a.at)) <= number {
		a.at, a.place = append(a.at, never), append(a.place, -1)
	}
	before = a.at[number]
	a.at[number] = at
	i := int(a.place[number])
	switch {
	case i < 0 && at == never:
		return before
	case i < 0:
		i = len(a.heap)
		a.heap = append(a.heap, number)
		a.place[number] = int32(i)
	case at == never:
		last := len(a.heap) - 1
		a.swap(i, last)
		a.heap = a.heap[:last]
		a.place[number] = -1
		if i == last {
			return before
		}
	}
	a.down(a.up(i))
	return before
}

// first returns who is due first.
func (a *agenda) first() (number uint32, at int64, ok bool) {
	if len(a.heap) == 0 {
		return 0, 0, false
	}
	return a.heap[0], a.at[a.heap[0]], true
}

// until returns all that are due by a time, in no order, at the cost of those
// alone: they are the top of the heap.
func (a *agenda) until(at int64) []uint32 {
	var due []uint32
	var walk func(i int)
	walk = func(i int) {
		if i < len(a.heap) && a.at[a.heap[i]] <= at {
			due = append(due, a.heap[i])
			walk(2*i + 1)
			walk(2*i + 2)
		}
	}
	walk(0)
	return due
}

func (a *agenda) less(i, j int) bool {
	m, n := a.heap[i], a.heap[j]
	return a.at[m] < a.at[n] || a.at[m] == a.at[n] && m < n
}

func (a *agenda) swap(i, j int) {
	a.heap[i], a.heap[j] = a.heap[j], a.heap[i]
	a.place[a.heap[i]], a.place[a.heap[j]] = int32(i), int32(j)
}

func (a *agenda) up(i int) int {
	for i > 0 && a.less(i, (i-1)/2) {
		a.swap(i, (i-1)/2)
		i = (i - 1) / 2
	}
	return i
}

func (a *agenda) down(i int) {
	for {
		least := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(a.heap); child++ {
			if a.less(child, least) {
				least = child
			}
		}
		if least == i {
			return
		}
		a.swap(i, least)
		i = least
	}
}
