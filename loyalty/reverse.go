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
// follows the programme's clawback.
func (l *Ledger) reverseEarn(a *Account, op Operation, of *Receipt) (Outcome, error) {
	n, left := toReverse(op, of)
	if n > left {
		return Outcome{Refusal: ExceedsOriginal, Have: left}, nil
	}
	var clawed Clawed
	rest := n
	if n > 0 && a.lot(op.Of) == nil {
		return Outcome{}, fmt.Errorf("loyalty: lot %q: %w: %w", op.Of, errNoLot, flywheel.ErrInvalid)
	}
	// The lot itself, and lots that gave expired points of it back.
	for i := range a.Lots {
		lot := &a.Lots[i]
		if lot.ID != op.Of && lot.Origin != op.Of {
			continue
		}
		own := min(rest, lot.Left)
		from := Available
		if lot.Available.After(a.Settled) {
			from = Pending
		}
		a.book(op.Key, a.Settled, lot.ID, from, Program, own)
		lot.Left -= own
		clawed.OwnLot += own
		rest -= own
	}
	for i := range a.Lots {
		lot := &a.Lots[i]
		if lot.ID != op.Of && lot.Origin != op.Of {
			continue
		}
		gone := min(rest, lot.Expired)
		lot.Expired -= gone
		clawed.AlreadyExpired += gone
		rest -= gone
	}
	switch l.programme.Clawback {
	case FloorZero:
		clawed.WrittenOff = rest
		a.WrittenOff += rest
	case OtherLots:
		order, _ := l.spendable(a)
		_, clawed.OtherLots = a.take(op.Key, order, Program, rest)
		rest -= clawed.OtherLots
		fallthrough
	case Negative:
		clawed.Debt = rest
		a.book(op.Key, a.Settled, "", Debt, Program, rest)
		a.Debt += rest
	}
	refunded, err := of.Refunded.Add(op.Spend)
	if err != nil {
		return Outcome{}, fmt.Errorf("loyalty: operation %q: spend: %w", op.Key, err)
	}
	of.Refunded = refunded
	of.Reversed += n
	return Outcome{Points: n, Clawback: clawed}, nil
}

// reverseBurn gives points of a burn back to the lots they came from, last taken
// first. Those of a lot that has expired meanwhile expire at once, or live for
// the programme's grace in a new lot.
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
	outcome := Outcome{Points: n}
	skip, rest := of.Reversed, n
	for _, part := range slices.Backward(of.Outcome.From) {
		before := min(skip, part.Points)
		skip -= before
		give := min(rest, part.Points-before)
		if give > 0 {
			rest -= give
			outcome.To = append(outcome.To, l.giveBack(a, op, part.Lot, give))
		}
	}
	of.Reversed += n
	a.Redeemed -= n
	return outcome, nil
}

func (l *Ledger) giveBack(a *Account, op Operation, id string, points int64) Part {
	now := a.Settled
	index := slices.IndexFunc(a.Lots, func(lot Lot) bool { return lot.ID == id })
	lot := &a.Lots[index]
	part := Part{Lot: id, Points: points, Fate: Restored}
	switch {
	case lot.Expires.IsZero() || lot.Expires.After(now):
		lot.Left += points
	case l.grace.IsZero():
		a.book(op.Key, now, id, Redeemed, Expired, points)
		lot.Expired += points
		a.Expired += points
		part.Fate = Lapsed
		return part
	default:
		origin := id
		if lot.Origin != "" {
			origin = lot.Origin
		}
		a.Sequence++
		part = Part{Lot: a.renewed(id), Points: points, Fate: Renewed, Expires: l.grace.AddTo(now, l.zone).UTC()}
		index = len(a.Lots)
		a.Lots = append(a.Lots, Lot{
			ID: part.Lot, Origin: origin, Sequence: a.Sequence, Earned: now, Available: now, Expires: part.Expires,
			Points: points, Left: points,
		})
	}
	a.book(op.Key, now, part.Lot, Redeemed, Available, points)
	a.repay(op.Key, index, now)
	return part
}
