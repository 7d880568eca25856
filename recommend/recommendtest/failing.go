package recommendtest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
)

// Failing returns s with hook called around each call, with the name of the method
// and whether its effect is done. An error of the hook is returned in place of the
// call's own answer: before the effect as when the call never arrived, after it as
// when the answer was lost. For a sequence, "after" is its end.
//
// The result is a [flywheel.Transactor] that uses that of s, and runs without a
// transaction where s has none.
func Failing(s recommend.Store, hook func(call string, after bool) error) recommend.Store {
	return &failing{s, hook}
}

type failing struct {
	store recommend.Store
	hook  func(call string, after bool) error
}

func (f *failing) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx, ok := f.store.(flywheel.Transactor); ok {
		return tx.InTx(ctx, fn)
	}
	return fn(ctx)
}

func (f *failing) Append(ctx context.Context, interactions ...recommend.Interaction) error {
	if err := f.hook("Append", false); err != nil {
		return err
	}
	if err := f.store.Append(ctx, interactions...); err != nil {
		return err
	}
	return f.hook("Append", true)
}

func (f *failing) All(ctx context.Context) iter.Seq2[recommend.Interaction, error] {
	return f.list("All", f.store.All(ctx))
}

func (f *failing) Of(ctx context.Context, actor recommend.Actor) iter.Seq2[recommend.Interaction, error] {
	return f.list("Of", f.store.Of(ctx, actor))
}

func (f *failing) list(call string, seq iter.Seq2[recommend.Interaction, error]) iter.Seq2[recommend.Interaction, error] {
	return func(yield func(recommend.Interaction, error) bool) {
		if err := f.hook(call, false); err != nil {
			yield(recommend.Interaction{}, err)
			return
		}
		for in, err := range seq {
			if !yield(in, err) || err != nil {
				return
			}
		}
		if err := f.hook(call, true); err != nil {
			yield(recommend.Interaction{}, err)
		}
	}
}
