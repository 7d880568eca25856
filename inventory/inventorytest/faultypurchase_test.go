package inventorytest

import (
	"context"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
)

// onePaper takes papers of two kinds with one ref for one.
type onePaper struct{ whole }

func (s onePaper) Paper(ctx context.Context, kind inventory.PaperKind, ref string) (inventory.Paper, error) {
	if kind == inventory.PaperIncoming {
		if p, err := s.MemoryStore.Paper(ctx, inventory.PaperPurchase, ref); err == nil {
			return p, nil
		}
	}
	return s.MemoryStore.Paper(ctx, kind, ref)
}

// rangeless forgets the ranges of what is expected.
type rangeless struct{ whole }

func (s rangeless) Incoming(ctx context.Context, skus []flywheel.SKU) ([]inventory.Incoming, error) {
	list, err := s.MemoryStore.Incoming(ctx, skus)
	for i := range list {
		list[i].Earliest, list[i].Latest = inventory.Incoming{}.Due, inventory.Incoming{}.Due
	}
	return list, err
}

// oneRow keeps one row of each SKU and ref.
type oneRow struct{ whole }

func (s oneRow) Incoming(ctx context.Context, skus []flywheel.SKU) ([]inventory.Incoming, error) {
	list, err := s.MemoryStore.Incoming(ctx, skus)
	return slices.CompactFunc(list, func(a, b inventory.Incoming) bool { return a.SKU == b.SKU && a.Ref == b.Ref }), err
}

// forgetsKeys finds no documents.
type forgetsKeys struct{ whole }

func (s forgetsKeys) Document(context.Context, string) ([]inventory.Movement, error) { return nil, nil }
