package loyaltytest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/loyalty"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of
// the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
//
// The result is a [flywheel.Transactor] when s is.
func Failing(s loyalty.Store, hook func(call string, after bool) error) loyalty.Store {
	f := failing{s, hook}
	if tx, ok := s.(flywheel.Transactor); ok {
		return struct {
			failing
			flywheel.Transactor
		}{f, tx}
	}
	return f
}

type failing struct {
	store loyalty.Store
	hook  suite.Hook
}

func (f failing) Account(ctx context.Context, member flywheel.CustomerID, keys ...string) (loyalty.Account, error) {
	return suite.Call(f.hook, "Account", func() (loyalty.Account, error) { return f.store.Account(ctx, member, keys...) })
}

func (f failing) Save(ctx context.Context, a loyalty.Account) error {
	return suite.Do(f.hook, "Save", func() error { return f.store.Save(ctx, a) })
}

func (f failing) Receipts(ctx context.Context, member flywheel.CustomerID) iter.Seq2[loyalty.Receipt, error] {
	return suite.Seq(f.hook, "Receipts", f.store.Receipts(ctx, member))
}

func (f failing) Entries(ctx context.Context, member flywheel.CustomerID) iter.Seq2[loyalty.Entry, error] {
	return suite.Seq(f.hook, "Entries", f.store.Entries(ctx, member))
}

func (f failing) Members(ctx context.Context) iter.Seq2[flywheel.CustomerID, error] {
	return suite.Seq(f.hook, "Members", f.store.Members(ctx))
}
