package inventory

import (
	"time"

	"github.com/flywheel-go/flywheel"
)

// Location is a place that holds stock: a warehouse, a shop, a van.
type Location string

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
)

// closes reports whether k closes a hold.
func (k Kind) closes() bool { return k == KindCommit || k == KindRelease || k == KindExpire }

// Movement is one entry of the ledger of an item, that is of a SKU at a
// location. Its key is Kind, Ref, Attempt, SKU and Location: an item's ledger
// holds one movement of each key.
type Movement struct {
	SKU      flywheel.SKU `json:"sku"`
	Location Location     `json:"location"`
	Kind     Kind         `json:"kind"`
	// Ref is the business document: an order, a delivery, a count.
	Ref string `json:"ref"`
	// Attempt is that of the reservation; 0 for movements of no reservation.
	Attempt int64 `json:"attempt,omitempty"`
	// OnHand and Reserved are the changes. When a hold is closed the ledger
	// fills them in from what the hold holds.
	OnHand   int64 `json:"onHand"`
	Reserved int64 `json:"reserved"`
	// Reason explains an adjustment.
	Reason string `json:"reason,omitempty"`
	// At is when it was posted, in UTC to the microsecond.
	At time.Time `json:"at"`

	// Seq numbers the item's movements from 1 without a gap.
	Seq int64 `json:"seq"`
	// OnHandAfter and ReservedAfter are the balances that the movement left.
	OnHandAfter   int64 `json:"onHandAfter"`
	ReservedAfter int64 `json:"reservedAfter"`
}
