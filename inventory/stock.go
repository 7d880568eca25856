package inventory

import (
	"context"
	"iter"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Receive puts goods on the shelf that came from outside. Ref names the
// delivery: each SKU of it is received once, so that a call that failed can be
// repeated; with another quantity it matches flywheel.ErrConflict. Lines of one
// SKU are summed.
func (s *Service) Receive(ctx context.Context, ref string, lines []flywheel.Line) error {
	return s.add(ctx, KindReceive, ref, lines)
}

// Restock puts goods back on the shelf that a customer returned. Ref names the
// return; it works as [Service.Receive] does.
func (s *Service) Restock(ctx context.Context, ref string, lines []flywheel.Line) error {
	return s.add(ctx, KindRestock, ref, lines)
}

// RestockAt does what [Service.Restock] does at a place.
func (s *Service) RestockAt(ctx context.Context, ref string, place Location, lines []flywheel.Line) error {
	return s.At(place).Restock(ctx, ref, lines)
}

// Count sets what is on hand of sku at the service's location to what was counted
// there, and returns the difference. It is recorded whatever is promised: if units are
// missing, [Level.Available] is below zero until promises are taken back or goods come
// in. Ref names the count; the same count again changes nothing, another one under it
// matches flywheel.ErrConflict.
func (s *Service) Count(ctx context.Context, ref, reason string, sku flywheel.SKU, counted int64) (variance int64, err error) {
	if err := s.checkRef(ref); err != nil {
		return 0, err
	}
	if err := checkID("reason", reason); err != nil {
		return 0, err
	}
	if err := checkID("sku", string(sku)); err != nil {
		return 0, err
	}
	m := Movement{SKU: sku, Location: s.location, Kind: KindCount, Ref: ref, OnHandAfter: counted, Reason: reason, At: s.now()}
	err = s.told(ctx, func(ctx context.Context) error {
		posted, err := s.store.Post(ctx, m)
		if err != nil {
			return err
		}
		variance = posted.OnHand
		if err := s.track(ctx, []Movement{posted}, nil); err != nil {
			return err
		}
		return s.tellCorrected(ctx, posted)
	})
	return variance, err
}

// tellCorrected reports a correction of what is on hand, unless it changed nothing.
func (s *Service) tellCorrected(ctx context.Context, m Movement) error {
	size, direction := m.OnHand, "in"
	if size < 0 {
		size, direction = -size, "out"
	}
	if size == 0 {
		return nil
	}
	return s.tell(ctx, m.Kind, m.Location, m.Ref, []Movement{m}, []flywheel.Line{{SKU: m.SKU, Quantity: size}},
		map[string]any{"reason": m.Reason, "direction": direction, "sku": string(m.SKU)})
}

func (s *Service) add(ctx context.Context, kind Kind, ref string, lines []flywheel.Line) error {
	return s.addTracked(ctx, kind, ref, lines, nil)
}

// addTracked puts goods on the shelf, of some of which the lots are named.
func (s *Service) addTracked(ctx context.Context, kind Kind, ref string, lines []flywheel.Line, named []LotLine) error {
	if err := s.checkRef(ref); err != nil {
		return err
	}
	lines, err := merged(lines)
	if err != nil {
		return err
	}
	ms := make([]Movement, len(lines))
	at := s.now()
	for i, l := range lines {
		ms[i] = Movement{SKU: l.SKU, Location: s.location, Kind: kind, Ref: ref, OnHand: l.Quantity, At: at}
	}
	return s.told(ctx, func(ctx context.Context) error {
		posted := slices.Clone(ms) // a transaction may be run again
		if err := s.post(ctx, posted); err != nil {
			return err
		}
		if err := s.track(ctx, posted, named); err != nil {
			return err
		}
		return s.tell(ctx, kind, s.location, ref, posted, lines, nil)
	})
}

// post posts movements at once where the store can, else one after the other;
// then a call that failed halfway is completed by repeating it.
func (s *Service) post(ctx context.Context, ms []Movement) error {
	if s.batch != nil {
		return s.batch.PostBatch(ctx, nil, ms)
	}
	for i := range ms {
		var err error
		if ms[i], err = s.store.Post(ctx, ms[i]); err != nil {
			return err
		}
	}
	return nil
}

// Adjust corrects what is on hand of sku by delta, for a reason that must be
// given: a count, breakage, theft. Ref names the occasion; the same ref, reason
// and delta adjust once, others match flywheel.ErrConflict. What is promised
// cannot be adjusted away: when less than -delta is promisable the error is a
// [*ShortageError]. Release the reservations first, or let the item go on
// backorder.
func (s *Service) Adjust(ctx context.Context, ref, reason string, sku flywheel.SKU, delta int64) error {
	if err := s.checkRef(ref); err != nil {
		return err
	}
	if err := checkID("reason", reason); err != nil {
		return err
	}
	if err := checkID("sku", string(sku)); err != nil {
		return err
	}
	size := delta
	if delta < 0 && delta >= -MaxQuantity {
		size = -delta
	}
	if err := checkQuantity(sku, size); err != nil {
		return err
	}
	m := Movement{SKU: sku, Location: s.location, Kind: KindAdjust, Ref: ref, OnHand: delta, Reason: reason, At: s.now()}
	return s.told(ctx, func(ctx context.Context) error {
		posted, err := s.store.Post(ctx, m)
		if err != nil {
			return err
		}
		if err := s.track(ctx, []Movement{posted}, nil); err != nil {
			return err
		}
		return s.tellCorrected(ctx, posted)
	})
}

// SetBackorder sets how far what is available of sku may go below zero: 0, the
// default, sells only what is there; [Unlimited] always sells. A smaller limit
// leaves promises that were made.
func (s *Service) SetBackorder(ctx context.Context, sku flywheel.SKU, limit int64) error {
	if err := checkLocation(s.location); err != nil {
		return err
	}
	if err := checkID("sku", string(sku)); err != nil {
		return err
	}
	if limit < 0 || limit > MaxQuantity && limit != Unlimited {
		return refused(flywheel.ErrOutOfRange, "backorder limit %d of %s", limit, sku)
	}
	return s.store.SetBackorder(ctx, sku, s.location, limit)
}

// Level returns the stock of sku at the service's location. An item that nothing
// happened to is at zero.
func (s *Service) Level(ctx context.Context, sku flywheel.SKU) (Level, error) {
	if err := checkID("sku", string(sku)); err != nil {
		return Level{}, err
	}
	for l, err := range s.store.Levels(ctx, sku, s.location) {
		return l, err
	}
	return Level{SKU: sku, Location: s.location}, nil
}

// Levels yields the levels of sku at all locations, or of all items when sku is
// empty, ordered by SKU and location. An error is yielded once, last.
func (s *Service) Levels(ctx context.Context, sku flywheel.SKU) iter.Seq2[Level, error] {
	return func(yield func(Level, error) bool) {
		for l, err := range s.store.Levels(ctx, sku, "") {
			if l.Location != EveryPlace && !yield(l, err) {
				return
			}
		}
	}
}

// Ledger yields the movements of sku at the service's location whose Seq is
// greater than after, in order. Their deltas sum to the level. An error is
// yielded once, last.
func (s *Service) Ledger(ctx context.Context, sku flywheel.SKU, after int64) iter.Seq2[Movement, error] {
	return s.store.Ledger(ctx, sku, s.location, after)
}
