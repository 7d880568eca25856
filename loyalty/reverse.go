package loyalty

import (
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// toReverse returns how many points op reverses, and how many are left of what it
// reverses.
func toReverse(op Operation, of *Receipt) (n, left int64) {
	left = of.Points - of.Reversed
	if op.Points == All {
		return left, left
	}
	return op.Points, left
}

// reverseEarn takes points of an earning back: from its own lot, pending or
// available, then what has expired of it counts as returned, and the shortfall
// follows the program's clawback.
func (l *Ledger) reverseEarn(a *Account, op Operation, of *Receipt) (Outcome, error) {
	n, left := toReverse(op, of)
	if n > left {
		return Outcome{Refusal: ExceedsOriginal, Have: left}, nil
	}
	if n > 0 && a.lot(op.Of) == nil {
		return Outcome{}, fmt.Errorf("loyalty: lot %q: %w: %w", op.Of, errNoLot, flywheel.ErrInvalid)
	}
	refunded, err := of.Refunded.Add(op.Spend)
	if err != nil {
		return Outcome{}, fmt.Errorf("loyalty: operation %q: spend: %w", op.Key, err)
	}
	// The lot itself, and lots that gave expired points of it back.
	clawed := l.clawBack(a, op.Key, n, func(lot *Lot) bool { return lot.ID == op.Of || lot.Origin == op.Of })
	of.Refunded = refunded
	of.Reversed += n
	return Outcome{Points: n, Clawback: clawed}, nil
}

// clawBack takes n points back from own lots in order of Sequence, then counts
// what has expired of them as returned; the shortfall follows the program.
func (l *Ledger) clawBack(a *Account, key string, n int64, own func(lot *Lot) bool) (clawed Clawed) {
	rest := n
	for i := range a.Lots {
		lot := &a.Lots[i]
		if rest == 0 || !own(lot) {
			continue
		}
		part := min(rest, lot.Left)
		from := BookAvailable
		if lot.Available.After(a.Settled) {
			from = BookPending
		}
		a.book(key, a.Settled, lot.ID, from, BookProgram, part)
		lot.Left -= part
		clawed.OwnLot += part
		rest -= part
	}
	for i := range a.Lots {
		lot := &a.Lots[i]
		if rest == 0 || !own(lot) {
			continue
		}
		gone := min(rest, lot.Expired)
		lot.Expired -= gone
		clawed.AlreadyExpired += gone
		rest -= gone
	}
	switch l.program.Clawback {
	case FloorZero:
		clawed.WrittenOff = rest
		a.WrittenOff += rest
	case OtherLots:
		_, clawed.OtherLots = a.take(key, l.spendable(a), BookProgram, rest)
		rest -= clawed.OtherLots
		fallthrough
	case Negative:
		clawed.Debt = rest
		a.book(key, a.Settled, "", BookDebt, BookProgram, rest)
	}
	return clawed
}

// reverseBurn gives points of a burn back to the lots they came from, last taken
// first.
func (l *Ledger) reverseBurn(a *Account, op Operation, of *Receipt) (Outcome, error) {
	n, left := toReverse(op, of)
	if n > left {
		return Outcome{Refusal: ExceedsOriginal, Have: left}, nil
	}
	for _, part := range of.Outcome.From {
		if a.lot(part.Lot) == nil {
			return Outcome{}, fmt.Errorf("loyalty: lot %q: %w: %w", part.Lot, errNoLot, flywheel.ErrInvalid)
		}
	}
	to := l.giveBack(a, op.Key, BookRedeemed, of.Outcome.From, of.Reversed, n)
	of.Reversed += n
	return Outcome{Points: n, To: to}, nil
}

// giveBack gives n points back from a book to the lots of parts, last first,
// after those that were given back before.
func (l *Ledger) giveBack(a *Account, key string, from Book, parts []Part, before, n int64) (to []Part) {
	skip, rest := before, n
	for _, part := range slices.Backward(parts) {
		passed := min(skip, part.Points)
		skip -= passed
		give := min(rest, part.Points-passed)
		if give > 0 {
			rest -= give
			to = append(to, l.refill(a, key, from, part.Lot, give))
		}
	}
	return to
}

// refill gives points back to one lot. Those of a lot that has expired meanwhile
// expire at once, or live for the program's grace in a new lot.
func (l *Ledger) refill(a *Account, key string, from Book, id string, points int64) Part {
	now := a.Settled
	index := slices.IndexFunc(a.Lots, func(lot Lot) bool { return lot.ID == id })
	lot := &a.Lots[index]
	part := Part{Lot: id, Points: points, Fate: Restored}
	switch {
	case lot.Expires.IsZero() || lot.Expires.After(now):
		lot.Left += points
	case l.grace.IsZero():
		a.book(key, now, id, from, BookExpired, points)
		lot.Expired += points
		part.Fate = Lapsed
		return part
	default:
		origin := id
		if lot.Origin != "" {
			origin = lot.Origin
		}
		a.Sequence++
		part = Part{Lot: a.renewed(id), Points: points, Fate: Renewed, Expires: l.grace.AddTo(now, l.zone).UTC()}
		a.Lots = append(a.Lots, Lot{
			ID: part.Lot, Origin: origin, Order: lot.Order, Sequence: a.Sequence, Earned: now, Available: now, Expires: part.Expires,
			Points: points, Left: points,
		})
		index = len(a.Lots) - 1
	}
	a.book(key, now, part.Lot, from, BookAvailable, points)
	a.repay(key, index, now)
	return part
}
