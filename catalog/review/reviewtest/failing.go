package reviewtest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of
// the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
func Failing(s Store, hook func(call string, after bool) error) Store {
	return &failing{s, hook}
}

type failing struct {
	store Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f *failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f *failing) Get(ctx context.Context, id string) (review.Post, error) {
	return suite.Call(f.hook, "Get", func() (review.Post, error) { return f.store.Get(ctx, id) })
}

func (f *failing) Save(ctx context.Context, p review.Post) (review.Post, error) {
	return suite.Call(f.hook, "Save", func() (review.Post, error) { return f.store.Save(ctx, p) })
}

func (f *failing) List(ctx context.Context, filter review.Filter) iter.Seq2[review.Post, error] {
	return suite.Seq(f.hook, "List", f.store.List(ctx, filter))
}

func (f *failing) Vote(ctx context.Context, id string, voter flywheel.CustomerID, value int) (up, down int64, err error) {
	counts, err := suite.Call(f.hook, "Vote", func() ([2]int64, error) {
		up, down, err := f.store.Vote(ctx, id, voter, value)
		return [2]int64{up, down}, err
	})
	return counts[0], counts[1], err
}

func (f *failing) Aggregates(ctx context.Context, months bool, products ...string) ([]review.Aggregate, error) {
	return suite.Call(f.hook, "Aggregates", func() ([]review.Aggregate, error) { return f.store.Aggregates(ctx, months, products...) })
}

func (f *failing) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return suite.Do(f.hook, "Forget", func() error { return f.store.Forget(ctx, customer) })
}

func (f *failing) Note(ctx context.Context, purchases ...review.Purchase) error {
	return suite.Do(f.hook, "Note", func() error { return f.store.Note(ctx, purchases...) })
}

func (f *failing) Bought(ctx context.Context, customer flywheel.CustomerID, skus ...flywheel.SKU) ([]review.Purchase, error) {
	return suite.Call(f.hook, "Bought", func() ([]review.Purchase, error) { return f.store.Bought(ctx, customer, skus...) })
}

func (f *failing) ForgetPurchases(ctx context.Context, customer flywheel.CustomerID) error {
	return suite.Do(f.hook, "ForgetPurchases", func() error { return f.store.ForgetPurchases(ctx, customer) })
}

func (f *failing) ClearPurchases(ctx context.Context) error {
	return suite.Do(f.hook, "ClearPurchases", func() error { return f.store.ClearPurchases(ctx) })
}
