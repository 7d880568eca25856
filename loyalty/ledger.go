package loyalty

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Apply returns the account after an operation. The account must hold what the
// operation concerns: the receipt or hold of the same key, the lots that are due
// or that a burn takes from, and for a reversal the receipt and lots of what is
// reversed ([Store.Account] loads what [Need] names; an account that was never
// saved has everything).
//
// A repeated operation answers with the receipt of the first time. A refused one
// comes with an error matching [ErrInsufficient] or [ErrExceeds] and is kept in
// the account, so that it is refused again when repeated; with any other error
// the account is as it was. The cost grows with
// the lots that are loaded.
func (l *Ledger) Apply(a Account, op Operation) (Account, Receipt, error) {
	next := a.clone()
	receipt, _, err := l.apply(&next, op, false)
	if err != nil && receipt.Outcome.Refusal == "" {
		return a, Receipt{}, err
	}
	return next, receipt, err
}

// apply is Apply in place. On an error without a refusal the account may have
// been settled, but nothing else. What has happened is a fact: a burn of more than
// there is leaves the member in debt.
func (l *Ledger) apply(a *Account, op Operation, fact bool) (receipt Receipt, replayed bool, err error) {
	if err := op.validate(); err != nil {
		return Receipt{}, false, err
	}
	if a.Member == "" {
		a.Member = op.Member
	}
	if a.Member != op.Member {
		return Receipt{}, false, fmt.Errorf("loyalty: operation of %q on the account of %q: %w", op.Member, a.Member, flywheel.ErrInvalid)
	}
	if h := a.hold(op.Key); h != nil && h.State == HoldOpen {
		return Receipt{}, false, fmt.Errorf("%w: %q names a hold", ErrKeyReused, op.Key)
	}
	if first := a.receipt(op.Key); first != nil {
		if !first.Operation.same(op) {
			return Receipt{}, false, fmt.Errorf("%w: %q", ErrKeyReused, op.Key)
		}
		return *first, true, first.err()
	}
	if op.Kind == Earn && a.lot(op.Key) != nil {
		return Receipt{}, false, fmt.Errorf("%w: %q names a lot", ErrKeyReused, op.Key)
	}
	var of *Receipt
	if op.Of != "" {
		of = a.receipt(op.Of)
		reversible := Earn
		if op.Kind == ReverseBurn {
			reversible = Burn
		}
		if of == nil || of.Kind != reversible || of.Outcome.Refusal != "" {
			return Receipt{}, false, fmt.Errorf("loyalty: no %s %q to reverse: %w", reversible, op.Of, flywheel.ErrNotFound)
		}
	}

	op.At = op.At.UTC().Truncate(time.Microsecond)
	l.settle(a, op.At)
	receipt = Receipt{Operation: op}
	switch op.Kind {
	case Earn:
		receipt.Outcome, err = l.earn(a, op)
	case Burn:
		receipt.Outcome, err = l.burn(a, op, fact)
	case ReverseEarn:
		receipt.Outcome, err = l.reverseEarn(a, op, of)
	case ReverseBurn:
		receipt.Outcome, err = l.reverseBurn(a, op, of)
	}
	if err != nil {
		return Receipt{}, false, err
	}
	if receipt.Outcome.Refusal == "" {
		receipt.Outcome.TierFrom, receipt.Outcome.TierTo = l.qualify(a, op, of)
	}
	a.Receipts = append(a.Receipts, receipt)
	return receipt, false, receipt.err()
}

// err returns the error that a refusal stands for.
func (r *Receipt) err() error {
	switch r.Outcome.Refusal {
	case InsufficientPoints:
		return &InsufficientError{Member: r.Member, Want: r.Points, Have: r.Outcome.Have}
	case ExceedsOriginal:
		return fmt.Errorf("%w: %d of %q, %d are left", ErrExceeds, r.Points, r.Of, r.Outcome.Have)
	}
	return nil
}

func (o *Operation) validate() error {
	invalid := func(field, why string) error {
		return fmt.Errorf("loyalty: operation %q: %s: %s: %w", o.Key, field, why, flywheel.ErrInvalid)
	}
	if err := flywheel.CheckID(o.Key); err != nil {
		return fmt.Errorf("loyalty: operation: key: %w", err)
	}
	if strings.HasPrefix(o.Key, orderKey+":") || strings.HasPrefix(o.Of, orderKey+":") {
		return invalid("key", "is of an order, whose points follow its events")
	}
	if err := flywheel.CheckID(string(o.Member)); err != nil {
		return fmt.Errorf("loyalty: operation %q: member: %w", o.Key, err)
	}
	reversal := o.Kind == ReverseEarn || o.Kind == ReverseBurn
	switch {
	case o.Kind != Earn && o.Kind != Burn && !reversal:
		return invalid("kind", "unknown")
	case reversal == (o.Of == ""):
		return invalid("of", "goes with a reversal and nothing else")
	case o.Points < 0 && !(o.Points == All && reversal), o.Points == 0 && (o.Kind == Burn || o.Kind == ReverseBurn):
		return invalid("points", "not positive")
	case o.Points > maxPoints || o.Qualifying > maxPoints:
		return fmt.Errorf("loyalty: operation %q: points: more than %d: %w", o.Key, int64(maxPoints), flywheel.ErrOutOfRange)
	case o.Qualifying < 0:
		return invalid("qualifying", "negative")
	case o.At.IsZero():
		return invalid("at", "missing")
	case o.Kind != Earn && (!o.AvailableAt.IsZero() || !o.ExpiresAt.IsZero()):
		return invalid("available_at and expires_at", "go with an earning and nothing else")
	}
	return nil
}

