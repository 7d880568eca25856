package campaigntest

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
)

// Failing returns s with a hook around every call: hook is called with the name
// of the method and after = false before the effect, and with after = true when
// it is done. An error of hook is returned in place of the answer: before,
// nothing has happened; after, it has, as when an answer is lost.
func Failing(s campaign.Store, hook func(call string, after bool) error) campaign.Store {
	return &failing{s, hook}
}

type failing struct {
	store campaign.Store
	hook  func(call string, after bool) error
}

// around runs call between the two hooks.
func around[T any](f *failing, name string, call func() (T, error)) (T, error) {
	var none T
	if err := f.hook(name, false); err != nil {
		return none, err
	}
	answer, err := call()
	if err != nil {
		return answer, err
	}
	if err := f.hook(name, true); err != nil {
		return none, err
	}
	return answer, nil
}

func (f *failing) Get(ctx context.Context, id flywheel.CustomerID) (campaign.Contact, error) {
	return around(f, "Get", func() (campaign.Contact, error) { return f.store.Get(ctx, id) })
}

func (f *failing) Save(ctx context.Context, c campaign.Contact) (campaign.Contact, error) {
	return around(f, "Save", func() (campaign.Contact, error) { return f.store.Save(ctx, c) })
}

func (f *failing) Due(ctx context.Context, before time.Time) (flywheel.CustomerID, error) {
	return around(f, "Due", func() (flywheel.CustomerID, error) { return f.store.Due(ctx, before) })
}

func (f *failing) Delete(ctx context.Context, id flywheel.CustomerID) error {
	_, err := around(f, "Delete", func() (struct{}, error) { return struct{}{}, f.store.Delete(ctx, id) })
	return err
}

func (f *failing) List(ctx context.Context) iter.Seq2[campaign.Contact, error] {
	return func(yield func(campaign.Contact, error) bool) {
		if err := f.hook("List", false); err != nil {
			yield(campaign.Contact{}, err)
			return
		}
		for c, err := range f.store.List(ctx) {
			if !yield(c, err) || err != nil {
				return
			}
		}
		if err := f.hook("List", true); err != nil {
			yield(campaign.Contact{}, err)
		}
	}
}
