package livetest

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/live"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true. An error of the hook is returned in place of the answer: before,
// nothing has happened; after, the effect is there and only the answer is lost.
func Failing(s live.Store, hook func(call string, after bool) error) live.Store {
	return &failing{s, hook}
}

type failing struct {
	store live.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f *failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f *failing) Get(ctx context.Context, id string) (live.Event, error) {
	return suite.Call(f.hook, "Get", func() (live.Event, error) { return f.store.Get(ctx, id) })
}

func (f *failing) Save(ctx context.Context, e live.Event) (live.Event, error) {
	return suite.Call(f.hook, "Save", func() (live.Event, error) { return f.store.Save(ctx, e) })
}

func (f *failing) List(ctx context.Context, after time.Time, limit int) ([]live.Event, error) {
	return suite.Call(f.hook, "List", func() ([]live.Event, error) { return f.store.List(ctx, after, limit) })
}

func (f *failing) Due(ctx context.Context, at time.Time, limit int) ([]live.Event, error) {
	return suite.Call(f.hook, "Due", func() ([]live.Event, error) { return f.store.Due(ctx, at, limit) })
}

func (f *failing) Claim(ctx context.Context, c live.Claim, most int64) (sold int64, added bool, err error) {
	type answer struct {
		sold  int64
		added bool
	}
	a, err := suite.Call(f.hook, "Claim", func() (a answer, err error) {
		a.sold, a.added, err = f.store.Claim(ctx, c, most)
		return a, err
	})
	return a.sold, a.added, err
}

func (f *failing) Unclaim(ctx context.Context, event, slot, ref string) (sold int64, removed live.Claim, err error) {
	type answer struct {
		sold    int64
		removed live.Claim
	}
	a, err := suite.Call(f.hook, "Unclaim", func() (a answer, err error) {
		a.sold, a.removed, err = f.store.Unclaim(ctx, event, slot, ref)
		return a, err
	})
	return a.sold, a.removed, err
}

func (f *failing) Sold(ctx context.Context, event string) (map[string]int64, error) {
	return suite.Call(f.hook, "Sold", func() (map[string]int64, error) { return f.store.Sold(ctx, event) })
}
