package inventory

import (
	"math"

	"github.com/flywheel-go/flywheel"
)

const (
	// Unlimited is the backorder limit of an item that can always be promised.
	Unlimited int64 = math.MaxInt64
	// MaxQuantity is the largest quantity of a movement, of what is on hand, in
	// either direction, and of what is promised in all. It leaves room to subtract
	// one from the other.
	MaxQuantity int64 = 1<<62 - 1
)

// Level is the stock of an item, that is of a SKU at a location. The zero level
// is that of an item nothing ever happened to.
type Level struct {
	SKU      flywheel.SKU `json:"sku"`
	Location Location     `json:"location"`
	// OnHand is what is on the shelf. A negative number is the backlog: units
	// that were sold and have still to come.
	OnHand int64 `json:"onHand"`
	// Reserved is what is promised to open reservations.
	Reserved int64 `json:"reserved"`
	// Allocated is what belongs to orders and has not been shipped.
	Allocated int64 `json:"allocated,omitempty"`
	// Backordered is what is promised, to reservations and orders, from what will
	// come here.
	Backordered int64 `json:"backordered,omitempty"`
	// Backorder is how far Available may go below zero: 0, a positive number,
	// or Unlimited.
	Backorder int64 `json:"backorder"`
	// Seq is the number of movements so far.
	Seq int64 `json:"seq"`
}

// Available is what is on hand and not promised. Below zero it is on backorder.
func (l Level) Available() int64 { return l.OnHand - l.Reserved - l.Allocated - l.Backordered }

// Promisable is what a reservation could get, what may be ordered back included.
func (l Level) Promisable() int64 {
	available := l.Available()
	switch {
	case l.Backorder == Unlimited || available > 0 && l.Backorder > MaxQuantity-available:
		return MaxQuantity
	default:
		return max(0, available+l.Backorder)
	}
}
