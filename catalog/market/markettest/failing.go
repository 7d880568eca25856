package markettest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of the hook
// is returned in place of the answer: before, nothing has happened; after, the effect is
// there and only the answer is lost.
func Failing(s market.Store, hook func(call string, after bool) error) market.Store {
	return failing{s, hook}
}

type failing struct {
	store market.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f failing) Watch(ctx context.Context, id string) (market.Watched, error) {
	return suite.Call(f.hook, "Watch", func() (market.Watched, error) { return f.store.Watch(ctx, id) })
}

func (f failing) SaveWatch(ctx context.Context, w market.Watched, v *market.Violation) (market.Watched, error) {
	return suite.Call(f.hook, "SaveWatch", func() (market.Watched, error) { return f.store.SaveWatch(ctx, w, v) })
}

func (f failing) Watches(ctx context.Context) iter.Seq2[market.Watched, error] {
	return suite.Seq(f.hook, "Watches", f.store.Watches(ctx))
}

func (f failing) Breaches(ctx context.Context, filter market.BreachFilter) iter.Seq2[market.Breach, error] {
	return suite.Seq(f.hook, "Breaches", f.store.Breaches(ctx, filter))
}
