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
	return s.levelsIn(ctx, make([]Level, 0, len(skus)), skus)
}

// levelsIn is LevelsOf, behind what is in levels.
func (s *MemoryStore) levelsIn(ctx context.Context, levels []Level, skus []flywheel.SKU) ([]Level, error) {
	err := s.db.View(ctx, func() error {
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
		b := s.refs[ref]
		if b == nil {
			return nil
		}
		for _, doc := range append([]*document{&b.first}, b.others...) {
			for _, p := range doc.postings {
				ms = append(ms, s.stocks[p.stock].movement(s.notes, int(p.entry)))
			}
		}
		return nil
	})
	slices.SortFunc(ms, func(a, b Movement) int { return cmp.Or(compareItems(a, b), cmp.Compare(a.Seq, b.Seq)) })
	return ms, err
}

// once returns the SKUs sorted, each once: the slice itself if it is so already.
func once(skus []flywheel.SKU) []flywheel.SKU {
	ascending := true
	for i := 1; i < len(skus) && ascending; i++ {
		ascending = skus[i-1] < skus[i]
	}
	if ascending {
		return skus
	}
	skus = slices.Clone(skus)
	slices.Sort(skus)
	return slices.Compact(skus)
}
