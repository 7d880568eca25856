package inventory

import (
	"cmp"
	"context"
	"slices"

	"github.com/flywheel-go/flywheel"
)

var _ ItemStore = (*MemoryStore)(nil)

// Items implements [ItemStore].
func (s *MemoryStore) Items(ctx context.Context, skus []flywheel.SKU) (items []Item, err error) {
	err = s.db.View(ctx, func() error {
		for _, sku := range once(skus) {
			if item, ok := s.items[sku]; ok {
				items = append(items, item.clone())
			}
		}
		return nil
	})
	return items, err
}

// SaveItem implements [ItemStore].
func (s *MemoryStore) SaveItem(ctx context.Context, item Item) error {
	return s.db.Update(ctx, func(undo func(func())) error {
		before, ok := s.items[item.SKU]
		undo(func() {
			if s.items[item.SKU] = before; !ok {
				delete(s.items, item.SKU)
			}
		})
		s.items[item.SKU] = item.clone()
		return nil
	})
}

// LevelsOf implements [ItemStore].
func (s *MemoryStore) LevelsOf(ctx context.Context, skus []flywheel.SKU) (levels []Level, err error) {
	err = s.db.View(ctx, func() error {
		for _, sku := range once(skus) {
			for _, st := range s.skus[sku] {
				if !st.untouched() {
					levels = append(levels, st.level())
				}
			}
		}
		return nil
	})
	return levels, err
}

// Document implements [ItemStore].
func (s *MemoryStore) Document(ctx context.Context, ref string) (ms []Movement, err error) {
	err = s.db.View(ctx, func() error {
		attempts := int64(1) // of a ref that is no reservation's
		if h := s.reservations[ref]; h != nil {
			attempts = h.attempt
		}
		for attempt := int64(0); ; attempt++ {
			doc := s.documents[documentKey{ref, attempt}]
			if doc == nil && attempt > attempts {
				break
			}
			if doc == nil {
				continue
			}
			for _, p := range doc.postings {
				ms = append(ms, s.stocks[p.stock].movement(s.notes, int(p.entry)))
			}
		}
		return nil
	})
	slices.SortFunc(ms, func(a, b Movement) int { return cmp.Or(compareItems(a, b), cmp.Compare(a.Seq, b.Seq)) })
	return ms, err
}

// once returns the SKUs sorted, each once.
func once(skus []flywheel.SKU) []flywheel.SKU {
	skus = slices.Clone(skus)
	slices.Sort(skus)
	return slices.Compact(skus)
}
