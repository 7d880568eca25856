package inventory

import "github.com/flywheel-go/flywheel"

// Apply is the rule of the ledger; it is for authors of stores. The store calls
// it while it has the level to itself, with the movements of the item that have
// the same Ref and Attempt, and when posted is true it appends the returned
// movement and keeps the level. The rule:
//
//   - A movement whose key is there is not posted again. When its body (deltas
//     and reason) is the same the one that is there is the answer, else the
//     error matches flywheel.ErrConflict. The body of a movement that closes a
//     hold is its kind alone.
//   - Receive, restock and transfer-in add to OnHand, adjust and transfer-out change it, reserve adds to
//     Reserved and to Backordered. An adjustment downwards, a transfer
//     and a reservation of what is there need Promisable units, else the error is a [*ShortageError].
//     Units that are still to come need them at [EveryPlace] alone.
//   - Commit, allocate, release and expire close the hold of their Ref and Attempt,
//     once. Commit takes its units from OnHand and Reserved, allocate moves them from
//     Reserved to Allocated, the others take them from Reserved and Backordered.
//     Release and expire also close a hold that was never opened, so that a reserve
//     that comes too late is refused; commit and allocate do not.
//   - Ship and deallocate take units of an allocated hold, no more than it has
//     left, else the error is a [*UnitsError]. Ship takes them from OnHand too;
//     units that were still to come need as many on hand that are neither reserved
//     nor allocated, else the error is a [*ShortageError]. So is it if a count found
//     less on hand than leaves.
//   - Count sets OnHand to the OnHandAfter that the movement comes with, and
//     variance changes it, both whatever is promised: Available may be below zero
//     after them.
//   - Balances stay within MaxQuantity.
//
// On an error the level is as it was.
func (l *Level) Apply(m Movement, earlier []Movement) (answer Movement, posted bool, err error) {
	var past history
	for i := range earlier {
		e := &earlier[i]
		if e.Kind == m.Kind && e.Key == m.Key {
			if !m.Kind.closes() && !e.same(&m) {
				return Movement{}, false, refused(flywheel.ErrKeyReused, "%s %q of %s at %s was posted with another quantity or reason",
					m.Kind, m.Ref, m.SKU, m.Location)
			}
			return *e, false, nil
		}
		past.add(e)
	}
	switch {
	case past.end != nil && (m.Kind == KindReserve || m.Kind.closes()):
		err = refused(ErrStale, "%s %q of %s at %s: the hold was closed by %s", m.Kind, m.Ref, m.SKU, m.Location, past.end.Kind)
	case m.Kind.closes():
		err = m.close(past.hold)
	case m.Kind.ofOrder():
		err = l.checkOrdered(&m, &past)
	case m.Kind == KindCount:
		err = l.checkCount(&m)
	default:
		err = l.check(m)
	}
	if err != nil {
		return Movement{}, false, err
	}
	next := *l
	next.OnHand, next.Reserved = l.OnHand+m.OnHand, l.Reserved+m.Reserved
	next.Allocated, next.Backordered = l.Allocated+m.Allocated, l.Backordered+m.Backordered
	if next.OnHand > MaxQuantity || next.OnHand < -MaxQuantity || !next.promisesFit() {
		return Movement{}, false, refused(flywheel.ErrOutOfRange, "%s %q of %s at %s: a balance would leave %d",
			m.Kind, m.Ref, m.SKU, m.Location, MaxQuantity)
	}
	next.Seq++
	*l = next
	m.Seq, m.OnHandAfter, m.ReservedAfter = l.Seq, l.OnHand, l.Reserved
	m.AllocatedAfter, m.BackorderedAfter = l.Allocated, l.Backordered
	return m, true, nil
}

// promisesFit reports whether what is promised in all is within MaxQuantity. Each of
// the three was, and grew by as much at most.
func (l *Level) promisesFit() bool {
	return l.Reserved <= MaxQuantity && l.Allocated <= MaxQuantity-l.Reserved && l.Backordered <= MaxQuantity-l.Reserved-l.Allocated
}

// same reports whether two movements of one key have the same body.
func (m *Movement) same(other *Movement) bool {
	if m.Kind == KindCount {
		return m.OnHandAfter == other.OnHandAfter && m.Reason == other.Reason
	}
	return m.OnHand == other.OnHand && m.Reserved == other.Reserved && m.Allocated == other.Allocated &&
		m.Backordered == other.Backordered && m.Reason == other.Reason
}

// history is what the movements of one Ref and Attempt say about an item.
type history struct {
	hold, end              *Movement
	allocated, backordered int64 // changes since the hold was allocated
}

func (h *history) add(e *Movement) {
	switch {
	case e.Kind == KindReserve:
		h.hold = e
	case e.Kind.closes():
		h.end = e
	case e.Kind.ofOrder():
		h.allocated += e.Allocated
		h.backordered += e.Backordered
	}
}

// close fills in what closing a hold changes.
func (m *Movement) close(hold *Movement) error {
	m.OnHand, m.Reserved, m.Allocated, m.Backordered = 0, 0, 0, 0
	takes := m.Kind == KindCommit || m.Kind == KindAllocate
	switch {
	case hold == nil && takes:
		return refused(flywheel.ErrNotFound, "%s %q of %s at %s: there is no hold", m.Kind, m.Ref, m.SKU, m.Location)
	case hold == nil:
		return nil
	}
	m.Reserved = -hold.Reserved
	switch m.Kind {
	case KindCommit:
		if hold.Backordered != 0 {
			return refused(flywheel.ErrConflict, "commit %q of %s at %s: %d units are still to come", m.Ref, m.SKU, m.Location, hold.Backordered)
		}
		m.OnHand = m.Reserved
	case KindAllocate:
		m.Allocated = hold.Reserved
	default:
		m.Backordered = -hold.Backordered
	}
	return nil
}

