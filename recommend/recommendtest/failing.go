package recommendtest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/recommend"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of
// the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
//
// The result is a [flywheel.Transactor] that uses that of s, and runs without a
// transaction where s has none.
func Failing(s recommend.Store, hook func(call string, after bool) error) recommend.Store {
	return &failing{s, hook}
}

type failing struct {
	store recommend.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f *failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f *failing) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx, ok := f.store.(flywheel.Transactor); ok {
		return tx.InTx(ctx, fn)
	}
	return fn(ctx)
}

func (f *failing) Append(ctx context.Context, interactions ...recommend.Interaction) error {
	return suite.Do(f.hook, "Append", func() error { return f.store.Append(ctx, interactions...) })
}

func (f *failing) All(ctx context.Context) iter.Seq2[recommend.Interaction, error] {
	return suite.Seq(f.hook, "All", f.store.All(ctx))
}

func (f *failing) Of(ctx context.Context, actor recommend.Actor) iter.Seq2[recommend.Interaction, error] {
	return suite.Seq(f.hook, "Of", f.store.Of(ctx, actor))
}

func (f *failing) Clear(ctx context.Context) error {
	return suite.Do(f.hook, "Clear", func() error { return f.store.Clear(ctx) })
}

func (f *failing) Forget(ctx context.Context, actor recommend.Actor) error {
	return suite.Do(f.hook, "Forget", func() error { return f.store.Forget(ctx, actor) })
}
