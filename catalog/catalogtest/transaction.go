package catalogtest

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var transactionCases = []testCase{
	{Name: "transaction/commit", Transactions: true, Rule: "calls in one transaction see each other and are kept together", Check: func(w *world) error {
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			if err := w.Save(ctx, created("a")); err != nil {
				return err
			}
			heads, err := w.Heads(ctx, "a")
			if err != nil || len(heads) != 1 {
				return fmt.Errorf("Heads within the transaction: %d, %w", len(heads), err)
			}
			return w.Save(ctx, &catalog.Batch{Heads: []catalog.HeadChange{{Head: head("a", 2), Before: 1}}})
		})
		return suite.First(err, w.has([]catalog.ID{"a"}, head("a", 2)))
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "an error of the transaction takes back every call in it", Check: func(w *world) error {
		return suite.First(w.stored(), suite.RollBack(ctx, w.tx, false, w.spoil), w.unspoilt())
	}},
	{Name: "transaction/panic", Transactions: true, Rule: "a panic in the transaction takes back every call in it", Check: func(w *world) error {
		return suite.First(w.stored(), suite.RollBack(ctx, w.tx, true, w.spoil), w.unspoilt())
	}},
	{Name: "transaction/refusal-within", Transactions: true, Rule: "a refused call leaves the rest of the transaction as it is", Check: func(w *world) error {
		if err := w.stored(); err != nil {
			return err
		}
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			if err := w.Save(ctx, created("b")); err != nil {
				return err
			}
			if err := suite.Wrong("Save", w.Save(ctx, created("c", "a")), flywheel.ErrStale); err != nil {
				return err
			}
			return w.Save(ctx, created("d"))
		})
		return suite.First(err, w.has([]catalog.ID{"a", "b", "c", "d"}, head("a", 1), head("b", 1), head("d", 1)))
	}},
	{Name: "transaction/nested", Transactions: true, Rule: "a transaction within one joins it", Check: func(w *world) error {
		err := suite.RollBack(ctx, w.tx, false, func(ctx context.Context) error {
			return w.tx.InTx(ctx, func(ctx context.Context) error { return w.Save(ctx, created("a")) })
		})
		return suite.First(err, w.has([]catalog.ID{"a"}))
	}},
}

var slugKey = catalog.SlugKey{Channel: "web", Locale: "en", Slug: "mug"}

// stored saves a product with all that belongs to it.
func (w *world) stored() error {
	b := created("a")
	b.Slugs = []catalog.SlugRow{{SlugKey: slugKey, Product: "a"}}
	b.Add = []catalog.Entry{entry("s", "a", "a"), entry("s", "b", "b")}
	return w.Save(ctx, b)
}

// spoil changes all of it.
func (w *world) spoil(ctx context.Context) error {
	b := created("b")
	b.Heads = append(b.Heads, catalog.HeadChange{Head: head("a", 2), Before: 1})
	b.Removed = []flywheel.SKU{"a-S"}
	b.Variants = append(b.Variants, row("b", "a-M", 5, "x"))
	b.Freed = []catalog.SlugKey{slugKey}
	b.Slugs = []catalog.SlugRow{{SlugKey: slugKey, Product: "b"}}
	ended := entry("s", "b", "b")
	ended.Until = 0
	b.Drop, b.Add = []catalog.Entry{entry("s", "a", "a")}, []catalog.Entry{ended, entry("s", "c", "c")}
	b.Definitions = []catalog.Definition{{Kind: "type", Code: "tea", Body: []byte(`{}`)}}
	return w.Save(ctx, b)
}

// unspoilt checks that nothing of spoil is left.
func (w *world) unspoilt() error {
	slugs, err := w.Slugs(ctx, slugKey)
	_, revision, defsErr := w.Definitions(ctx, 0)
	if err := suite.First(err, defsErr, w.has([]catalog.ID{"a", "b"}, head("a", 1)),
		w.sells(catalog.VariantQuery{Products: []catalog.ID{"a"}}, row("a", "a-S", 0, "s"), row("a", "a-M", 1, "m")), w.sells(catalog.VariantQuery{Products: []catalog.ID{"b"}}),
		suite.Same("Slugs", slugs, []catalog.SlugRow{{SlugKey: slugKey, Product: "a"}}), w.finds(catalog.Scan{Spaces: []string{"s"}, At: 5}, "a", "b"),
		suite.Same("revision", revision, int64(0))); err != nil {
		return fmt.Errorf("after the rollback: %w", err)
	}
	return nil
}
