package inventory

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
)

// HistoryStore is what a Store offers in addition when it sums a ledger up to an
// instant itself. [Service] finds it by assertion, and reads the ledger where there is
// none.
type HistoryStore interface {
	// LevelAt returns the balances of an item at an instant: the sums of the deltas of
	// the movements whose At is not after it. Seq is their number; Backorder is not
	// kept for the past and is 0.
	LevelAt(ctx context.Context, sku flywheel.SKU, location Location, at time.Time) (Level, error)
}

// LevelAt returns what was on hand and promised of sku at the service's location at any
// past instant, that instant included, by the times of its movements. Backorder is 0. It
// costs a pass over the item's ledger.
func (s *Service) LevelAt(ctx context.Context, sku flywheel.SKU, at time.Time) (Level, error) {
	if err := checkID("sku", string(sku)); err != nil {
		return Level{}, err
	}
	at = micros(at)
	if s.history != nil {
		return s.history.LevelAt(ctx, sku, s.location, at)
	}
	level := Level{SKU: sku, Location: s.location}
	for m, err := range s.store.Ledger(ctx, sku, s.location, 0) {
		if err != nil {
			return Level{}, err
		}
		if !m.At.After(at) {
			level.add(&m)
		}
	}
	return level, nil
}

// add adds the deltas of a movement.
func (l *Level) add(m *Movement) {
	l.OnHand += m.OnHand
	l.Reserved += m.Reserved
	l.Allocated += m.Allocated
	l.Backordered += m.Backordered
	l.Seq++
}

var _ HistoryStore = (*MemoryStore)(nil)

// LevelAt implements [HistoryStore].
func (s *MemoryStore) LevelAt(ctx context.Context, sku flywheel.SKU, location Location, at time.Time) (Level, error) {
	level := Level{SKU: sku, Location: location}
	err := s.db.View(ctx, func() error {
		st := s.find(sku, location)
		if st == nil {
			return nil
		}
		micros := at.UnixMicro()
		for i := range st.ledger {
			if st.ledger[i].at <= micros {
				m := st.movement(s.notes, i)
				level.add(&m)
			}
		}
		return nil
	})
	return level, err
}
