package order

import "slices"

// place is where an order stands in the listings of a [MemoryStore]. All versions of the
// order share it, so that an index holds one pointer for each order.
type place struct {
	Position
	terms []*term // of an order with a mode
}

// term is a term and the orders that have it, see [Order.Terms].
type term struct {
	text   string
	orders index
}

// index is a set of places in their order.
type index []*place

// insert adds p and reports whether it was missing.
func (x *index) insert(p *place) bool {
	n := len(*x)
	if n > 0 && (*x)[n-1] == p {
		return false
	}
	if n == 0 || (*x)[n-1].Compare(p.Position) < 0 { // orders come in time order, nearly always
		*x = append(*x, p)
		return true
	}
	i, found := x.find(p.Position)
	if !found {
		*x = slices.Insert(*x, i, p)
	}
	return !found
}

func (x *index) remove(p *place) {
	if i, found := x.find(p.Position); found {
		*x = slices.Delete(*x, i, i+1)
	}
}

func (x index) find(p Position) (int, bool) {
	return slices.BinarySearchFunc(x, p, func(there *place, p Position) int { return there.Compare(p) })
}

// after returns the index of the first place behind p.
func (x index) after(p Position) int {
	if p.IsZero() {
		return 0
	}
	i, found := x.find(p)
	if found {
		i++
	}
	return i
}
