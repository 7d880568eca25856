package credittest

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method, before the effect with after = false, and when the call succeeded with
// after = true. An error of the hook is returned in place of the answer: before,
// nothing has happened; after, the effect is there and only the answer is lost.
func Failing(s credit.Store, hook func(call string, after bool) error) credit.Store {
	return failing{s, hook}
}

type failing struct {
	store credit.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f failing) Balance(ctx context.Context, account string, c money.Currency, at time.Time) (credit.Balance, error) {
	return suite.Call(f.hook, "Balance", func() (credit.Balance, error) { return f.store.Balance(ctx, account, c, at) })
}

func (f failing) Apply(ctx context.Context, m credit.Move) (credit.Move, error) {
	return suite.Call(f.hook, "Apply", func() (credit.Move, error) { return f.store.Apply(ctx, m) })
}

func (f failing) Commit(ctx context.Context, account, key string, at time.Time) (credit.Move, error) {
	return suite.Call(f.hook, "Commit", func() (credit.Move, error) { return f.store.Commit(ctx, account, key, at) })
}

func (f failing) Release(ctx context.Context, account, key string, at time.Time) (credit.Move, error) {
	return suite.Call(f.hook, "Release", func() (credit.Move, error) { return f.store.Release(ctx, account, key, at) })
}

func (f failing) Move(ctx context.Context, account, key string) (credit.Move, error) {
	return suite.Call(f.hook, "Move", func() (credit.Move, error) { return f.store.Move(ctx, account, key) })
}

func (f failing) Moves(ctx context.Context, account string) iter.Seq2[credit.Move, error] {
	return suite.Seq(f.hook, "Moves", f.store.Moves(ctx, account))
}

func (f failing) Forget(ctx context.Context, account string) error {
	return suite.Do(f.hook, "Forget", func() error { return f.store.Forget(ctx, account) })
}
