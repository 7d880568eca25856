package segmenttest

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/segment"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true. An error of the hook is returned in place of the answer: before,
// nothing has happened; after, the effect is there and only the answer is lost.
//
// The result is a [flywheel.Transactor] when s is.
func Failing(s segment.LogStore, hook func(call string, after bool) error) segment.LogStore {
	f := failing{s, hook}
	if tx, ok := s.(flywheel.Transactor); ok {
		return failingTx{f, tx}
	}
	return f
}

type failing struct {
	store segment.LogStore
	hook  suite.Hook
}

type failingTx struct {
	failing
	flywheel.Transactor
}

// Handle implements flywheel.Stored with the handle of the store, nil without one.
func (f failing) Handle() flywheel.Transactor {
	if s, ok := f.store.(flywheel.Stored); ok {
		return s.Handle()
	}
	return nil
}

func (f failing) Append(ctx context.Context, told time.Time, teller string, events ...flywheel.Event) error {
	return suite.Do(f.hook, "Append", func() error { return f.store.Append(ctx, told, teller, events...) })
}

func (f failing) Number(ctx context.Context, n segment.Numbering) (int, error) {
	return suite.Call(f.hook, "Number", func() (int, error) { return f.store.Number(ctx, n) })
}

func (f failing) Read(ctx context.Context, q segment.Query) ([]flywheel.Entry, error) {
	return suite.Call(f.hook, "Read", func() ([]flywheel.Entry, error) { return f.store.Read(ctx, q) })
}

func (f failing) Last(ctx context.Context) (at flywheel.Position, received time.Time, err error) {
	at, err = suite.Call(f.hook, "Last", func() (flywheel.Position, error) {
		at, received, err = f.store.Last(ctx)
		return at, err
	})
	return at, received, err
}

func (f failing) Links(ctx context.Context, visitor flywheel.VisitorID, customer flywheel.CustomerID) ([]segment.Link, error) {
	return suite.Call(f.hook, "Links", func() ([]segment.Link, error) { return f.store.Links(ctx, visitor, customer) })
}

func (f failing) Erase(ctx context.Context, customer flywheel.CustomerID, at ...flywheel.Position) error {
	return suite.Do(f.hook, "Erase", func() error { return f.store.Erase(ctx, customer, at...) })
}
