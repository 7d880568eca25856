package coupontest

import (
	"context"
	"iter"
	"time"

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
	hook  func(call string, after bool) error
}

func around[T any](f failing, call string, fn func() (T, error)) (T, error) {
	var zero T
	if err := f.hook(call, false); err != nil {
		return zero, err
	}
	answer, err := fn()
	if err != nil {
		return zero, err
	}
	if err := f.hook(call, true); err != nil {
		return zero, err
	}
	return answer, nil
}

func (f failing) Campaign(ctx context.Context, id string) (coupon.Campaign, error) {
	return around(f, "Campaign", func() (coupon.Campaign, error) { return f.store.Campaign(ctx, id) })
}

func (f failing) SaveCampaign(ctx context.Context, c coupon.Campaign) (coupon.Campaign, error) {
	return around(f, "SaveCampaign", func() (coupon.Campaign, error) { return f.store.SaveCampaign(ctx, c) })
}

func (f failing) AddCodes(ctx context.Context, codes []coupon.Code) error {
	_, err := around(f, "AddCodes", func() (struct{}, error) { return struct{}{}, f.store.AddCodes(ctx, codes) })
	return err
}

func (f failing) Code(ctx context.Context, code string) (coupon.Code, error) {
	return around(f, "Code", func() (coupon.Code, error) { return f.store.Code(ctx, code) })
}

func (f failing) Redeem(ctx context.Context, r coupon.Redemption) (coupon.Redemption, error) {
	return around(f, "Redeem", func() (coupon.Redemption, error) { return f.store.Redeem(ctx, r) })
}

func (f failing) Cancel(ctx context.Context, key string, at time.Time) (coupon.Redemption, error) {
	return around(f, "Cancel", func() (coupon.Redemption, error) { return f.store.Cancel(ctx, key, at) })
}

func (f failing) Redemption(ctx context.Context, key string) (coupon.Redemption, error) {
	return around(f, "Redemption", func() (coupon.Redemption, error) { return f.store.Redemption(ctx, key) })
}

func (f failing) Used(ctx context.Context, campaign, tally string) (int64, error) {
	return around(f, "Used", func() (int64, error) { return f.store.Used(ctx, campaign, tally) })
}

func (f failing) Codes(ctx context.Context, campaign string) iter.Seq2[coupon.Code, error] {
	return aroundAll(f, "Codes", f.store.Codes(ctx, campaign))
}

func (f failing) Redemptions(ctx context.Context, campaign string) iter.Seq2[coupon.Redemption, error] {
	return aroundAll(f, "Redemptions", f.store.Redemptions(ctx, campaign))
}

// aroundAll calls the hook before the first and after the last value.
func aroundAll[T any](f failing, call string, values iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		if err := f.hook(call, false); err != nil {
			yield(zero, err)
			return
		}
		for v, err := range values {
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := f.hook(call, true); err != nil {
			yield(zero, err)
		}
	}
}
