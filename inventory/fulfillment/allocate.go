package fulfillment

import (
	"cmp"
	"slices"
	"sync"

	"github.com/flywheel-go/flywheel"
)

// Piece is a number of units of a line at one place.
type Piece struct {
	Line     string       `json:"line"`
	SKU      flywheel.SKU `json:"sku"`
	Location Location     `json:"location"`
	Quantity int64        `json:"quantity"`
	// Backordered units are promised from what will come, expected at Date.
	Backordered bool `json:"backordered,omitempty"`
	Date        Date `json:"date,omitzero"`
	// Parts are what one unit of a kit consists of, amounts aside.
	Parts []flywheel.Line `json:"parts,omitempty"`
	// Untracked pieces come from no shelf that is counted.
	Untracked bool `json:"untracked,omitempty"`
	// Download pieces are in no parcel.
	Download bool `json:"download,omitempty"`
	// Limited kits count towards a limit of backorders of their own.
	Limited bool `json:"limited,omitempty"`
}

// Shortage is an item that cannot be had in full.
type Shortage struct {
	// Item is its place in the list that was asked for.
	Item int
	Line string
	SKU  flywheel.SKU
	Want int64
	// Have is what could be had: the units that are there for it and what may be
	// sold before it is there.
	Have int64
}

// Allocation says what of an order comes from where. Pieces are in the order of the
// items, those in stock by place and then those that are still to come.
type Allocation struct {
	Pieces []Piece
	Short  []Shortage
}

// Allocate decides what comes from where. With a pickup place, only, nothing else
// counts; with "" all places do.
//
// Filling a set of places takes kits first, then the other items, each in the order
// given; for each the places by priority and ID, as many whole units as can be had.
// A unit of a kit is never packed from two places. What all places cannot fill is
// backordered at the first of them while the item's room allows it; a preorder item
// is wholly so. What then is left is short. What is in stock comes from the set of
// places that [Sourcing] prefers among those that fill it.
//
// Downloads that are counted are taken after everything else, in the same way, and do
// not influence where the parcels come from. Stock must have each SKU and each part.
func (n *Network) Allocate(items []Item, stock Stock, only Location) (Allocation, error) {
	return n.AllocateTo(Address{}, items, stock, only)
}

// AllocateTo does what [Network.Allocate] does for an address whose distance counts.
func (n *Network) AllocateTo(address Address, items []Item, stock Stock, only Location) (Allocation, error) {
	if err := checkItems(items); err != nil {
		return Allocation{}, err
	}
	return n.allocateChecked(address, items, stock, only, nil)
}

// scratch is memory of an allocation under way.
type scratch struct {
	places            []*place
	shipped, download demand
	all               []int
	most, had, free   []int64
}

var scratches = sync.Pool{New: func() any { return new(scratch) }}

// allocateChecked is AllocateTo of items that are checked, with pieces in memory that
// nobody needs any more.
func (n *Network) allocateChecked(address Address, items []Item, stock Stock, only Location, memory []Piece) (Allocation, error) {
	if err := address.check("address"); err != nil {
		return Allocation{}, err
	}
	s := scratches.Get().(*scratch)
	defer scratches.Put(s)
	places := s.places[:0]
	for i := range n.places {
		if only == "" || n.places[i].ID == only {
			places = append(places, &n.places[i])
		}
	}
	if len(places) == 0 {
		return Allocation{}, refuse(ErrUnknown, "location", "place %q", only)
	}
	s.places = places
	d := &s.shipped
	if err := d.of(items, stock, places, false); err != nil {
		return Allocation{}, err
	}
	clear(memory)
	a := Allocation{Pieces: slices.Grow(memory[:0], len(items))}
	n.allocate(&a, s, d, items, stock, address)
	if len(d.wants) < len(items) {
		rest := &s.download
		if err := rest.of(items, stock, places, true); err != nil {
			return Allocation{}, err
		}
		rest.after(d)
		n.allocate(&a, s, rest, items, stock, address)
	}
	if len(a.Pieces) == 0 {
		a.Pieces = nil
	}
	a.sort(items)
	return a, nil
}

// after takes from what can be had what another demand left.
func (d *demand) after(other *demand) {
	for i := range d.rows {
		r, ok := other.find(d.rows[i].sku)
		if !ok {
			continue
		}
		d.rows[i].room, d.rows[i].coming = other.rows[r].room, other.rows[r].coming
		copy(d.free[i*len(d.places):(i+1)*len(d.places)], other.free[r*len(d.places):])
	}
}

