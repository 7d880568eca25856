package loyaltytest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
)

// Failing returns s with a hook around every call: hook(call, false) before the
// effect and hook(call, true) after it. An error of the hook is returned instead
// of the call's result: before, nothing has happened; after, the effect is there
// and only its answer is lost. Transactions of s are kept.
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
	hook  func(call string, after bool) error
}

func (f failing) Account(ctx context.Context, member flywheel.CustomerID, keys ...string) (loyalty.Account, error) {
	if err := f.hook("Account", false); err != nil {
		return loyalty.Account{}, err
	}
	a, err := f.store.Account(ctx, member, keys...)
	if err == nil {
		err = f.hook("Account", true)
	}
	if err != nil {
		return loyalty.Account{}, err
	}
	return a, nil
}

func (f failing) Save(ctx context.Context, a loyalty.Account) error {
	if err := f.hook("Save", false); err != nil {
		return err
	}
	if err := f.store.Save(ctx, a); err != nil {
		return err
	}
	return f.hook("Save", true)
}

func (f failing) Receipts(ctx context.Context, member flywheel.CustomerID) iter.Seq2[loyalty.Receipt, error] {
	return listing(f, "Receipts", f.store.Receipts(ctx, member))
}

func (f failing) Entries(ctx context.Context, member flywheel.CustomerID) iter.Seq2[loyalty.Entry, error] {
	return listing(f, "Entries", f.store.Entries(ctx, member))
}

func (f failing) Members(ctx context.Context) iter.Seq2[flywheel.CustomerID, error] {
	return listing(f, "Members", f.store.Members(ctx))
}

func listing[T any](f failing, call string, all iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := f.hook(call, false); err != nil {
			yield(none, err)
			return
		}
		for item, err := range all {
			if !yield(item, err) {
				return
			}
		}
		if err := f.hook(call, true); err != nil {
			yield(none, err)
		}
	}
}