// maxPoints of one operation, so that the sums of an account cannot overflow.
const maxPoints = math.MaxInt64 >> 20

// maxBalance of one account.
const maxBalance = math.MaxInt64 >> 2

// book books points from one book to another.
func (a *Account) book(key string, at time.Time, lot string, from, to Book, points int64) {
	if points != 0 {
		a.Entries = append(a.Entries, Entry{Key: key, At: at, Lot: lot, From: from, To: to, Points: points})
		a.move(from, -points)
		a.move(to, points)
	}
}

// move changes the total that a book is kept as.
func (a *Account) move(book Book, points int64) {
	switch book {
	case BookPending:
		a.Pending += points
	case BookAvailable:
		a.Spendable += points
	case BookHeld:
		a.Held += points
	case BookDebt:
		a.Debt -= points
	case BookRedeemed:
		a.Redeemed += points
	case BookExpired:
		a.Expired += points
	}
}

// Settle returns the account with all activations and expiries up to at applied,
// each at its own instant and in their order.
func (l *Ledger) Settle(a Account, at time.Time) Account {
	a = a.clone()
	l.settle(&a, at.UTC().Truncate(time.Microsecond))
	return a
}

// dueThing is an activation, the end of a hold, or an expiry; at one instant they
// happen in this order.
type dueThing struct {
	at    time.Time
	kind  int8
	index int // of the lot or hold
}

const (
	dueActivation int8 = iota
	dueHold
	dueExpiry
)

func (l *Ledger) settle(a *Account, now time.Time) {
	if !now.After(a.Settled) {
		return
	}
	var dues []dueThing
	for i := range a.Lots {
		lot := &a.Lots[i]
		if lot.Available.After(a.Settled) && !lot.Available.After(now) {
			dues = append(dues, dueThing{lot.Available, dueActivation, i})
		}
		if !lot.Expires.IsZero() && !lot.Expires.After(now) {
			dues = append(dues, dueThing{lot.Expires, dueExpiry, i})
		}
	}
	for i := range a.Holds {
		if h := &a.Holds[i]; h.State == HoldOpen && !h.Expires.After(now) {
			dues = append(dues, dueThing{h.Expires, dueHold, i})
		}
	}
	slices.SortFunc(dues, func(x, y dueThing) int {
		if c := cmp.Or(x.at.Compare(y.at), cmp.Compare(x.kind, y.kind)); c != 0 {
			return c
		}
		if x.kind == dueHold {
			return cmp.Compare(a.Holds[x.index].Key, a.Holds[y.index].Key)
		}
		return byAge(&a.Lots[x.index], &a.Lots[y.index])
	})
	for _, d := range dues {
		a.Settled = later(a.Settled, d.at)
		switch {
		case d.kind == dueHold:
			l.release(a, &a.Holds[d.index], HoldExpired)
		case a.Lots[d.index].Left == 0:
		case d.kind == dueExpiry:
			a.expire(d.index, d.at)
		default:
			a.activate("", d.index, d.at)
		}
	}
	a.Settled = now
}

func later(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}

// byAge orders lots by earning time, then sequence.
func byAge(x, y *Lot) int {
	return cmp.Or(x.Earned.Compare(y.Earned), cmp.Compare(x.Sequence, y.Sequence))
}

// activate makes a pending lot available.
func (a *Account) activate(key string, lot int, at time.Time) {
	a.book(key, at, a.Lots[lot].ID, BookPending, BookAvailable, a.Lots[lot].Left)
	a.repay(key, lot, at)
}

// repay pays debt from a lot whose points have become available.
func (a *Account) repay(key string, lot int, at time.Time) {
	n := min(a.Debt, a.Lots[lot].Left)
	a.book(key, at, a.Lots[lot].ID, BookAvailable, BookDebt, n)
	a.Lots[lot].Left -= n
}

// expire ends a lot. Points that are still pending go with it.
func (a *Account) expire(index int, at time.Time) {
	lot := &a.Lots[index]
	from := BookAvailable
	if lot.Available.After(at) {
		from = BookPending
	}
	a.book("", at, lot.ID, from, BookExpired, lot.Left)
	lot.Expired += lot.Left
	lot.Left = 0
}

