package segmenttest

import (
	"context"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
)

// Failing returns s with every call under the control of hook: it is called with
// the name of the method before the call, and after it when it succeeded. An
// error of hook is returned instead: before, without the effect; after, with the
// effect done, as when an answer is lost. It is a flywheel.Transactor when s is.
func Failing(s segment.LogStore, hook func(call string, after bool) error) segment.LogStore {
	f := failing{s, hook}
	if tx, ok := s.(flywheel.Transactor); ok {
		return failingTx{f, tx}
	}
	return f
}

type failing struct {
	store segment.LogStore
	hook  func(call string, after bool) error
}

type failingTx struct {
	failing
	flywheel.Transactor
}

func (f failing) call(name string, fn func() error) error {
	if err := f.hook(name, false); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	return f.hook(name, true)
}

func (f failing) Append(ctx context.Context, events ...flywheel.Event) error {
	return f.call("Append", func() error { return f.store.Append(ctx, events...) })
}

func (f failing) Read(ctx context.Context, after segment.Position, limit int) (entries []segment.Entry, err error) {
	err = f.call("Read", func() (err error) {
		entries, err = f.store.Read(ctx, after, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	return entries, nil
}

func (f failing) Cursor(ctx context.Context, consumer string) (at segment.Position, err error) {
	err = f.call("Cursor", func() (err error) {
		at, err = f.store.Cursor(ctx, consumer)
		return err
	})
	if err != nil {
		return 0, err
	}
	return at, nil
}

func (f failing) Advance(ctx context.Context, consumer string, from, to segment.Position) error {
	return f.call("Advance", func() error { return f.store.Advance(ctx, consumer, from, to) })
}
