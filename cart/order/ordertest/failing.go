package ordertest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of
// the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
func Failing(s order.Store, hook func(call string, after bool) error) order.Store {
	return &failing{s, hook}
}

type failing struct {
	store order.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f *failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f *failing) Insert(ctx context.Context, o order.Order) (order.Order, error) {
	return suite.Call(f.hook, "Insert", func() (order.Order, error) { return f.store.Insert(ctx, o) })
}

func (f *failing) Get(ctx context.Context, id order.ID) (order.Order, error) {
	return suite.Call(f.hook, "Get", func() (order.Order, error) { return f.store.Get(ctx, id) })
}

func (f *failing) ByKey(ctx context.Context, buyer order.Buyer, key string) (order.Order, error) {
	return suite.Call(f.hook, "ByKey", func() (order.Order, error) { return f.store.ByKey(ctx, buyer, key) })
}

func (f *failing) Save(ctx context.Context, o order.Order) (order.Order, error) {
	return suite.Call(f.hook, "Save", func() (order.Order, error) { return f.store.Save(ctx, o) })
}

func (f *failing) List(ctx context.Context, filter order.Filter) iter.Seq2[order.Order, error] {
	return suite.Seq(f.hook, "List", f.store.List(ctx, filter))
}

func (f *failing) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return suite.Do(f.hook, "Forget", func() error { return f.store.Forget(ctx, customer) })
}
