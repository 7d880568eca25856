package inventorytest

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
)

type keyless struct{ plain }

func (s keyless) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	m.Key = ""
	return s.Store.Post(ctx, m)
}

type limitless struct{ whole }

func (s limitless) SetBackorder(ctx context.Context, sku flywheel.SKU, location inventory.Location, limit int64) error {
	if location == inventory.EveryPlace {
		limit = inventory.Unlimited
	}
	return s.MemoryStore.SetBackorder(ctx, sku, location, limit)
}

type recounting struct {
	plain
	n atomic.Int64
}

func (s *recounting) Post(ctx context.Context, m inventory.Movement) (inventory.Movement, error) {
	if m.Kind == inventory.KindCount {
		m.Ref = fmt.Sprint(m.Ref, s.n.Add(1))
	}
	return s.Store.Post(ctx, m)
}

type firstItem struct{ whole }

func (s firstItem) SaveItem(ctx context.Context, item inventory.Item) error {
	if items, err := s.Items(ctx, []flywheel.SKU{item.SKU}); err != nil || len(items) > 0 {
		return err
	}
	return s.MemoryStore.SaveItem(ctx, item)
}

// itemOutside saves once more what a transaction said of items, also when it failed.
type itemOutside struct{ whole }

func (s itemOutside) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	var kept []inventory.Item
	err := s.whole.InTx(ctx, func(ctx context.Context) error {
		err := fn(ctx)
		items, readErr := s.Items(ctx, []flywheel.SKU{"a", "b"})
		if kept = items; readErr != nil {
			return readErr
		}
		return err
	})
	for _, item := range kept {
		if saved := s.SaveItem(ctx, item); saved != nil {
			return saved
		}
	}
	return err
}

type oneLevel struct{ whole }

func (s oneLevel) LevelsOf(ctx context.Context, skus []flywheel.SKU) ([]inventory.Level, error) {
	levels, err := s.MemoryStore.LevelsOf(ctx, skus)
	return slices.CompactFunc(levels, func(a, b inventory.Level) bool { return a.SKU == b.SKU }), err
}

type lastAttempt struct{ whole }

func (s lastAttempt) Document(ctx context.Context, ref string) ([]inventory.Movement, error) {
	ms, err := s.MemoryStore.Document(ctx, ref)
	last := int64(0)
	for _, m := range ms {
		last = max(last, m.Attempt)
	}
	return slices.DeleteFunc(ms, func(m inventory.Movement) bool { return m.Attempt < last }), err
}
