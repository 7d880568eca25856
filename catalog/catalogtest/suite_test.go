package catalogtest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/suite"
)

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) catalog.Store { return catalog.NewMemory(nil) }, Features{Transactions: true})
}

// faulty is a memory store with some methods replaced.
type faulty struct {
	*catalog.MemoryStore
	save     func(ctx context.Context, b *catalog.Batch) error
	variants func(ctx context.Context, q catalog.VariantQuery) ([]*catalog.VariantRow, error)
	scan     func(ctx context.Context, q catalog.Scan) ([]catalog.Entry, error)
	count    func(ctx context.Context, q catalog.Scan) (int, error)
	defs     func(ctx context.Context, after int64) ([]catalog.Definition, int64, error)
}

func (f *faulty) Save(ctx context.Context, b *catalog.Batch) error {
	if f.save != nil {
		return f.save(ctx, b)
	}
	return f.MemoryStore.Save(ctx, b)
}

func (f *faulty) Variants(ctx context.Context, q catalog.VariantQuery) ([]*catalog.VariantRow, error) {
	if f.variants != nil {
		return f.variants(ctx, q)
	}
	return f.MemoryStore.Variants(ctx, q)
}

func (f *faulty) Scan(ctx context.Context, q catalog.Scan) ([]catalog.Entry, error) {
	if f.scan != nil {
		return f.scan(ctx, q)
	}
	return f.MemoryStore.Scan(ctx, q)
}

func (f *faulty) Count(ctx context.Context, q catalog.Scan) (int, error) {
	if f.count != nil {
		return f.count(ctx, q)
	}
	return f.MemoryStore.Count(ctx, q)
}

func (f *faulty) Definitions(ctx context.Context, after int64) ([]catalog.Definition, int64, error) {
	if f.defs != nil {
		return f.defs(ctx, after)
	}
	return f.MemoryStore.Definitions(ctx, after)
}

