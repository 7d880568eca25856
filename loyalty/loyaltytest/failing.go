package loyaltytest

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/loyalty"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of
// the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
//
// The result is a [flywheel.Transactor] and a [loyalty.ProgramStore] when s is.
func Failing(s loyalty.Store, hook func(call string, after bool) error) loyalty.Store {
	f := failing{s, hook}
	tx, isTx := s.(flywheel.Transactor)
	lists, hasLists := s.(loyalty.ProgramStore)
	type transactor = flywheel.Transactor
	switch {
	case isTx && hasLists:
		return struct {
			failingPrograms
			transactor
		}{failingPrograms{f, lists}, tx}
	case isTx:
		return struct {
			failing
			transactor
		}{f, tx}
	case hasLists:
		return failingPrograms{f, lists}
	}
	return f
}

type failing struct {
	store loyalty.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with the handle of the store, nil without one.
func (f failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f failing) Account(ctx context.Context, member flywheel.CustomerID, n loyalty.Need) (loyalty.Account, error) {
	return suite.Call(f.hook, "Account", func() (loyalty.Account, error) { return f.store.Account(ctx, member, n) })
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

func (f failing) Due(ctx context.Context, at time.Time, limit int) ([]flywheel.CustomerID, error) {
	return suite.Call(f.hook, "Due", func() ([]flywheel.CustomerID, error) { return f.store.Due(ctx, at, limit) })
}

func (f failing) Forget(ctx context.Context, member flywheel.CustomerID) error {
	return suite.Do(f.hook, "Forget", func() error { return f.store.Forget(ctx, member) })
}

// failingPrograms is a failing store that keeps programs.
type failingPrograms struct {
	failing
	lists loyalty.ProgramStore
}

func (f failingPrograms) Programs(ctx context.Context, after int64) ([]loyalty.Programs, error) {
	return suite.Call(f.hook, "Programs", func() ([]loyalty.Programs, error) { return f.lists.Programs(ctx, after) })
}

func (f failingPrograms) Record(ctx context.Context, p loyalty.Programs) error {
	return suite.Do(f.hook, "Record", func() error { return f.lists.Record(ctx, p) })
}
