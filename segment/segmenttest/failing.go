package segmenttest

import (
	"context"

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

func (f failing) Append(ctx context.Context, events ...flywheel.Event) error {
	return suite.Do(f.hook, "Append", func() error { return f.store.Append(ctx, events...) })
}

func (f failing) Read(ctx context.Context, after segment.Position, limit int) ([]segment.Entry, error) {
	return suite.Call(f.hook, "Read", func() ([]segment.Entry, error) { return f.store.Read(ctx, after, limit) })
}

func (f failing) Cursor(ctx context.Context, consumer string) (segment.Position, error) {
	return suite.Call(f.hook, "Cursor", func() (segment.Position, error) { return f.store.Cursor(ctx, consumer) })
}

func (f failing) Advance(ctx context.Context, consumer string, from, to segment.Position) error {
	return suite.Do(f.hook, "Advance", func() error { return f.store.Advance(ctx, consumer, from, to) })
}
