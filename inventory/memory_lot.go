package inventory

import (
	"cmp"
	"context"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

var _ LotStore = (*MemoryStore)(nil)

// lots is what the memory store knows of lots.
type lots struct {
	byItem   map[lotPlace][]*Lot // in the order in which they leave; those without units too
	byName   map[lotName][]LotMove
	byRef    map[string][]LotMove
	recalled map[lotName]bool
}

type lotPlace struct {
	sku      flywheel.SKU
	location Location
}

type lotName struct {
	sku flywheel.SKU
	lot string
}

func newLots() *lots {
	return &lots{map[lotPlace][]*Lot{}, map[lotName][]LotMove{}, map[string][]LotMove{}, map[lotName]bool{}}
}

// compareLots orders lots as they leave.
func compareLots(a, b *Lot) int {
	return cmp.Or(compareExpiry(a.Expires, b.Expires), cmp.Compare(a.Lot, b.Lot), cmp.Compare(a.Location, b.Location))
}

// compareExpiry orders days, none last.
func compareExpiry(a, b fulfillment.Date) int {
	if a.IsZero() != b.IsZero() {
		if a.IsZero() {
			return 1
		}
		return -1
	}
	return a.Compare(b)
}

// Lots implements [LotStore].
func (s *MemoryStore) Lots(ctx context.Context, sku flywheel.SKU, location Location) (list []Lot, err error) {
	err = s.db.View(ctx, func() error {
		if location != "" {
			list = s.lots.of(list, lotPlace{sku, location})
			return nil
		}
		for _, st := range s.skus[sku] {
			list = s.lots.of(list, lotPlace{sku, st.location})
		}
		slices.SortFunc(list, func(a, b Lot) int { return compareLots(&a, &b) })
		return nil
	})
	return list, err
}

// of appends the lots of an item of which there are units.
func (s *lots) of(list []Lot, place lotPlace) []Lot {
	for _, l := range s.byItem[place] {
		if l.OnHand > 0 {
			lot := *l
			lot.Recalled = s.recalled[lotName{l.SKU, l.Lot}]
			list = append(list, lot)
		}
	}
	return list
}

// ExpiredLots implements [LotStore]. It looks at every place of every tracked item, and
// there at the lots up to the day.
func (s *MemoryStore) ExpiredLots(ctx context.Context, day fulfillment.Date, limit int) (list []Lot, err error) {
	err = s.db.View(ctx, func() error {
		for _, lots := range s.lots.byItem {
			for _, l := range lots {
				if l.Expires.IsZero() || l.Expires.Compare(day) >= 0 {
					break
				}
				if l.OnHand > 0 && !s.lots.recalled[lotName{l.SKU, l.Lot}] {
					list = append(list, *l)
				}
			}
		}
		slices.SortFunc(list, func(a, b Lot) int {
			return cmp.Or(a.Expires.Compare(b.Expires), cmp.Compare(a.SKU, b.SKU), cmp.Compare(a.Location, b.Location), cmp.Compare(a.Lot, b.Lot))
		})
		list = list[:min(limit, len(list))]
		return nil
	})
	return list, err
}

// PostLots implements [LotStore].
func (s *MemoryStore) PostLots(ctx context.Context, moves []LotMove) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		for _, m := range moves {
			m.At = micros(m.At)
			if slices.ContainsFunc(s.lots.byRef[m.Ref], m.sameKey) {
				continue
			}
			if err := s.lots.post(m, undo); err != nil {
				return err
			}
		}
		return nil
	})
}

// sameKey reports whether other has the key of m.
func (m *LotMove) sameKey(other LotMove) bool {
	return m.SKU == other.SKU && m.Location == other.Location && m.Lot == other.Lot && m.Kind == other.Kind &&
		m.Ref == other.Ref && m.Attempt == other.Attempt && m.Key == other.Key
}

func (s *lots) post(m LotMove, undo func(func())) error {
	place, name := lotPlace{m.SKU, m.Location}, lotName{m.SKU, m.Lot}
	list := s.byItem[place]
	at := slices.IndexFunc(list, func(l *Lot) bool { return l.Lot == m.Lot })
	if at < 0 {
		l := &Lot{SKU: m.SKU, Location: m.Location, Lot: m.Lot, Expires: m.Expires}
		at, _ = slices.BinarySearchFunc(list, l, compareLots)
		s.byItem[place] = slices.Insert(slices.Clone(list), at, l)
		undo(func() { s.byItem[place] = list })
	}
	l := s.byItem[place][at]
	if m.Lot != "" && l.OnHand+m.OnHand < 0 {
		return &ShortageError{SKU: m.SKU, Location: m.Location, Want: -m.OnHand, Have: l.OnHand}
	}
	l.OnHand += m.OnHand
	undo(func() { l.OnHand -= m.OnHand })
	m.Expires = l.Expires
	history, document := s.byName[name], s.byRef[m.Ref]
	s.byName[name], s.byRef[m.Ref] = append(history, m), append(document, m)
	undo(func() { s.byName[name], s.byRef[m.Ref] = history, document })
	return nil
}

// LotMoves implements [LotStore].
func (s *MemoryStore) LotMoves(ctx context.Context, sku flywheel.SKU, lot string) (moves []LotMove, err error) {
	err = s.db.View(ctx, func() error {
		moves = slices.Clone(s.lots.byName[lotName{sku, lot}])
		return nil
	})
	return moves, err
}

// LotMovesOf implements [LotStore].
func (s *MemoryStore) LotMovesOf(ctx context.Context, ref string) (moves []LotMove, err error) {
	err = s.db.View(ctx, func() error {
		moves = slices.Clone(s.lots.byRef[ref])
		return nil
	})
	return moves, err
}

// RecallLot implements [LotStore].
func (s *MemoryStore) RecallLot(ctx context.Context, sku flywheel.SKU, lot string, recalled bool) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		name := lotName{sku, lot}
		before := s.lots.recalled[name]
		undo(func() { s.lots.recalled[name] = before })
		s.lots.recalled[name] = recalled
		return nil
	})
}

// IsRecalled implements [LotStore].
func (s *MemoryStore) IsRecalled(ctx context.Context, sku flywheel.SKU, lot string) (recalled bool, err error) {
	err = s.db.View(ctx, func() error {
		recalled = s.lots.recalled[lotName{sku, lot}]
		return nil
	})
	return recalled, err
}
