package carttest

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of
// the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
func Failing(s cart.Store, hook func(call string, after bool) error) cart.Store {
	return &failing{s, hook}
}

type failing struct {
	store cart.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f *failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f *failing) Get(ctx context.Context, id cart.ID) (cart.Cart, error) {
	return suite.Call(f.hook, "Get", func() (cart.Cart, error) { return f.store.Get(ctx, id) })
}

func (f *failing) Save(ctx context.Context, c cart.Cart) (cart.Cart, error) {
	return suite.Call(f.hook, "Save", func() (cart.Cart, error) { return f.store.Save(ctx, c) })
}

func (f *failing) Delete(ctx context.Context, id cart.ID) error {
	return suite.Do(f.hook, "Delete", func() error { return f.store.Delete(ctx, id) })
}

func (f *failing) List(ctx context.Context, filter cart.Filter) iter.Seq2[cart.Cart, error] {
	return suite.Seq(f.hook, "List", f.store.List(ctx, filter))
}

func (f *failing) Due(ctx context.Context, at time.Time, limit int) ([]cart.Cart, error) {
	return suite.Call(f.hook, "Due", func() ([]cart.Cart, error) { return f.store.Due(ctx, at, limit) })
}

func (f *failing) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return suite.Do(f.hook, "Forget", func() error { return f.store.Forget(ctx, customer) })
}
