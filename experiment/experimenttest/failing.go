package experimenttest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call: hook(call, false) before the
// effect and hook(call, true) after it. An error of the hook is returned instead
// of the call's result: before, nothing has happened; after, the effect is there
// and only its answer is lost. Transactions of s are kept.
func Failing(s experiment.Store, hook func(call string, after bool) error) experiment.Store {
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
	store experiment.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f failing) Exposed(ctx context.Context, x experiment.Exposure) (bool, error) {
	return suite.Call(f.hook, "Exposed", func() (bool, error) { return f.store.Exposed(ctx, x) })
}

func (f failing) Record(ctx context.Context, x experiment.Exposure) (bool, error) {
	return suite.Call(f.hook, "Record", func() (bool, error) { return f.store.Record(ctx, x) })
}

func (f failing) Exposures(ctx context.Context, id experiment.ID) iter.Seq2[experiment.Exposure, error] {
	return suite.Seq(f.hook, "Exposures", f.store.Exposures(ctx, id))
}

func (f failing) Assignments(ctx context.Context, attribute, value string) (map[string]string, error) {
	return suite.Call(f.hook, "Assignments", func() (map[string]string, error) { return f.store.Assignments(ctx, attribute, value) })
}

func (f failing) Assign(ctx context.Context, attribute, value, key, variation string) error {
	return suite.Do(f.hook, "Assign", func() error { return f.store.Assign(ctx, attribute, value, key, variation) })
}

func (f failing) Definition(ctx context.Context, kind, id string) (experiment.Definition, error) {
	return suite.Call(f.hook, "Definition", func() (experiment.Definition, error) { return f.store.Definition(ctx, kind, id) })
}

func (f failing) SaveDefinition(ctx context.Context, d experiment.Definition) (experiment.Definition, error) {
	return suite.Call(f.hook, "SaveDefinition", func() (experiment.Definition, error) { return f.store.SaveDefinition(ctx, d) })
}
