package pricingtest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
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
	hook suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f failing) Handle() flywheel.Transactor { return handle.Of(f.Store) }

func (f failing) SaveList(ctx context.Context, l pricing.List) (pricing.List, error) {
	return suite.Call(f.hook, "SaveList", func() (pricing.List, error) { return f.Store.SaveList(ctx, l) })
}

func (f failing) SavePromotion(ctx context.Context, p pricing.Promotion) (pricing.Promotion, error) {
	return suite.Call(f.hook, "SavePromotion", func() (pricing.Promotion, error) { return f.Store.SavePromotion(ctx, p) })
}

func (f failing) DeleteList(ctx context.Context, id string, version int64) error {
	return suite.Do(f.hook, "DeleteList", func() error { return f.Store.DeleteList(ctx, id, version) })
}

func (f failing) DeletePromotion(ctx context.Context, id string, version int64) error {
	return suite.Do(f.hook, "DeletePromotion", func() error { return f.Store.DeletePromotion(ctx, id, version) })
}

func (f failing) Lists(ctx context.Context) iter.Seq2[pricing.List, error] {
	return suite.Seq(f.hook, "Lists", f.Store.Lists(ctx))
}

func (f failing) Promotions(ctx context.Context) iter.Seq2[pricing.Promotion, error] {
	return suite.Seq(f.hook, "Promotions", f.Store.Promotions(ctx))
}
