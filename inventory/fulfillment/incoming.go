package fulfillment

import (
	"strings"

	"github.com/flywheel-go/flywheel"
)

// Incoming is a number of units that are expected at a place: what inventory keeps
// of purchase orders and transfers, and what a promise of a backordered item is made
// of.
type Incoming struct {
	SKU      flywheel.SKU
	Location Location
	// Ref names the purchase order or the transfer, and Line its line; "" where the
	// document has one line for the SKU.
	Ref, Line string
	From      Location // of a transfer
	// Due is the day on which the units are expected, zero if that is not known, and
	// Earliest and Latest the range around it, zero where none is given.
	Due, Earliest, Latest Date
	Quantity              int64 // still to come
}

// Promise returns the day from which the units may be promised: the end of the
// range, or the day itself where there is no range.
func (i Incoming) Promise() Date {
	if i.Latest.IsZero() {
		return i.Due
	}
	return i.Latest
}

// Arrival is a number of units that come on a day and are not promised yet. See
// Supply.Coming.
type Arrival struct {
	Date     Date
	Quantity int64
}

// Position is what a plan needs to know of a SKU at a place: what is there, what of
// it is promised, what is on its way, and what customers wait for.
type Position struct {
	SKU      flywheel.SKU
	Location Location
	// OnHand is what is on the shelf, Promised what of it is held or allocated.
	OnHand, Promised int64
	// OnOrder is what is expected.
	OnOrder int64
	// Backordered is what was promised from what will come. It is known for all places
	// together only, and stands in the first position of the SKU.
	Backordered int64
}

// quarantine ends the names of places whose stock is not for sale.
const quarantine = ".quarantine"

// Quarantine returns the place beside l whose stock waits for an inspection and is not
// for sale.
func (l Location) Quarantine() Location { return l + quarantine }

// Quarantined reports whether l is such a place.
func (l Location) Quarantined() bool { return strings.HasSuffix(string(l), quarantine) }

// arrives returns the day by which n more units have come, and takes them from what is
// coming; zero if that many are not known to come.
func (r *row) arrives(n int64) (day Date) {
	for len(r.coming) > 0 && n > 0 {
		first := &r.coming[0]
		take := min(n, first.Quantity)
		n -= take
		day = first.Date
		if first.Quantity -= take; first.Quantity <= 0 {
			r.coming = r.coming[1:]
		}
	}
	if n > 0 {
		return Date{}
	}
	return day
}
