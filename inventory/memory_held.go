package inventory

import (
	"cmp"
	"container/heap"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// held is a reservation in memory.
type held struct {
	ref      string
	location Location
	state    State
	expires  int64 // microseconds since 1970
	attempt  int64
	version  int64
	lines    []heldLine
	units    []fulfillment.Unit // never changed
	place    int                // in the heap, -1 when it is not there
}

// heldLine names the SKU by the number of its stock.
type heldLine struct {
	stock    uint32
	quantity int64
}

func (s *MemoryStore) version(ref string) int64 {
	if h := s.reservations[ref]; h != nil {
		return h.version
	}
	return 0
}

// reservation writes h out.
func (s *MemoryStore) reservation(h *held) Reservation {
	r := Reservation{
		Ref: h.ref, Location: h.location, Lines: make([]flywheel.Line, len(h.lines)), State: h.state,
		Expires: time.UnixMicro(h.expires).UTC(), Attempt: h.attempt, Version: h.version,
	}
	for i, l := range h.lines {
		r.Lines[i] = flywheel.Line{SKU: s.stocks[l.stock].sku, Quantity: l.quantity}
	}
	if len(h.units) > 0 {
		r.Lines, r.Units = nil, slices.Clone(h.units)
	}
	return r
}

// keep stores r and returns what takes that back.
func (s *MemoryStore) keep(r *Reservation) (undo func()) {
	h := s.reservations[r.Ref]
	if h == nil {
		h = &held{ref: strings.Clone(r.Ref), place: -1}
		s.reservations[h.ref] = h
		undo = func() {
			s.due.take(h)
			delete(s.reservations, h.ref)
		}
	} else {
		before := *h
		undo = func() {
			place := h.place
			*h = before
			h.place = place
			s.due.put(h)
		}
	}
	if !s.sameLines(h, r) {
		h.lines = make([]heldLine, len(r.Lines))
		for i, l := range r.Lines {
			h.lines[i] = heldLine{s.stock(l.SKU, r.Location).number, l.Quantity}
		}
		h.location = Location(strings.Clone(string(r.Location)))
	}
	if !slices.Equal(h.units, r.Units) {
		h.units = make([]fulfillment.Unit, len(r.Units))
		for i, u := range r.Units {
			h.units[i] = u
			h.units[i].SKU, h.units[i].Kit = flywheel.SKU(strings.Clone(string(u.SKU))), flywheel.SKU(strings.Clone(string(u.Kit)))
			h.units[i].Location = Location(strings.Clone(string(u.Location)))
		}
	}
	h.state, h.expires, h.attempt, h.version = r.State, r.Expires.UnixMicro(), r.Attempt, r.Version
	s.due.put(h)
	return undo
}

func (s *MemoryStore) sameLines(h *held, r *Reservation) bool {
	return h.location == r.Location && slices.EqualFunc(h.lines, r.Lines, func(l heldLine, line flywheel.Line) bool {
		return s.stocks[l.stock].sku == line.SKU && l.quantity == line.Quantity
	})
}

// dueHeap holds the reservations that are not final, the next to expire first.
type dueHeap []*held

func (d dueHeap) Len() int           { return len(d) }
func (d dueHeap) Less(i, j int) bool { return d[i].compare(d[j]) < 0 }
func (d dueHeap) Swap(i, j int) {
	d[i], d[j] = d[j], d[i]
	d[i].place, d[j].place = i, j
}

// Push implements heap.Interface.
func (d *dueHeap) Push(x any) {
	h := x.(*held)
	h.place = len(*d)
	*d = append(*d, h)
}

// Pop implements heap.Interface.
func (d *dueHeap) Pop() any {
	last := len(*d) - 1
	h := (*d)[last]
	(*d)[last] = nil
	*d, h.place = (*d)[:last], -1
	return h
}

func (h *held) compare(other *held) int {
	return cmp.Or(cmp.Compare(h.expires, other.expires), cmp.Compare(h.ref, other.ref))
}

// put brings h to its place, which for a final reservation is outside.
func (d *dueHeap) put(h *held) {
	switch {
	case h.state.Final():
		d.take(h)
	case h.place < 0:
		heap.Push(d, h)
	default:
		heap.Fix(d, h.place)
	}
}

func (d *dueHeap) take(h *held) {
	if h.place >= 0 {
		heap.Remove(d, h.place)
	}
}

// until returns up to limit reservations that expire at or before now, in order.
// It visits no others but the children of these.
func (d dueHeap) until(now int64, limit int) []*held {
	var found []*held
	frontier := []int{0} // places in the heap, ordered by what is there
	for len(d) > 0 && len(frontier) > 0 && len(found) < limit {
		place := frontier[0]
		if d[place].expires > now {
			break
		}
		found = append(found, d[place])
		frontier = frontier[1:]
		for _, child := range []int{2*place + 1, 2*place + 2} {
			if child < len(d) {
				at, _ := slices.BinarySearchFunc(frontier, d[child], func(i int, h *held) int { return d[i].compare(h) })
				frontier = slices.Insert(frontier, at, child)
			}
		}
	}
	return found
}
