package campaigntest

import (
	"context"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true; for a sequence these are its beginning and its end. An error of
// the hook is returned in place of the answer: before, nothing has happened;
// after, the effect is there and only the answer is lost.
func Failing(s campaign.Store, hook func(call string, after bool) error) campaign.Store {
	return &failing{s, hook}
}

type failing struct {
	store campaign.Store
	hook  suite.Hook
}

func (f *failing) Handle() flywheel.Transactor { return f.store.Handle() }

func (f *failing) Load(ctx context.Context, ask campaign.Ask) ([]campaign.State, error) {
	return suite.Call(f.hook, "Load", func() ([]campaign.State, error) { return f.store.Load(ctx, ask) })
}

func (f *failing) Save(ctx context.Context, changes ...campaign.Change) error {
	return suite.Do(f.hook, "Save", func() error { return f.store.Save(ctx, changes...) })
}

func (f *failing) Find(ctx context.Context, q campaign.Query) ([]campaign.Found, error) {
	return suite.Call(f.hook, "Find", func() ([]campaign.Found, error) { return f.store.Find(ctx, q) })
}

func (f *failing) Acts(ctx context.Context, after int64) ([]campaign.Act, error) {
	return suite.Call(f.hook, "Acts", func() ([]campaign.Act, error) { return f.store.Acts(ctx, after) })
}

func (f *failing) Record(ctx context.Context, a campaign.Act) error {
	return suite.Do(f.hook, "Record", func() error { return f.store.Record(ctx, a) })
}

func (f *failing) List(ctx context.Context) iter.Seq2[campaign.State, error] {
	return suite.Seq(f.hook, "List", f.store.List(ctx))
}

func (f *failing) Delete(ctx context.Context, contacts ...flywheel.Person) error {
	return suite.Do(f.hook, "Delete", func() error { return f.store.Delete(ctx, contacts...) })
}
