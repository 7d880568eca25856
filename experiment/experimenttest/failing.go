package experimenttest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
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
	hook  func(call string, after bool) error
}

func (f failing) Exposed(ctx context.Context, x experiment.Exposure) (bool, error) {
	if err := f.hook("Exposed", false); err != nil {
		return false, err
	}
	exposed, err := f.store.Exposed(ctx, x)
	if err == nil {
		err = f.hook("Exposed", true)
	}
	return exposed && err == nil, err
}

func (f failing) Record(ctx context.Context, x experiment.Exposure) error {
	if err := f.hook("Record", false); err != nil {
		return err
	}
	if err := f.store.Record(ctx, x); err != nil {
		return err
	}
	return f.hook("Record", true)
}

func (f failing) Exposures(ctx context.Context, id experiment.ID) iter.Seq2[experiment.Exposure, error] {
	return func(yield func(experiment.Exposure, error) bool) {
		if err := f.hook("Exposures", false); err != nil {
			yield(experiment.Exposure{}, err)
			return
		}
		for x, err := range f.store.Exposures(ctx, id) {
			if !yield(x, err) {
				return
			}
		}
		if err := f.hook("Exposures", true); err != nil {
			yield(experiment.Exposure{}, err)
		}
	}
}

func (f failing) Assignments(ctx context.Context, attribute, value string) (map[string]string, error) {
	if err := f.hook("Assignments", false); err != nil {
		return nil, err
	}
	buckets, err := f.store.Assignments(ctx, attribute, value)
	if err == nil {
		err = f.hook("Assignments", true)
	}
	return buckets, err
}

func (f failing) Assign(ctx context.Context, attribute, value, key, variation string) error {
	if err := f.hook("Assign", false); err != nil {
		return err
	}
	if err := f.store.Assign(ctx, attribute, value, key, variation); err != nil {
		return err
	}
	return f.hook("Assign", true)
}

func (f failing) Definition(ctx context.Context, kind, id string) (experiment.Definition, error) {
	if err := f.hook("Definition", false); err != nil {
		return experiment.Definition{}, err
	}
	d, err := f.store.Definition(ctx, kind, id)
	if err == nil {
		err = f.hook("Definition", true)
	}
	return d, err
}

func (f failing) SaveDefinition(ctx context.Context, d experiment.Definition) (experiment.Definition, error) {
	if err := f.hook("SaveDefinition", false); err != nil {
		return experiment.Definition{}, err
	}
	d, err := f.store.SaveDefinition(ctx, d)
	if err == nil {
		err = f.hook("SaveDefinition", true)
	}
	return d, err
}