// earn makes a lot of an operation.
func (l *Ledger) earn(a *Account, op Operation) (Outcome, error) {
	if op.Points == 0 {
		return Outcome{}, nil
	}
	lot := Lot{
		ID: op.Key, Earned: op.At, Points: op.Points,
		Available: op.AvailableAt.UTC().Truncate(time.Microsecond),
		Expires:   op.ExpiresAt.UTC().Truncate(time.Microsecond),
	}
	if op.AvailableAt.IsZero() {
		lot.Available = l.pending.AddTo(op.At, l.zone).UTC()
	}
	if op.ExpiresAt.IsZero() {
		lot.Expires = l.ExpiresAt(op.At)
	}
	if !lot.Expires.IsZero() && !lot.Expires.After(lot.Available) {
		return Outcome{}, fmt.Errorf("loyalty: operation %q: points would expire at %v before they are available: %w", op.Key, lot.Expires, flywheel.ErrInvalid)
	}
	if !a.fits(op.Points) {
		return Outcome{}, fmt.Errorf("loyalty: operation %q: more points than an account holds: %w", op.Key, flywheel.ErrOutOfRange)
	}
	a.add(op.Key, lot)
	return Outcome{Points: op.Points}, nil
}

// fits reports whether the account can hold so many points more.
func (a *Account) fits(points int64) bool {
	return points <= maxPoints && a.Spendable+a.Pending+a.Held+a.Expired+a.Redeemed <= maxBalance-points
}

// add books a lot that has just been earned. What is reported late may be
// available, or even expired, by the time up to which the account is settled.
func (a *Account) add(key string, lot Lot) {
	a.Sequence++
	lot.Sequence, lot.Left = a.Sequence, lot.Points
	a.Lots = append(a.Lots, lot)
	now, index := a.Settled, len(a.Lots)-1
	a.book(key, now, lot.ID, BookProgram, BookPending, lot.Left)
	if !lot.Available.After(now) {
		a.activate(key, index, now)
	}
	if !lot.Expires.IsZero() && !lot.Expires.After(now) {
		a.expire(index, now)
	}
}

// spendable returns the loaded lots that can be spent now, in burn order.
func (l *Ledger) spendable(a *Account) (order []int) {
	for i := range a.Lots {
		if lot := &a.Lots[i]; lot.Left > 0 && !lot.Available.After(a.Settled) {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(i, j int) int {
		x, y := &a.Lots[i], &a.Lots[j]
		if l.program.BurnOrder == ExpiringFirst && !x.Expires.Equal(y.Expires) {
			switch {
			case x.Expires.IsZero():
				return 1
			case y.Expires.IsZero():
				return -1
			}
			return x.Expires.Compare(y.Expires)
		}
		return byAge(x, y)
	})
	return order
}

// take removes up to n points from lots in the given order.
func (a *Account) take(key string, order []int, to Book, n int64) (parts []Part, taken int64) {
	for _, i := range order {
		part := min(n-taken, a.Lots[i].Left)
		if part == 0 {
			continue
		}
		a.Lots[i].Left -= part
		a.book(key, a.Settled, a.Lots[i].ID, BookAvailable, to, part)
		parts = append(parts, Part{Lot: a.Lots[i].ID, Points: part})
		taken += part
	}
	return parts, taken
}

func (l *Ledger) burn(a *Account, op Operation, fact bool) (Outcome, error) {
	have := a.Spendable
	if op.Covered {
		have = max(0, have-a.Debt)
	}
	if op.Points > have && !fact {
		return Outcome{Refusal: InsufficientPoints, Have: have}, nil
	}
	owed := max(0, op.Points-a.Spendable)
	parts, taken := a.take(op.Key, l.spendable(a), BookRedeemed, op.Points)
	a.book(op.Key, a.Settled, "", BookDebt, BookRedeemed, owed)
	if taken+owed < op.Points {
		return Outcome{}, fmt.Errorf("loyalty: operation %q: %w: %w", op.Key, errNoLot, flywheel.ErrInvalid)
	}
	return Outcome{Points: op.Points, From: parts}, nil
}

// Balance returns the member's points at an instant, which must not be before
// the account was settled.
func (l *Ledger) Balance(a Account, at time.Time) Balance {
	a = l.Settle(a, at)
	return Balance{
		At: a.Settled, Available: a.Spendable - a.Debt, Pending: a.Pending, Held: a.Held, Debt: a.Debt,
		Redeemed: a.Redeemed, Expired: a.Expired, WrittenOff: a.WrittenOff,
	}
}

// OpenLots returns the loaded lots that hold points at an instant, which must not
// be before the account was settled, oldest first.
func (l *Ledger) OpenLots(a Account, at time.Time) []Lot {
	a = l.Settle(a, at)
	lots := slices.DeleteFunc(a.Lots, func(lot Lot) bool { return lot.Left == 0 })
	slices.SortFunc(lots, func(x, y Lot) int { return byAge(&x, &y) })
	return lots
}

// errNoLot reports an account that was loaded without the lots of a reversal.
var errNoLot = errors.New("lot not loaded")

// renewed returns a name for a lot that gives back expired points of lot.
func (a *Account) renewed(lot string) string {
	name := lot + "'"
	for a.lot(name) != nil {
		name += "'"
	}
	return name
}
