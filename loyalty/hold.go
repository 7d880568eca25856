package loyalty

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Hold is points that an order has been promised before it is paid: they can
// neither be spent nor expire until the hold is committed, released or over.
type Hold struct {
	Key    string    `json:"key"`
	Points int64     `json:"points"`
	State  HoldState `json:"state"`
	// Expires is the first instant at which an open hold is over by itself.
	Expires time.Time `json:"expires"`
	// From are the lots that it took from, in order.
	From []Part `json:"from,omitempty"`
}

// HoldState is what has become of a hold.
type HoldState string

// States of a hold. Only HoldOpen holds points.
const (
	HoldOpen      HoldState = "open"
	HoldCommitted HoldState = "committed"
	HoldReleased  HoldState = "released"
	HoldExpired   HoldState = "expired"
)

// hold returns the hold of that key, nil when the account does not hold it.
func (a *Account) hold(key string) *Hold {
	for i := range a.Holds {
		if a.Holds[i].Key == key {
			return &a.Holds[i]
		}
	}
	return nil
}

// Hold returns the account with points held under a key at an instant until
// another, in burn order. Repeated with the same points it renews an open hold
// and takes the points again for one that was released or is over; a committed
// one stays as it is. It reports [ErrKeyReused] for other points or a key of an
// operation, and an [*InsufficientError] for more than the spendable points less
// the debt. The account must hold what Need says for a burn of that key.
func (l *Ledger) Hold(a Account, key string, points int64, at, until time.Time) (Account, error) {
	next := a.clone()
	if err := l.holdPoints(&next, key, points, at, until); err != nil {
		return a, err
	}
	return next, nil
}

func (l *Ledger) holdPoints(a *Account, key string, points int64, at, until time.Time) error {
	op := Operation{Member: a.Member, Key: key, Kind: Burn, Points: points, At: at}
	if err := op.validate(); err != nil {
		return err
	}
	until = until.UTC().Truncate(time.Microsecond)
	if !until.After(at) {
		return fmt.Errorf("loyalty: hold %q until %v is over at %v: %w", key, until, at, flywheel.ErrInvalid)
	}
	l.settle(a, at.UTC().Truncate(time.Microsecond))
	h := a.hold(key)
	switch {
	case h != nil && h.Points != points:
		return fmt.Errorf("%w: hold %q is of %d points, not %d", ErrKeyReused, key, h.Points, points)
	case h == nil && a.receipt(key) != nil:
		return fmt.Errorf("%w: %q", ErrKeyReused, key)
	case h != nil && h.State == HoldCommitted:
		return nil
	case h != nil && h.State == HoldOpen:
		h.Expires = later(h.Expires, until)
		return nil
	}
	if have := max(0, a.Spendable-a.Debt); points > have {
		return &InsufficientError{Member: a.Member, Want: points, Have: have}
	}
	parts, taken := a.take(key, l.spendable(a), BookHeld, points)
	if taken < points {
		return fmt.Errorf("loyalty: hold %q: %w: %w", key, errNoLot, flywheel.ErrInvalid)
	}
	if h == nil {
		a.Holds = append(a.Holds, Hold{Key: key, Points: points})
		h = &a.Holds[len(a.Holds)-1]
	}
	h.State, h.Expires, h.From = HoldOpen, until, parts
	return nil
}

// CommitHold returns the account with the points of an open hold spent, and the
// receipt, that of a burn under the hold's key. A committed hold answers with the
// receipt of the first time. It reports [flywheel.ErrNotFound] for an unknown
// key, [flywheel.ErrExpired] for a hold that is over and [flywheel.ErrConflict]
// for a released one.
func (l *Ledger) CommitHold(a Account, key string, at time.Time) (Account, Receipt, error) {
	next := a.clone()
	receipt, _, err := l.commitHold(&next, key, at)
	if err != nil {
		return a, Receipt{}, err
	}
	return next, receipt, nil
}

func (l *Ledger) commitHold(a *Account, key string, at time.Time) (receipt Receipt, replayed bool, err error) {
	l.settle(a, at.UTC().Truncate(time.Microsecond))
	if r := a.receipt(key); r != nil && r.Kind == Burn && r.Outcome.Refusal == "" {
		return *r, true, nil
	}
	h := a.hold(key)
	switch {
	case h == nil:
		return Receipt{}, false, fmt.Errorf("loyalty: no hold %q: %w", key, flywheel.ErrNotFound)
	case h.State == HoldExpired:
		return Receipt{}, false, fmt.Errorf("loyalty: hold %q: %w", key, flywheel.ErrExpired)
	case h.State != HoldOpen:
		return Receipt{}, false, fmt.Errorf("loyalty: hold %q is %s: %w", key, h.State, flywheel.ErrConflict)
	}
	if len(h.From) == 0 { // the lots were computed again since: take what there is, owe the rest
		parts, taken := a.take(key, l.spendable(a), BookRedeemed, h.Points)
		a.book(key, a.Settled, "", BookDebt, BookRedeemed, h.Points-taken)
		h.From = parts
	} else {
		for _, part := range h.From {
			a.book(key, a.Settled, part.Lot, BookHeld, BookRedeemed, part.Points)
		}
	}
	h.State = HoldCommitted
	op := Operation{Member: a.Member, Key: key, Kind: Burn, Points: h.Points, At: a.Settled, Covered: true}
	receipt = Receipt{Operation: op, Outcome: Outcome{Points: h.Points, From: slices.Clone(h.From)}}
	a.Receipts = append(a.Receipts, receipt)
	return receipt, false, nil
}

// ReleaseHold returns the account with the points of an open hold given back to
// their lots. A hold that was released or is over stays as it is. It reports
// [flywheel.ErrNotFound] for an unknown key and [flywheel.ErrConflict] for a
// committed hold.
func (l *Ledger) ReleaseHold(a Account, key string, at time.Time) (Account, error) {
	next := a.clone()
	if err := l.releaseHold(&next, key, at); err != nil {
		return a, err
	}
	return next, nil
}

func (l *Ledger) releaseHold(a *Account, key string, at time.Time) error {
	l.settle(a, at.UTC().Truncate(time.Microsecond))
	h := a.hold(key)
	switch {
	case h == nil:
		return fmt.Errorf("loyalty: no hold %q: %w", key, flywheel.ErrNotFound)
	case h.State == HoldCommitted:
		return fmt.Errorf("loyalty: hold %q is %s: %w", key, h.State, flywheel.ErrConflict)
	case h.State == HoldOpen:
		l.release(a, h, HoldReleased)
	}
	return nil
}

// release gives the points of an open hold back at the time up to which the
// account is settled.
func (l *Ledger) release(a *Account, h *Hold, state HoldState) {
	h.State = state
	parts := h.From
	h.From = nil
	total := int64(0)
	for _, part := range parts {
		total += part.Points
	}
	l.giveBack(a, h.Key, BookHeld, parts, 0, total)
}
