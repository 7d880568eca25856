package inventory

import (
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// Location is a place that holds stock: a warehouse, a shop, a van.
type Location = fulfillment.Location

// EveryPlace is no place: the item of a SKU there counts the units that are
// promised from what will come, at all places together, against their limit.
const EveryPlace Location = "*"

// Kind says what a [Movement] does.
type Kind string

// The kinds of movements.
const (
	// KindReceive puts goods on the shelf that came from outside.
	KindReceive Kind = "receive"
	// KindRestock puts goods back on the shelf that a customer returned.
	KindRestock Kind = "restock"
	// KindAdjust corrects what is on hand, for a reason.
	KindAdjust Kind = "adjust"
	// KindReserve opens a hold: units are promised.
	KindReserve Kind = "reserve"
	// KindCommit closes a hold: the promised units leave.
	KindCommit Kind = "commit"
	// KindRelease closes a hold: the promise is taken back.
	KindRelease Kind = "release"
	// KindExpire closes a hold: the promise ran out.
	KindExpire Kind = "expire"
	// KindAllocate closes a hold: the promised units are those of an order, which
	// ships them or calls them off.
	KindAllocate Kind = "allocate"
	// KindShip lets allocated units leave.
	KindShip Kind = "ship"
	// KindDeallocate takes units from an order that it called off.
	KindDeallocate Kind = "deallocate"
	// KindCount sets what is on hand to what was counted, whatever is promised.
	KindCount Kind = "count"
	// KindVariance corrects what is on hand by an approved variance, whatever is
	// promised.
	KindVariance Kind = "variance"
	// KindTransferOut lets units leave for another location.
	KindTransferOut Kind = "transfer_out"
	// KindTransferIn brings units from another location.
	KindTransferIn Kind = "transfer_in"
)

// closes reports whether k closes a hold.
func (k Kind) closes() bool {
	return k == KindCommit || k == KindRelease || k == KindExpire || k == KindAllocate
}

// ofOrder reports whether k is about units that were allocated.
func (k Kind) ofOrder() bool { return k == KindShip || k == KindDeallocate }

// Movement is one entry of the ledger of an item, that is of a SKU at a
// location. Its key is Kind, Ref, Attempt, Key, SKU and Location: an item's ledger
// holds one movement of each key.
type Movement struct {
	SKU      flywheel.SKU `json:"sku"`
	Location Location     `json:"location"`
	Kind     Kind         `json:"kind"`
	// Ref is the business document: an order, a delivery, a count.
	Ref string `json:"ref"`
	// Attempt is that of the reservation; 0 for movements of no reservation.
	Attempt int64 `json:"attempt,omitempty"`
	// Key tells apart the shipments, cancellations, arrivals and corrections of one
	// Ref.
	Key string `json:"key,omitempty"`
	// OnHand, Reserved, Allocated and Backordered are the changes. When a hold is
	// closed the ledger fills them in from what the hold holds.
	OnHand      int64 `json:"onHand"`
	Reserved    int64 `json:"reserved"`
	Allocated   int64 `json:"allocated,omitempty"`
	Backordered int64 `json:"backordered,omitempty"`
	// Reason explains an adjustment.
	Reason string `json:"reason,omitempty"`
	// At is when it was posted, in UTC to the microsecond.
	At time.Time `json:"at"`

	// Seq numbers the item's movements from 1 without a gap.
	Seq int64 `json:"seq"`
	// OnHandAfter, ReservedAfter, AllocatedAfter and BackorderedAfter are the
	// balances that the movement left.
	OnHandAfter      int64 `json:"onHandAfter"`
	ReservedAfter    int64 `json:"reservedAfter"`
	AllocatedAfter   int64 `json:"allocatedAfter,omitempty"`
	BackorderedAfter int64 `json:"backorderedAfter,omitempty"`
}
