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

// bearer is what a ref stands for in memory: a reservation, a document, or both. It
// is one object, since most refs have one line, one note and one attempt.
type bearer struct {
	ref      string
	held     held // if reserved
	reserved bool
	first    document    // if it has postings
	others   []*document // those of other attempts
	line     [1]heldLine
}

// bear makes a bearer of a ref.
func (s *MemoryStore) bear(ref string) *bearer {
	b := &bearer{ref: strings.Clone(ref)}
	b.held.of, b.held.place = b, -1
	s.refs[b.ref] = b
	return b
}

// drop forgets a bearer that bears nothing.
func (s *MemoryStore) drop(b *bearer) {
	if !b.reserved && len(b.first.postings) == 0 && len(b.others) == 0 {
		delete(s.refs, b.ref)
	}
}

// version returns that of the reservation, 0 for none.
func (b *bearer) version() int64 {
	if b == nil || !b.reserved {
		return 0
	}
	return b.held.version
}

// held is a reservation in memory.
type held struct {
	of       *bearer
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

// reservation writes h out.
func (s *MemoryStore) reservation(h *held) Reservation {
	r := Reservation{
		Ref: h.of.ref, Location: h.location, State: h.state,
		Expires: time.UnixMicro(h.expires).UTC(), Attempt: h.attempt, Version: h.version,
	}
	if len(h.units) > 0 {
		r.Units = slices.Clone(h.units)
		return r
	}
	r.Lines = make([]flywheel.Line, len(h.lines))
	for i, l := range h.lines {
		r.Lines[i] = flywheel.Line{SKU: s.stocks[l.stock].sku, Quantity: l.quantity}
	}
	return r
}

// keep stores r.
func (b *batch) keep(r *Reservation) {
	s, of := b.store, b.made(r.Ref)
	h := &of.held
	b.kept, b.before, b.fresh = of, *h, !of.reserved
	of.reserved = true
	if !s.sameLines(h, r) {
		if h.lines = of.line[:0]; !b.fresh || len(r.Lines) > len(of.line) { // what it was keeps its own
			h.lines = make([]heldLine, 0, len(r.Lines))
		}
		h.location = ""
		for i, l := range r.Lines {
			st := b.stock(i, l.SKU, r.Location)
			h.lines, h.location = append(h.lines, heldLine{st.number, l.Quantity}), st.location
		}
		if h.location != r.Location {
			h.location = Location(strings.Clone(string(r.Location)))
		}
	}
	if !slices.Equal(h.units, r.Units) {
		h.units = make([]fulfillment.Unit, len(r.Units))
		for i, u := range r.Units {
			h.units[i] = u
			if u.Kit != "" || u.Backordered {
				h.units[i].SKU, h.units[i].Kit = flywheel.SKU(strings.Clone(string(u.SKU))), flywheel.SKU(strings.Clone(string(u.Kit)))
				h.units[i].Location = Location(strings.Clone(string(u.Location)))
				continue
			}
			st := b.stock(i, u.SKU, u.Location)
			h.units[i].SKU, h.units[i].Location = st.sku, st.location
		}
	}
	h.state, h.expires, h.attempt, h.version = r.State, r.Expires.UnixMicro(), r.Attempt, r.Version
	s.due.put(h)
}

// stock returns the stock of an item, which nearly always is that of the movement at
// the same place.
func (b *batch) stock(i int, sku flywheel.SKU, location Location) *stock {
	if i < len(b.posted) && b.posted[i].sku == sku && b.posted[i].location == location {
		return b.posted[i]
	}
	return b.store.stock(sku, location)
}

// unkeep makes the reservation what it was, nothing if it is fresh.
func (s *MemoryStore) unkeep(of *bearer, before *held, fresh bool) {
	h := &of.held
	if fresh {
		s.due.take(h)
		of.reserved = false
		*h = held{of: of, place: -1}
		s.drop(of)
		return
	}
	place := h.place
	*h = *before
	h.place = place
	s.due.put(h)
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
	return cmp.Or(cmp.Compare(h.expires, other.expires), cmp.Compare(h.of.ref, other.of.ref))
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
