package paymenttest

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method, before the effect with after = false, and when the call succeeded with
// after = true. An error of the hook is returned in place of the answer: before,
// nothing has happened; after, the effect is there and only the answer is lost.
func Failing(s payment.NoticeStore, hook func(call string, after bool) error) payment.NoticeStore {
	return failing{s, hook}
}

type failing struct {
	store payment.NoticeStore
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f failing) Claim(ctx context.Context, n payment.Notice, now, until time.Time) (bool, error) {
	return suite.Call(f.hook, "Claim", func() (bool, error) { return f.store.Claim(ctx, n, now, until) })
}

func (f failing) Settle(ctx context.Context, id string, applied bool, at time.Time) error {
	return suite.Do(f.hook, "Settle", func() error { return f.store.Settle(ctx, id, applied, at) })
}

func (f failing) Notices(ctx context.Context, from time.Time) iter.Seq2[payment.Received, error] {
	return suite.Seq(f.hook, "Notices", f.store.Notices(ctx, from))
}

func (f failing) Trim(ctx context.Context, before time.Time, limit int) (int, error) {
	return suite.Call(f.hook, "Trim", func() (int, error) { return f.store.Trim(ctx, before, limit) })
}