// allocate adds the pieces and shortages of d to a, and leaves in d what is then
// still to be had.
func (n *Network) allocate(a *Allocation, s *scratch, d *demand, items []Item, stock Stock, address Address) {
	all := s.all[:0]
	for i := range d.places {
		all = append(all, i)
	}
	want := s.had[:0]
	for i := range d.wants {
		most := int64(0)
		if d.rows[d.wants[i].row].policy != Preorder {
			most = d.wants[i].quantity
		}
		want = append(want, most)
	}
	s.free = append(s.free[:0], d.free...)
	s.all, s.had = all, want
	most := d.fill(s.free, want, all, s.most, nil)
	s.most = most
	from := n.sourced(d, most, address)
	if !n.fewest() {
		slices.SortStableFunc(from, func(x, y int) int { return cmp.Compare(d.places[x].UnitCost, d.places[y].UnitCost) })
	}
	had := d.fill(d.free, most, from, s.had, func(w, place int, units int64) {
		a.Pieces = append(a.Pieces, d.piece(&d.wants[w], items, stock, place, units, false))
	})
	s.had = had
	for i := range d.wants {
		w := &d.wants[i]
		r := &d.rows[w.row]
		missing := w.quantity - had[i]
		if missing == 0 {
			continue
		}
		room := int64(0)
		if r.policy != NoPolicy {
			room = r.room
		}
		if missing > room {
			item := &items[w.item]
			a.Short = append(a.Short, Shortage{w.item, item.Line, item.SKU, w.quantity, had[i] + room})
		}
		if take := min(missing, room); take > 0 {
			r.room -= take
			a.Pieces = append(a.Pieces, d.piece(w, items, stock, 0, take, true))
		}
	}
}

func (d *demand) piece(w *want, items []Item, stock Stock, place int, quantity int64, backordered bool) Piece {
	item := &items[w.item]
	supply := stock[item.SKU]
	p := Piece{
		Line: item.Line, SKU: item.SKU, Location: d.places[place].ID, Quantity: quantity,
		Untracked: supply.Untracked, Download: item.Download,
	}
	for _, l := range supply.Parts {
		if !stock[l.SKU].Untracked {
			p.Parts = append(p.Parts, flywheel.Line{SKU: l.SKU, Quantity: l.Quantity})
		}
	}
	if w.kit && p.Parts == nil {
		p.Untracked = true
	}
	if backordered {
		p.Backordered, p.Date, p.Limited = true, supply.Date, w.kit
		if p.Date.IsZero() && !w.kit {
			p.Date = d.rows[w.row].arrives(quantity)
		}
	}
	return p
}

// inOrder reports whether the pieces are in the order of the items.
func (a *Allocation) inOrder(items []Item) bool {
	at := 0
	for i := range a.Pieces {
		p := &a.Pieces[i]
		if i > 0 && p.Line == a.Pieces[i-1].Line && a.Pieces[i-1].Backordered && !p.Backordered {
			return false
		}
		for at < len(items) && items[at].Line != p.Line {
			at++
		}
		if at == len(items) {
			return false
		}
	}
	return true
}

// sort puts pieces and shortages in the order of the items.
func (a *Allocation) sort(items []Item) {
	slices.SortFunc(a.Short, func(s, t Shortage) int { return cmp.Compare(s.Item, t.Item) })
	if a.inOrder(items) {
		return
	}
	order := make(map[string]int, len(items))
	for i := range items {
		order[items[i].Line] = i
	}
	slices.SortStableFunc(a.Pieces, func(p, q Piece) int {
		return cmp.Or(cmp.Compare(order[p.Line], order[q.Line]), compareBool(p.Backordered, q.Backordered))
	})
}

// Units returns what the allocation takes, in parts of kits and plain items, sorted
// and summed: what inventory holds.
func (a *Allocation) Units() ([]Unit, error) { return unitsOf(a.Pieces) }

// unitsOf returns what pieces take.
func unitsOf(pieces []Piece) ([]Unit, error) {
	units := make([]Unit, 0, len(pieces))
	for i := range pieces {
		p := &pieces[i]
		if p.Untracked && !p.Limited {
			continue
		}
		unit := Unit{SKU: p.SKU, Location: p.Location, Quantity: p.Quantity, Backordered: p.Backordered, Date: p.Date}
		if !p.Limited && len(p.Parts) == 0 {
			units = append(units, unit)
			continue
		}
		if p.Limited {
			unit.Kit = p.SKU
			units = append(units, unit)
		}
		for _, l := range p.Parts {
			of := unit
			quantity, ok := times(p.Quantity, l.Quantity)
			if !ok {
				return nil, refuse(ErrRange, "pieces", "the parts of %d of %s overflow", p.Quantity, p.SKU)
			}
			of.SKU, of.Quantity = l.SKU, quantity
			units = append(units, of)
		}
	}
	if len(units) == 0 {
		return nil, nil
	}
	return merge(units)
}
