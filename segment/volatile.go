package segment

import (
	"context"
	"sync"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// volatile is the cursors of a consumer in memory, which begins at the start of the
// log in each process. What is parked and dropped is the operator's business and
// outlives the process: it is kept beside the log as well.
type volatile struct {
	cursor.Store
	kept cursor.Store
	home flywheel.Transactor

	mu     sync.Mutex
	loaded bool
}

// load takes over what an earlier process has kept.
func (v *volatile) load(ctx context.Context, consumer string) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.loaded {
		return nil
	}
	rows, err := v.kept.Parked(ctx, consumer)
	if err != nil {
		return err
	}
	for _, p := range rows {
		if err := v.Store.Park(context.WithoutCancel(ctx), consumer, p); err != nil {
			return err
		}
	}
	v.loaded = true
	return nil
}

// Park implements cursor.Store.
func (v *volatile) Park(ctx context.Context, consumer string, p cursor.Parked) error {
	if err := v.Store.Park(ctx, consumer, p); err != nil {
		return err
	}
	v.later(ctx, func(ctx context.Context) error { return v.kept.Park(ctx, consumer, p) })
	return nil
}

// Release implements cursor.Store.
func (v *volatile) Release(ctx context.Context, consumer string, at flywheel.Position) error {
	if err := v.Store.Release(ctx, consumer, at); err != nil {
		return err
	}
	v.later(ctx, func(ctx context.Context) error { return v.kept.Release(ctx, consumer, at) })
	return nil
}

// later writes beside the log when no lock of the consumer is held. What is lost
// here is found again: the entry fails, or is taken, once more.
func (v *volatile) later(ctx context.Context, write func(context.Context) error) {
	flywheel.AfterCommit(ctx, func(ctx context.Context) { _ = v.home.InTx(ctx, write) })
}
