package coupontest

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// Failing returns a store that does what s does and calls hook around each call
// with the name of the method, before its effect and after. An error of hook is
// returned in place of the answer: before, the call has no effect; after, the
// effect is there and only the answer is lost.
func Failing(s coupon.Store, hook func(call string, after bool) error) coupon.Store {
	return failing{s, hook}
}

type failing struct {
	store coupon.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f failing) Campaign(ctx context.Context, id string) (coupon.Campaign, error) {
	return suite.Call(f.hook, "Campaign", func() (coupon.Campaign, error) { return f.store.Campaign(ctx, id) })
}

func (f failing) SaveCampaign(ctx context.Context, c coupon.Campaign) (coupon.Campaign, error) {
	return suite.Call(f.hook, "SaveCampaign", func() (coupon.Campaign, error) { return f.store.SaveCampaign(ctx, c) })
}

func (f failing) AddCodes(ctx context.Context, codes []coupon.Code) error {
	return suite.Do(f.hook, "AddCodes", func() error { return f.store.AddCodes(ctx, codes) })
}

func (f failing) Code(ctx context.Context, code string) (coupon.Code, error) {
	return suite.Call(f.hook, "Code", func() (coupon.Code, error) { return f.store.Code(ctx, code) })
}

func (f failing) Redeem(ctx context.Context, r coupon.Redemption) (coupon.Redemption, error) {
	return suite.Call(f.hook, "Redeem", func() (coupon.Redemption, error) { return f.store.Redeem(ctx, r) })
}

func (f failing) Cancel(ctx context.Context, key string, at time.Time) (coupon.Redemption, error) {
	return suite.Call(f.hook, "Cancel", func() (coupon.Redemption, error) { return f.store.Cancel(ctx, key, at) })
}

func (f failing) Settle(ctx context.Context, key string, commit bool, at time.Time) (coupon.Redemption, error) {
	return suite.Call(f.hook, "Settle", func() (coupon.Redemption, error) { return f.store.Settle(ctx, key, commit, at) })
}

func (f failing) Expire(ctx context.Context, campaign string, at time.Time) (int64, error) {
	return suite.Call(f.hook, "Expire", func() (int64, error) { return f.store.Expire(ctx, campaign, at) })
}

func (f failing) Redemption(ctx context.Context, key string) (coupon.Redemption, error) {
	return suite.Call(f.hook, "Redemption", func() (coupon.Redemption, error) { return f.store.Redemption(ctx, key) })
}

func (f failing) Used(ctx context.Context, campaign, tally string) (int64, error) {
	return suite.Call(f.hook, "Used", func() (int64, error) { return f.store.Used(ctx, campaign, tally) })
}

func (f failing) Codes(ctx context.Context, campaign string) iter.Seq2[coupon.Code, error] {
	return suite.Seq(f.hook, "Codes", f.store.Codes(ctx, campaign))
}

func (f failing) Redemptions(ctx context.Context, campaign string, held bool) iter.Seq2[coupon.Redemption, error] {
	return suite.Seq(f.hook, "Redemptions", f.store.Redemptions(ctx, campaign, held))
}