// checkOrdered looks at a movement of units that were allocated, and fills in what
// leaves the shelf.
func (l *Level) checkOrdered(m *Movement, past *history) error {
	if m.Reserved != 0 || m.Allocated > 0 || m.Backordered > 0 || m.Allocated == 0 && m.Backordered == 0 {
		return refused(flywheel.ErrInvalid, "%s %q of %s at %s changes reserved by %d, allocated by %d and backordered by %d",
			m.Kind, m.Ref, m.SKU, m.Location, m.Reserved, m.Allocated, m.Backordered)
	}
	switch {
	case past.hold == nil:
		return refused(flywheel.ErrNotFound, "%s %q of %s at %s: there is no hold", m.Kind, m.Ref, m.SKU, m.Location)
	case past.end == nil || past.end.Kind != KindAllocate:
		return refused(flywheel.ErrConflict, "%s %q of %s at %s: the hold is not allocated", m.Kind, m.Ref, m.SKU, m.Location)
	}
	if have := past.hold.Reserved + past.allocated; m.Allocated < -have {
		return &UnitsError{Ref: m.Ref, SKU: m.SKU, Location: m.Location, Want: -m.Allocated, Have: have}
	}
	if have := past.hold.Backordered + past.backordered; m.Backordered < -have {
		return &UnitsError{Ref: m.Ref, SKU: m.SKU, Location: m.Location, Want: -m.Backordered, Have: have}
	}
	want := int64(0)
	if m.Kind == KindShip && m.Location != EveryPlace {
		want = m.Allocated + m.Backordered
	}
	if m.OnHand != want {
		return refused(flywheel.ErrInvalid, "%s %q of %s at %s changes on hand by %d, not %d", m.Kind, m.Ref, m.SKU, m.Location, m.OnHand, want)
	}
	if m.OnHand == 0 {
		return nil
	}
	if have := (Level{OnHand: l.OnHand, Backorder: l.Backorder}).Promisable(); -m.OnHand > have { // a count found less
		return &ShortageError{SKU: m.SKU, Location: m.Location, Want: -m.OnHand, Have: have}
	}
	if m.Backordered == 0 {
		return nil
	}
	shelf := Level{OnHand: l.OnHand - l.Reserved - l.Allocated, Backorder: l.Backorder}
	if have := shelf.Promisable(); -m.Backordered > have {
		return &ShortageError{SKU: m.SKU, Location: m.Location, Want: -m.Backordered, Have: have}
	}
	return nil
}

// checkCount fills in what a count changes.
func (l *Level) checkCount(m *Movement) error {
	if m.OnHandAfter < 0 || m.OnHandAfter > MaxQuantity {
		return refused(flywheel.ErrOutOfRange, "count of %d of %s is not between 0 and %d", m.OnHandAfter, m.SKU, MaxQuantity)
	}
	if m.Reserved|m.Allocated|m.Backordered != 0 || m.Location == EveryPlace {
		return refused(flywheel.ErrInvalid, "count %q of %s at %s changes promises", m.Ref, m.SKU, m.Location)
	}
	m.OnHand = m.OnHandAfter - l.OnHand
	return nil
}

// check looks at the quantities of a movement that is about no hold, or opens one.
func (l *Level) check(m Movement) error {
	quantity, other, want := m.OnHand, m.Reserved|m.Allocated|m.Backordered, int64(0)
	switch m.Kind {
	case KindReceive, KindRestock, KindTransferIn:
	case KindTransferOut:
		if quantity >= 0 {
			return refused(flywheel.ErrOutOfRange, "transfer of %d of %s does not leave", quantity, m.SKU)
		}
		if quantity >= -MaxQuantity {
			quantity, want = -quantity, -quantity
		}
	case KindAdjust:
		if quantity < 0 && quantity >= -MaxQuantity {
			quantity, want = -quantity, -quantity
		}
	case KindVariance:
		if quantity < 0 && quantity >= -MaxQuantity {
			quantity = -quantity
		}
	case KindReserve:
		if m.Reserved < 0 || m.Backordered < 0 || m.Reserved > MaxQuantity || m.Backordered > MaxQuantity-m.Reserved {
			return refused(flywheel.ErrOutOfRange, "quantities %d and %d of %s are not between 1 and %d", m.Reserved, m.Backordered, m.SKU, MaxQuantity)
		}
		quantity, other, want = m.Reserved+m.Backordered, m.OnHand|m.Allocated, m.Reserved
		if m.Location == EveryPlace {
			other, want = other|m.Reserved, m.Backordered
		}
	default:
		return refused(flywheel.ErrInvalid, "unknown kind %q of movement", m.Kind)
	}
	if err := checkQuantity(m.SKU, quantity); err != nil {
		return err
	}
	if other != 0 {
		return refused(flywheel.ErrInvalid, "%s %q of %s at %s changes on hand by %d, reserved by %d, allocated by %d and backordered by %d",
			m.Kind, m.Ref, m.SKU, m.Location, m.OnHand, m.Reserved, m.Allocated, m.Backordered)
	}
	if have := l.Promisable(); want > have {
		return &ShortageError{SKU: m.SKU, Location: m.Location, Want: want, Have: have}
	}
	return nil
}

func checkQuantity(sku flywheel.SKU, quantity int64) error {
	if quantity <= 0 || quantity > MaxQuantity {
		return refused(flywheel.ErrOutOfRange, "quantity %d of %s is not between 1 and %d", quantity, sku, MaxQuantity)
	}
	return nil
}
