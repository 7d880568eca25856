package pricingtest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel/pricing"
)

// Failing returns a store that does what s does and calls hook around each call
// with the name of the method, before its effect and after. An error of hook is
// returned in place of the answer: before, the call has no effect; after, the
// effect is there and only the answer is lost.
func Failing(s pricing.Store, hook func(call string, after bool) error) pricing.Store {
	return failing{s, hook}
}

type failing struct {
	pricing.Store
	hook func(call string, after bool) error
}

func (f failing) around(call string, fn func() error) error {
	if err := f.hook(call, false); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	return f.hook(call, true)
}

func (f failing) SaveList(ctx context.Context, l pricing.List) (saved pricing.List, err error) {
	err = f.around("SaveList", func() error {
		saved, err = f.Store.SaveList(ctx, l)
		return err
	})
	if err != nil {
		return pricing.List{}, err
	}
	return saved, nil
}

func (f failing) SavePromotion(ctx context.Context, p pricing.Promotion) (saved pricing.Promotion, err error) {
	err = f.around("SavePromotion", func() error {
		saved, err = f.Store.SavePromotion(ctx, p)
		return err
	})
	if err != nil {
		return pricing.Promotion{}, err
	}
	return saved, nil
}

func (f failing) DeleteList(ctx context.Context, id string, version int64) error {
	return f.around("DeleteList", func() error { return f.Store.DeleteList(ctx, id, version) })
}

func (f failing) DeletePromotion(ctx context.Context, id string, version int64) error {
	return f.around("DeletePromotion", func() error { return f.Store.DeletePromotion(ctx, id, version) })
}

func (f failing) Lists(ctx context.Context) iter.Seq2[pricing.List, error] {
	return around(f, "Lists", f.Store.Lists(ctx))
}

func (f failing) Promotions(ctx context.Context) iter.Seq2[pricing.Promotion, error] {
	return around(f, "Promotions", f.Store.Promotions(ctx))
}

// around calls the hook before the first and after the last value.
func around[T any](f failing, call string, seq iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := f.hook(call, false); err != nil {
			yield(none, err)
			return
		}
		for v, err := range seq {
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := f.hook(call, true); err != nil {
			yield(none, err)
		}
	}
}
