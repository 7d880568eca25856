package loyalty

import (
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Account is one member's points: a value that [Ledger] computes with, and of
// which a [Store] loads and saves what a change concerns. Its size does not grow
// with what the member has done: lots, orders, receipts, holds, activity and
// entries are rows of their own, loaded as [Need] asks.
type Account struct {
	Member  flywheel.CustomerID `json:"member"`
	Version int64               `json:"version"`
	// Settled is up to when activations and expiries have been applied.
	Settled time.Time `json:"settled,omitzero"`
	// Sequence is that of the youngest lot.
	Sequence int64 `json:"sequence"`
	// Spendable, Pending and Held are the points of all lots, loaded or not, that
	// can be spent, that will be, and that holds have taken.
	Spendable int64 `json:"spendable"`
	Pending   int64 `json:"pending"`
	Held      int64 `json:"held"`
	// Debt is what the member owes; the next points that become available repay
	// it.
	Debt       int64 `json:"debt"`
	Redeemed   int64 `json:"redeemed"`
	Expired    int64 `json:"expired"`
	WrittenOff int64 `json:"written_off"`
	// Tier is the member's tier when the account was saved, and Fall the first
	// instant after it at which time alone may change that; zero is never.
	Tier string    `json:"tier,omitempty"`
	Fall time.Time `json:"fall,omitzero"`

	// Activity is what counts towards tiers, in the order in which it was saved.
	// What has no N has not been saved yet.
	Activity []Activity `json:"activity,omitempty"`
	// Lots are in order of Sequence.
	Lots     []Lot     `json:"lots,omitempty"`
	Holds    []Hold    `json:"holds,omitempty"`
	Orders   []Order   `json:"orders,omitempty"`
	Receipts []Receipt `json:"receipts,omitempty"`
	// Entries are the bookings since the account was loaded.
	Entries []Entry `json:"entries,omitempty"`
}

// Lot is the points of one earning, which become available and expire together.
type Lot struct {
	ID       string    `json:"id"`
	Sequence int64     `json:"sequence"`
	Earned   time.Time `json:"earned"`
	// Available is from when the points can be spent.
	Available time.Time `json:"available"`
	// Expires is the first instant at which they cannot; zero is never.
	Expires time.Time `json:"expires,omitzero"`
	// Points is how many there were, Left how many there are.
	Points int64 `json:"points"`
	Left   int64 `json:"left"`
	// Expired counts the points that expired and have not been reversed since.
	Expired int64 `json:"expired,omitempty"`
	// Origin is the lot whose expired points this one gives back.
	Origin string `json:"origin,omitempty"`
	// Order is the ref of the order that earned the points, empty for none.
	Order string `json:"order,omitempty"`
}

// Due returns the next instant at which time alone changes the lot when the
// account is settled up to then: its activation, else its expiry. It is zero for
// a lot that is empty or stays as it is.
func (l Lot) Due(settled time.Time) time.Time {
	switch {
	case l.Left == 0:
		return time.Time{}
	case l.Available.After(settled):
		if !l.Expires.IsZero() && l.Expires.Before(l.Available) {
			return l.Expires
		}
		return l.Available
	}
	return l.Expires
}

// Activity is an amount that counts towards tiers from At on, at the date of
// Reverses when it takes an earlier activity back.
type Activity struct {
	// N numbers the saved activity of a member in rising order; zero is not saved
	// yet.
	N        int64     `json:"n,omitempty"`
	At       time.Time `json:"at"`
	Amount   int64     `json:"amount"`
	Reverses time.Time `json:"reverses,omitzero"`
}

// date is the instant at which the activity counts.
func (a Activity) date() time.Time {
	if a.Reverses.IsZero() {
		return a.At
	}
	return a.Reverses
}

// Kind says what a change of points is.
type Kind string

// Kinds of changes.
const (
	Earn        Kind = "earn"
	Burn        Kind = "burn"
	ReverseEarn Kind = "reverse_earn"
	ReverseBurn Kind = "reverse_burn"
)

// All, as the points of a reversal, is all that is left to reverse.
const All = -1

// Operation is a change of a member's points that is asked for.
type Operation struct {
	Member flywheel.CustomerID `json:"member"`
	// Key makes the change happen once: repeated with the same content it
	// answers as the first time. It names the lot of an earning.
	Key  string `json:"key"`
	Kind Kind   `json:"kind"`
	// Points is how many. [All] reverses what is left; an earning or its
	// reversal may be of none, to book what counts towards tiers alone.
	Points int64 `json:"points"`
	// Of is the key of the earning or burn that is reversed.
	Of string `json:"of,omitempty"`
	// At is when it happens; it is not part of the content. A change that is
	// reported late happens when the account was last settled.
	At time.Time `json:"at"`
	// AvailableAt and ExpiresAt are those of an earning's lot; zero is what the
	// program says.
	AvailableAt time.Time `json:"available_at,omitzero"`
	ExpiresAt   time.Time `json:"expires_at,omitzero"`
	// Qualifying is what an earning counts towards tiers, or what its reversal
	// takes back.
	Qualifying int64 `json:"qualifying,omitempty"`
	// Spend is the amount that an earning is for, or that a refund takes back.
	Spend money.Amount `json:"spend,omitzero"`
	// Multiplier is the member's tier bonus that an earning was computed with.
	Multiplier money.Rate `json:"multiplier,omitzero"`
	// Covered refuses a burn of more than the spendable points less the debt; it
	// is not part of the content. [Service.Burn] sets it.
	Covered bool `json:"covered,omitempty"`
}

// Receipt is an operation with its outcome and what has become of it since.
type Receipt struct {
	Operation
	Outcome Outcome `json:"outcome"`
	// Reversed counts the points, Refunded the spend and Requalified the
	// qualifying amount that have been taken back since.
	Reversed    int64        `json:"reversed,omitempty"`
	Refunded    money.Amount `json:"refunded,omitzero"`
	Requalified int64        `json:"requalified,omitempty"`
}

// Outcome is what an operation did.
type Outcome struct {
	// Refusal is why nothing was done, empty for success.
	Refusal Refusal `json:"refusal,omitempty"`
	// Points is how many were earned, burned or reversed.
	Points int64 `json:"points"`
	// Have is what was spendable, or left to reverse, when the operation was
	// refused.
	Have int64 `json:"have,omitempty"`
	// From are the lots that a burn took from, in order.
	From []Part `json:"from,omitempty"`
	// To are the lots that a reversed burn went back to, in order.
	To []Part `json:"to,omitempty"`
	// Clawback is what a reversed earning came from.
	Clawback Clawed `json:"clawback,omitzero"`
	// From and to which tier the operation led, empty without a change.
	TierFrom string `json:"tier_from,omitempty"`
	TierTo   string `json:"tier_to,omitempty"`
}

// Refusal says why an operation was refused.
type Refusal string

// Refusals.
const (
	InsufficientPoints Refusal = "insufficient_points"
	ExceedsOriginal    Refusal = "exceeds_original"
)

// Part is points of one lot.
type Part struct {
	Lot    string `json:"lot"`
	Points int64  `json:"points"`
	// Fate tells what became of points given back: [Restored], [Lapsed], or
	// [Renewed], which then expire at Expires.
	Fate    Fate      `json:"fate,omitempty"`
	Expires time.Time `json:"expires,omitzero"`
}

// Fate is what becomes of points that a reversed burn gives back.
type Fate string

// Fates.
const (
	Restored Fate = "restored" // to their lot
	Lapsed   Fate = "expired"  // with their lot, which has expired meanwhile
	Renewed  Fate = "renewed"  // in a new lot, for the program's grace
)

// Clawed splits the points of a reversed earning by where they came from.
type Clawed struct {
	OwnLot         int64 `json:"own_lot"`
	AlreadyExpired int64 `json:"already_expired"`
	OtherLots      int64 `json:"other_lots"`
	Debt           int64 `json:"debt"`
	WrittenOff     int64 `json:"written_off"`
}

// Balance is a member's points at one instant.
type Balance struct {
	At time.Time `json:"at"`
	// Available is what is spendable less Debt.
	Available  int64 `json:"available"`
	Pending    int64 `json:"pending"`
	Debt       int64 `json:"debt"`
	Redeemed   int64 `json:"redeemed"`
	Expired    int64 `json:"expired"`
	WrittenOff int64 `json:"written_off"`
	// Held is what holds have taken and neither spent nor given back.
	Held int64 `json:"held"`
}

// clone returns an account that shares no memory with a.
func (a Account) clone() Account {
	a.Activity = slices.Clone(a.Activity)
	a.Lots = slices.Clone(a.Lots)
	a.Holds = slices.Clone(a.Holds)
	a.Orders = slices.Clone(a.Orders)
	a.Receipts = slices.Clone(a.Receipts)
	a.Entries = slices.Clone(a.Entries)
	return a
}

// lot returns the lot of that ID, nil when the account does not hold it.
func (a *Account) lot(id string) *Lot {
	for i := range a.Lots {
		if a.Lots[i].ID == id {
			return &a.Lots[i]
		}
	}
	return nil
}

// receipt returns the receipt of that key, nil when the account does not hold
// it.
func (a *Account) receipt(key string) *Receipt {
	for i := range a.Receipts {
		if a.Receipts[i].Key == key {
			return &a.Receipts[i]
		}
	}
	return nil
}

// same reports whether o asks for the same change; times of asking differ.
func (o Operation) same(other Operation) bool {
	o.At, other.At = time.Time{}, time.Time{}
	o.Covered, other.Covered = false, false
	sameTimes := o.AvailableAt.Equal(other.AvailableAt) && o.ExpiresAt.Equal(other.ExpiresAt)
	o.AvailableAt, o.ExpiresAt = time.Time{}, time.Time{}
	other.AvailableAt, other.ExpiresAt = time.Time{}, time.Time{}
	return sameTimes && o == other
}
