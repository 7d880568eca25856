package carttest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel/cart"
)

// Failing returns s with a hook around every call: hook is called with the name
// of the method and after = false before the effect, and with after = true when
// it is done. An error of hook is returned in place of the answer: before,
// nothing has happened; after, it has, as when an answer is lost.
func Failing(s cart.Store, hook func(call string, after bool) error) cart.Store {
	return &failing{s, hook}
}

type failing struct {
	store cart.Store
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

func (f *failing) Get(ctx context.Context, id cart.ID) (cart.Cart, error) {
	return around(f, "Get", func() (cart.Cart, error) { return f.store.Get(ctx, id) })
}

func (f *failing) Save(ctx context.Context, c cart.Cart) (cart.Cart, error) {
	return around(f, "Save", func() (cart.Cart, error) { return f.store.Save(ctx, c) })
}

func (f *failing) Delete(ctx context.Context, id cart.ID) error {
	_, err := around(f, "Delete", func() (struct{}, error) { return struct{}{}, f.store.Delete(ctx, id) })
	return err
}

func (f *failing) List(ctx context.Context, filter cart.Filter) iter.Seq2[cart.Cart, error] {
	return func(yield func(cart.Cart, error) bool) {
		if err := f.hook("List", false); err != nil {
			yield(cart.Cart{}, err)
			return
		}
		for c, err := range f.store.List(ctx, filter) {
			if !yield(c, err) || err != nil {
				return
			}
		}
		if err := f.hook("List", true); err != nil {
			yield(cart.Cart{}, err)
		}
	}
}
