package catalogtest

import (
	"context"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true. An error of the hook is returned in place of the answer: before,
// nothing has happened; after, the effect is there and only the answer is lost.
func Failing(s catalog.Store, hook func(call string, after bool) error) catalog.Store {
	return &failing{s, hook}
}

type failing struct {
	store catalog.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f *failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f *failing) Heads(ctx context.Context, ids ...catalog.ID) ([]*catalog.Head, error) {
	return suite.Call(f.hook, "Heads", func() ([]*catalog.Head, error) { return f.store.Heads(ctx, ids...) })
}

func (f *failing) Variants(ctx context.Context, q catalog.VariantQuery) ([]*catalog.VariantRow, error) {
	return suite.Call(f.hook, "Variants", func() ([]*catalog.VariantRow, error) { return f.store.Variants(ctx, q) })
}

func (f *failing) Slugs(ctx context.Context, keys ...catalog.SlugKey) ([]catalog.SlugRow, error) {
	return suite.Call(f.hook, "Slugs", func() ([]catalog.SlugRow, error) { return f.store.Slugs(ctx, keys...) })
}

func (f *failing) Scan(ctx context.Context, q catalog.Scan) ([]catalog.Entry, error) {
	return suite.Call(f.hook, "Scan", func() ([]catalog.Entry, error) { return f.store.Scan(ctx, q) })
}

func (f *failing) Count(ctx context.Context, q catalog.Scan) (int, error) {
	return suite.Call(f.hook, "Count", func() (int, error) { return f.store.Count(ctx, q) })
}

func (f *failing) Definitions(ctx context.Context, after int64) (defs []catalog.Definition, revision int64, err error) {
	err = suite.Do(f.hook, "Definitions", func() (err error) {
		defs, revision, err = f.store.Definitions(ctx, after)
		return err
	})
	if err != nil {
		return nil, 0, err
	}
	return defs, revision, nil
}

func (f *failing) Save(ctx context.Context, b *catalog.Batch) error {
	return suite.Do(f.hook, "Save", func() error { return f.store.Save(ctx, b) })
}
