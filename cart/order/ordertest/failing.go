package ordertest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel/cart/order"
)

// Failing returns s with a hook around every call: hook is called with the name
// of the method and after = false before the effect, and with after = true when
// it is done. An error of hook is returned in place of the answer: before,
// nothing has happened; after, it has, as when an answer is lost.
func Failing(s order.Store, hook func(call string, after bool) error) order.Store {
	return &failing{s, hook}
}

type failing struct {
	store order.Store
	hook  func(call string, after bool) error
}

// around runs one call between the two hooks.
func around[T any](f *failing, call string, do func() (T, error)) (T, error) {
	var none T
	if err := f.hook(call, false); err != nil {
		return none, err
	}
	out, err := do()
	if hookErr := f.hook(call, true); hookErr != nil {
		return none, hookErr
	}
	return out, err
}

func (f *failing) Insert(ctx context.Context, o order.Order) (order.Order, error) {
	return around(f, "Insert", func() (order.Order, error) { return f.store.Insert(ctx, o) })
}

func (f *failing) Get(ctx context.Context, id order.ID) (order.Order, error) {
	return around(f, "Get", func() (order.Order, error) { return f.store.Get(ctx, id) })
}

func (f *failing) ByKey(ctx context.Context, buyer order.Buyer, key string) (order.Order, error) {
	return around(f, "ByKey", func() (order.Order, error) { return f.store.ByKey(ctx, buyer, key) })
}

func (f *failing) Save(ctx context.Context, o order.Order) (order.Order, error) {
	return around(f, "Save", func() (order.Order, error) { return f.store.Save(ctx, o) })
}

func (f *failing) List(ctx context.Context, filter order.Filter) iter.Seq2[order.Order, error] {
	return func(yield func(order.Order, error) bool) {
		if err := f.hook("List", false); err != nil {
			yield(order.Order{}, err)
			return
		}
		for o, err := range f.store.List(ctx, filter) {
			if !yield(o, err) || err != nil {
				return
			}
		}
		if err := f.hook("List", true); err != nil {
			yield(order.Order{}, err)
		}
	}
}
