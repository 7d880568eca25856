package catalogtest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of
// the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
//
// The result is a [flywheel.Transactor] that uses that of s, and runs without a
// transaction where s has none.
func Failing(s catalog.Store, hook func(call string, after bool) error) catalog.Store {
	return &failing{s, hook}
}

type failing struct {
	store catalog.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f *failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f *failing) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx, ok := f.store.(flywheel.Transactor); ok {
		return tx.InTx(ctx, fn)
	}
	return fn(ctx)
}

func (f *failing) Get(ctx context.Context, ids ...catalog.ID) ([]catalog.Product, error) {
	return suite.Call(f.hook, "Get", func() ([]catalog.Product, error) { return f.store.Get(ctx, ids...) })
}

func (f *failing) BySKU(ctx context.Context, sku flywheel.SKU) (catalog.Product, error) {
	return suite.Call(f.hook, "BySKU", func() (catalog.Product, error) { return f.store.BySKU(ctx, sku) })
}

func (f *failing) Save(ctx context.Context, products ...catalog.Product) ([]catalog.Product, error) {
	return suite.Call(f.hook, "Save", func() ([]catalog.Product, error) { return f.store.Save(ctx, products...) })
}

func (f *failing) List(ctx context.Context, q catalog.Query) iter.Seq2[catalog.Product, error] {
	return suite.Seq(f.hook, "List", f.store.List(ctx, q))
}

func (f *failing) Tree(ctx context.Context) (catalog.Tree, error) {
	return suite.Call(f.hook, "Tree", func() (catalog.Tree, error) { return f.store.Tree(ctx) })
}

func (f *failing) SaveTree(ctx context.Context, t catalog.Tree) (catalog.Tree, error) {
	return suite.Call(f.hook, "SaveTree", func() (catalog.Tree, error) { return f.store.SaveTree(ctx, t) })
}
