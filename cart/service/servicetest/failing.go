package servicetest

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method, before the effect with after = false, and when the call succeeded with
// after = true. An error of the hook is returned in place of the answer: before,
// nothing has happened; after, the effect is there and only the answer is lost.
func Failing(s service.Store, hook func(call string, after bool) error) service.Store {
	return failing{s, hook}
}

type failing struct {
	store service.Store
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f failing) Get(ctx context.Context, id service.ID) (service.Ticket, error) {
	return suite.Call(f.hook, "Get", func() (service.Ticket, error) { return f.store.Get(ctx, id) })
}

func (f failing) Save(ctx context.Context, t service.Ticket, entries ...service.Entry) (service.Ticket, error) {
	return suite.Call(f.hook, "Save", func() (service.Ticket, error) { return f.store.Save(ctx, t, entries...) })
}

func (f failing) Entries(ctx context.Context, id service.ID) iter.Seq2[service.Entry, error] {
	return suite.Seq(f.hook, "Entries", f.store.Entries(ctx, id))
}

func (f failing) List(ctx context.Context, filter service.Filter) iter.Seq2[service.Ticket, error] {
	return suite.Seq(f.hook, "List", f.store.List(ctx, filter))
}

func (f failing) Due(ctx context.Context, at time.Time, limit int) ([]service.Ticket, error) {
	return suite.Call(f.hook, "Due", func() ([]service.Ticket, error) { return f.store.Due(ctx, at, limit) })
}

func (f failing) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return suite.Do(f.hook, "Forget", func() error { return f.store.Forget(ctx, customer) })
}
