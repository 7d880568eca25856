package catalogtest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
)

// Failing returns s with hook called around each call, with the name of the method
// and whether its effect is done. An error of the hook is returned in place of the
// call's own answer: before the effect as when the call never arrived, after it as
// when the answer was lost. For List, "after" is the end of the sequence.
//
// The result is a [flywheel.Transactor] that uses that of s, and runs without a
// transaction where s has none.
func Failing(s catalog.Store, hook func(call string, after bool) error) catalog.Store {
	return &failing{s, hook}
}

type failing struct {
	store catalog.Store
	hook  func(call string, after bool) error
}

// around makes one call between the two hooks.
func around[T any](f *failing, call string, do func() (T, error)) (answer T, err error) {
	var none T
	if err := f.hook(call, false); err != nil {
		return none, err
	}
	if answer, err = do(); err != nil {
		return none, err
	}
	if err := f.hook(call, true); err != nil {
		return none, err
	}
	return answer, nil
}

func (f *failing) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx, ok := f.store.(flywheel.Transactor); ok {
		return tx.InTx(ctx, fn)
	}
	return fn(ctx)
}

func (f *failing) Get(ctx context.Context, ids ...catalog.ID) ([]catalog.Product, error) {
	return around(f, "Get", func() ([]catalog.Product, error) { return f.store.Get(ctx, ids...) })
}

func (f *failing) BySKU(ctx context.Context, sku flywheel.SKU) (catalog.Product, error) {
	return around(f, "BySKU", func() (catalog.Product, error) { return f.store.BySKU(ctx, sku) })
}

func (f *failing) Save(ctx context.Context, products ...catalog.Product) ([]catalog.Product, error) {
	return around(f, "Save", func() ([]catalog.Product, error) { return f.store.Save(ctx, products...) })
}

func (f *failing) List(ctx context.Context, q catalog.Query) iter.Seq2[catalog.Product, error] {
	return func(yield func(catalog.Product, error) bool) {
		if err := f.hook("List", false); err != nil {
			yield(catalog.Product{}, err)
			return
		}
		for p, err := range f.store.List(ctx, q) {
			if !yield(p, err) || err != nil {
				return
			}
		}
		if err := f.hook("List", true); err != nil {
			yield(catalog.Product{}, err)
		}
	}
}

func (f *failing) Tree(ctx context.Context) (catalog.Tree, error) {
	return around(f, "Tree", func() (catalog.Tree, error) { return f.store.Tree(ctx) })
}

func (f *failing) SaveTree(ctx context.Context, t catalog.Tree) (catalog.Tree, error) {
	return around(f, "SaveTree", func() (catalog.Tree, error) { return f.store.SaveTree(ctx, t) })
}