// TestSuiteBites shows that each of these faults is caught, and by which case.
func TestSuiteBites(t *testing.T) {
	type save = func(ctx context.Context, b *catalog.Batch) error
	saving := func(change func(m *catalog.MemoryStore, ctx context.Context, b *catalog.Batch) error) func(m *catalog.MemoryStore) *faulty {
		return func(m *catalog.MemoryStore) *faulty {
			return &faulty{save: save(func(ctx context.Context, b *catalog.Batch) error {
				c := *b
				return change(m, ctx, &c)
			})}
		}
	}
	edits := func(m *catalog.MemoryStore, ctx context.Context, b *catalog.Batch) {
		b.Heads = slices.Clone(b.Heads)
		for i, h := range b.Heads {
			b.Heads[i].Before = 0
			if stored, err := m.Heads(ctx, h.Head.Product.ID); err == nil && len(stored) == 1 {
				b.Heads[i].Before = stored[0].Edits
			}
		}
	}
	for _, c := range []struct {
		name     string
		caughtBy string
		make     func(m *catalog.MemoryStore) *faulty
	}{
		{"a stale save overwrites", "save/stale", saving(func(m *catalog.MemoryStore, ctx context.Context, b *catalog.Batch) error {
			edits(m, ctx, b)
			return m.Save(ctx, b)
		})},
		{"edits are looked at before the save, not with it", "save/race", saving(func(m *catalog.MemoryStore, ctx context.Context, b *catalog.Batch) error {
			for _, h := range b.Heads {
				stored, err := m.Heads(ctx, h.Head.Product.ID)
				if err == nil && (len(stored) == 0 && h.Before != 0 || len(stored) == 1 && stored[0].Edits != h.Before) {
					return catalog.StaleHead(h.Head.Product.ID)
				}
			}
			time.Sleep(time.Millisecond) // others look, too
			edits(m, ctx, b)
			return m.Save(ctx, b)
		})},
		{"a refused batch is written up to what is refused", "save/stale", saving(func(m *catalog.MemoryStore, ctx context.Context, b *catalog.Batch) error {
			for _, h := range b.Heads {
				one := *b
				one.Heads, one.Variants = []catalog.HeadChange{h}, slices.DeleteFunc(slices.Clone(b.Variants), func(r *catalog.VariantRow) bool { return r.Product != h.Head.Product.ID })
				if err := m.Save(ctx, &one); err != nil {
					return err
				}
			}
			if len(b.Heads) == 0 {
				return m.Save(ctx, b)
			}
			return nil
		})},
		{"variants are written before others are removed", "save/removed-first", saving(func(m *catalog.MemoryStore, ctx context.Context, b *catalog.Batch) error {
			removed := b.Removed
			b.Removed = nil
			if err := m.Save(ctx, b); err != nil || len(removed) == 0 {
				return err
			}
			after := &catalog.Batch{Revision: b.Revision, Removed: removed}
			return m.Save(ctx, after)
		})},
		{"slugs are never freed", "slugs", saving(func(m *catalog.MemoryStore, ctx context.Context, b *catalog.Batch) error {
			b.Freed = nil
			return m.Save(ctx, b)
		})},
		{"the revision is not looked at", "definitions", saving(func(m *catalog.MemoryStore, ctx context.Context, b *catalog.Batch) error {
			_, b.Revision, _ = m.Definitions(ctx, 0)
			return m.Save(ctx, b)
		})},
		{"the transaction is not joined", "transaction/rollback", saving(func(m *catalog.MemoryStore, _ context.Context, b *catalog.Batch) error {
			return m.Save(context.Background(), b)
		})},
		{"the canceled context is not looked at", "context/canceled", saving(func(m *catalog.MemoryStore, ctx context.Context, b *catalog.Batch) error {
			return m.Save(context.WithoutCancel(ctx), b)
		})},
		{"dropped entries stay", "index/change", saving(func(m *catalog.MemoryStore, ctx context.Context, b *catalog.Batch) error {
			b.Drop = nil
			return m.Save(ctx, b)
		})},
		{"variants come in any order", "save/places", func(m *catalog.MemoryStore) *faulty {
			return &faulty{variants: func(ctx context.Context, q catalog.VariantQuery) ([]*catalog.VariantRow, error) {
				rows, err := m.Variants(ctx, q)
				slices.SortFunc(rows, func(a, b *catalog.VariantRow) int {
					return strings.Compare(string(a.Variant.SKU), string(b.Variant.SKU))
				})
				return rows, err
			}}
		}},
		{"a page begins with the last of the one before", "index/order", func(m *catalog.MemoryStore) *faulty {
			return &faulty{scan: func(ctx context.Context, q catalog.Scan) ([]catalog.Entry, error) {
				if n := len(q.AfterID); n > 0 {
					q.AfterID = q.AfterID[:n-1] + catalog.ID(q.AfterID[n-1]-1)
				}
				return m.Scan(ctx, q)
			}}
		}},
		{"an entry counts at its end", "index/time", func(m *catalog.MemoryStore) *faulty {
			return &faulty{scan: func(ctx context.Context, q catalog.Scan) ([]catalog.Entry, error) {
				if q.At > 0 {
					q.At--
				}
				return m.Scan(ctx, q)
			}}
		}},
		{"entries are counted instead of products", "index/count", func(m *catalog.MemoryStore) *faulty {
			return &faulty{count: func(ctx context.Context, q catalog.Scan) (int, error) {
				entries, err := m.Scan(ctx, q)
				return len(entries), err
			}}
		}},
		{"all definitions come each time", "definitions", func(m *catalog.MemoryStore) *faulty {
			return &faulty{defs: func(ctx context.Context, after int64) ([]catalog.Definition, int64, error) {
				return m.Definitions(ctx, 0)
			}}
		}},
		{"SKUs are compared without case", "text/odd", func(m *catalog.MemoryStore) *faulty {
			return &faulty{variants: func(ctx context.Context, q catalog.VariantQuery) ([]*catalog.VariantRow, error) {
				for i, sku := range q.SKUs {
					q.SKUs[i] = flywheel.SKU(strings.ToLower(string(sku)))
				}
				return m.Variants(ctx, q)
			}}
		}},
	} {
		contract.Bites(t, c.name, c.caughtBy, func() catalog.Store {
			m := catalog.NewMemory(nil)
			f := c.make(m)
			f.MemoryStore = m
			return f
		})
	}
}

func TestFailing(t *testing.T) {
	ctx := t.Context()
	suite.Fails(t, Failing, func() catalog.Store {
		s := catalog.NewMemory(nil)
		if err := s.Save(ctx, created("a")); err != nil {
			t.Fatal(err)
		}
		return s
	}, map[string]func(s catalog.Store) error{
		"Heads":    func(s catalog.Store) error { return suite.Err(s.Heads(ctx, "a")) },
		"Variants": func(s catalog.Store) error { return suite.Err(s.Variants(ctx, catalog.VariantQuery{})) },
		"Slugs":    func(s catalog.Store) error { return suite.Err(s.Slugs(ctx)) },
		"Scan":     func(s catalog.Store) error { return suite.Err(s.Scan(ctx, catalog.Scan{})) },
		"Count":    func(s catalog.Store) error { return suite.Err(s.Count(ctx, catalog.Scan{})) },
		"Definitions": func(s catalog.Store) error {
			_, _, err := s.Definitions(ctx, 0)
			return err
		},
		"Save": func(s catalog.Store) error { return s.Save(ctx, created("b")) },
	}, func(s catalog.Store) (any, error) {
		heads, err := s.Heads(ctx, "a", "b")
		return len(heads), err
	})
}
