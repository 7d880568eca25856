package inventory

import (
	"math"

	"github.com/flywheel-go/flywheel"
)

const (
	// Unlimited is the backorder limit of an item that can always be promised.
	Unlimited int64 = math.MaxInt64
	// MaxQuantity is the largest quantity of a movement or a balance, in either
	// direction. It leaves room to subtract two balances.
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
	// Backorder is how far Available may go below zero: 0, a positive number,
	// or Unlimited.
	Backorder int64 `json:"backorder"`
	// Seq is the number of movements so far.
	Seq int64 `json:"seq"`
}

// Available is what is on hand and not promised. Below zero it is on backorder.
func (l Level) Available() int64 { return l.OnHand - l.Reserved }

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

// Apply is the rule of the ledger; it is for authors of stores. The store calls
// it while it has the level to itself, with the movements of the item that have
// the same Ref and Attempt, and when posted is true it appends the returned
// movement and keeps the level. The rule:
//
//   - A movement whose key is there is not posted again. When its body (deltas
//     and reason) is the same the one that is there is the answer, else the
//     error matches flywheel.ErrConflict. The body of a movement that closes a
//     hold is its kind alone.
//   - Receive and restock add to OnHand, adjust changes it, reserve adds to
//     Reserved. An adjustment downwards and a reservation need Promisable units,
//     else the error is a [*ShortageError].
//   - Commit, release and expire close the hold of their Ref and Attempt, once.
//     Commit takes its units from OnHand and Reserved, the others take them from
//     Reserved. Release and expire also close a hold that was never opened, so
//     that a reserve that comes too late is refused; commit does not.
//   - Balances stay within MaxQuantity.
//
// On an error the level is as it was.
func (l *Level) Apply(m Movement, earlier []Movement) (answer Movement, posted bool, err error) {
	var hold, end *Movement
	for i := range earlier {
		e := &earlier[i]
		switch {
		case e.Kind == m.Kind:
			if !m.Kind.closes() && (e.OnHand != m.OnHand || e.Reserved != m.Reserved || e.Reason != m.Reason) {
				return Movement{}, false, refused(flywheel.ErrKeyReused, "%s %q of %s at %s was posted with another quantity or reason",
					m.Kind, m.Ref, m.SKU, m.Location)
			}
			return *e, false, nil
		case e.Kind == KindReserve:
			hold = e
		case e.Kind.closes():
			end = e
		}
	}
	switch {
	case end != nil && (m.Kind == KindReserve || m.Kind.closes()):
		return Movement{}, false, refused(ErrStale, "%s %q of %s at %s: the hold was closed by %s", m.Kind, m.Ref, m.SKU, m.Location, end.Kind)
	case m.Kind == KindCommit && hold == nil:
		return Movement{}, false, refused(flywheel.ErrNotFound, "commit %q of %s at %s: there is no hold", m.Ref, m.SKU, m.Location)
	case m.Kind.closes():
		m.OnHand, m.Reserved = 0, 0
		if hold != nil {
			m.Reserved = -hold.Reserved
		}
		if m.Kind == KindCommit {
			m.OnHand = m.Reserved
		}
	default:
		if err := l.check(m); err != nil {
			return Movement{}, false, err
		}
	}
	onHand, reserved := l.OnHand+m.OnHand, l.Reserved+m.Reserved
	if onHand > MaxQuantity || onHand < -MaxQuantity || reserved > MaxQuantity {
		return Movement{}, false, refused(flywheel.ErrOutOfRange, "%s %q of %s at %s: a balance would leave %d",
			m.Kind, m.Ref, m.SKU, m.Location, MaxQuantity)
	}
	l.OnHand, l.Reserved = onHand, reserved
	l.Seq++
	m.Seq, m.OnHandAfter, m.ReservedAfter = l.Seq, onHand, reserved
	return m, true, nil
}

// check looks at the quantities of a movement that closes no hold.
func (l *Level) check(m Movement) error {
	quantity, other, want := m.OnHand, m.Reserved, int64(0)
	switch m.Kind {
	case KindReceive, KindRestock:
	case KindAdjust:
		if quantity < 0 && quantity >= -MaxQuantity {
			quantity, want = -quantity, -quantity
		}
	case KindReserve:
		quantity, other, want = m.Reserved, m.OnHand, m.Reserved
	default:
		return refused(flywheel.ErrInvalid, "unknown kind %q of movement", m.Kind)
	}
	if err := checkQuantity(m.SKU, quantity); err != nil {
		return err
	}
	if other != 0 {
		return refused(flywheel.ErrInvalid, "%s %q of %s at %s changes on hand by %d and reserved by %d",
			m.Kind, m.Ref, m.SKU, m.Location, m.OnHand, m.Reserved)
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
