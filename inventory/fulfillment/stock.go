package fulfillment

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Location names a place that holds stock: a warehouse, a shop, a van.
type Location string

// DefaultLocation is the only place of a shop that names none.
const DefaultLocation Location = "main"

// Policy says whether an item is sold before it is there.
type Policy string

// The policies.
const (
	// NoPolicy sells what is there.
	NoPolicy Policy = ""
	// Backorder sells what is there, and then what will come.
	Backorder Policy = "backorder"
	// Preorder sells only what will come.
	Preorder Policy = "preorder"
)

// Stock is what can be had, by SKU: of each item that is asked for, and of the
// parts of each kit.
type Stock map[flywheel.SKU]Supply

// StockMemory is memory that one [Stock] after the other is made in. What is made in it
// holds until the next one is. The zero value is ready; nil makes each Stock anew.
type StockMemory struct {
	stock Stock
	free  []map[Location]int64
	used  int
}

// maxKept bounds what is kept for the next Stock: emptying it costs as much as it has
// ever held.
const maxKept = 128

// New returns an empty Stock for a number of SKUs.
func (m *StockMemory) New(skus int) Stock {
	if m == nil {
		return make(Stock, skus)
	}
	if m.used = 0; m.stock == nil || skus > maxKept {
		*m = StockMemory{stock: make(Stock, skus)}
	}
	clear(m.stock)
	stock := m.stock
	if skus > maxKept {
		m.stock = nil
	}
	return stock
}

// Free returns an empty map for a [Supply].
func (m *StockMemory) Free() map[Location]int64 {
	if m == nil {
		return map[Location]int64{}
	}
	if m.used == len(m.free) {
		if m.used == maxKept {
			return map[Location]int64{}
		}
		m.free = append(m.free, map[Location]int64{})
	}
	free := m.free[m.used]
	clear(free)
	m.used++
	return free
}

// Supply is what can be had of one SKU.
type Supply struct {
	// Untracked is an item that is always there, everywhere.
	Untracked bool
	// Free is what can be had now, by place; a number below zero is none.
	Free map[Location]int64
	// Parts make a kit: what one unit consists of. A kit has no stock of its own,
	// and its parts are no kits.
	Parts []flywheel.Line
	// Policy says whether the item is sold before it is there.
	Policy Policy
	// Room is how many units may still be sold before they are there, at all
	// places together.
	Room int64
	// Date is when these are expected.
	Date Date
	// Coming is what is expected and not promised yet, in the order of the days. It
	// takes the place of a zero Date: an item that is sold before it is there is
	// expected when so many units have come, on no known day if that many do not.
	// A kit has none.
	Coming []Arrival
}

// Less returns what is left when an allocation is taken from what can be had. What it
// does not touch is shared with s.
func (s Stock) Less(a *Allocation) Stock {
	left := maps.Clone(s)
	own := map[flywheel.SKU]bool{}
	of := func(sku flywheel.SKU) *Supply {
		supply := left[sku]
		if !own[sku] {
			own[sku] = true
			free := make(map[Location]int64, len(supply.Free)+1)
			maps.Copy(free, supply.Free)
			supply.Free, supply.Coming = free, slices.Clone(supply.Coming)
		}
		return &supply
	}
	for i := range a.Pieces {
		p := &a.Pieces[i]
		switch {
		case p.Backordered:
			supply := of(p.SKU)
			if supply.Room = max(0, supply.Room-p.Quantity); !p.Limited && supply.Date.IsZero() {
				r := row{coming: supply.Coming}
				r.arrives(p.Quantity)
				supply.Coming = r.coming
			}
			left[p.SKU] = *supply
		case p.Untracked:
		case len(p.Parts) > 0:
			for _, l := range p.Parts {
				supply := of(l.SKU)
				supply.Free[p.Location] -= p.Quantity * l.Quantity
				left[l.SKU] = *supply
			}
		default:
			supply := of(p.SKU)
			supply.Free[p.Location] -= p.Quantity
			left[p.SKU] = *supply
		}
	}
	return left
}

// plenty is what can be had of an untracked item.
const plenty = math.MaxInt64

// Unit is a number of units of a SKU at a place: what inventory holds, allocates
// and ships.
type Unit struct {
	SKU      flywheel.SKU `json:"sku"`
	Location Location     `json:"location"`
	Quantity int64        `json:"quantity"`
	// Backordered units are promised from what will come, expected at Date.
	Backordered bool `json:"backordered,omitempty"`
	Date        Date `json:"date,omitzero"`
	// Kit names the kit that a backordered part belongs to, since the limit is
	// that of the kit. The unit whose SKU is its own Kit counts kits towards that
	// limit and is nothing on a shelf.
	Kit flywheel.SKU `json:"kit,omitempty"`
	// Lot and Expires name the lot, or the serial number, of units that a purchase order
	// brings or takes (inventory.Service.Supply). What is promised names none.
	Lot     string `json:"lot,omitempty"`
	Expires Date   `json:"expires,omitzero"`
}

// compare orders units and tells apart those that are not summed.
func (u Unit) compare(v Unit) int {
	return cmp.Or(cmp.Compare(u.SKU, v.SKU), cmp.Compare(u.Location, v.Location), compareBool(u.Backordered, v.Backordered),
		u.Date.Compare(v.Date), cmp.Compare(u.Kit, v.Kit))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// MergeUnits returns units sorted, with those summed that differ in nothing but
// Quantity. A sum beyond the largest int64 is an error.
func MergeUnits(units []Unit) ([]Unit, error) {
	return merge(slices.Clone(units))
}

// merge is MergeUnits in the memory of the units.
func merge(sorted []Unit) ([]Unit, error) {
	if len(sorted) == 0 {
		return sorted, nil
	}
	slices.SortStableFunc(sorted, Unit.compare)
	merged := sorted[:0]
	for _, u := range sorted {
		if n := len(merged); n > 0 && merged[n-1].compare(u) == 0 {
			sum, ok := plus(merged[n-1].Quantity, u.Quantity)
			if !ok {
				return nil, refuse(ErrRange, "units", "the quantities of %s overflow", u.SKU)
			}
			merged[n-1].Quantity = sum
			continue
		}
		merged = append(merged, u)
	}
	return merged, nil
}

// plus adds without overflow.
func plus(a, b int64) (int64, bool) {
	if b > 0 && a > math.MaxInt64-b || b < 0 && a < math.MinInt64-b {
		return 0, false
	}
	return a + b, true
}

// times multiplies numbers that are not negative without overflow.
func times(a, b int64) (int64, bool) {
	if a > 0 && b > math.MaxInt64/a {
		return 0, false
	}
	return a * b, true
}
