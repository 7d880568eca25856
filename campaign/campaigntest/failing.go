package campaigntest

import (
	"context"
	"iter"
	"time"

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

func (f *failing) Get(ctx context.Context, id flywheel.CustomerID) (campaign.Contact, error) {
	return suite.Call(f.hook, "Get", func() (campaign.Contact, error) { return f.store.Get(ctx, id) })
}

func (f *failing) Save(ctx context.Context, c campaign.Contact) (campaign.Contact, error) {
	return suite.Call(f.hook, "Save", func() (campaign.Contact, error) { return f.store.Save(ctx, c) })
}

func (f *failing) Due(ctx context.Context, before time.Time) (flywheel.CustomerID, error) {
	return suite.Call(f.hook, "Due", func() (flywheel.CustomerID, error) { return f.store.Due(ctx, before) })
}

func (f *failing) Delete(ctx context.Context, id flywheel.CustomerID) error {
	return suite.Do(f.hook, "Delete", func() error { return f.store.Delete(ctx, id) })
}

func (f *failing) List(ctx context.Context) iter.Seq2[campaign.Contact, error] {
	return suite.Seq(f.hook, "List", f.store.List(ctx))
}
