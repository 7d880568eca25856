package checkouttest

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Failing returns s with a hook around every call. The hook gets the name of the
// method: before the effect with after = false, and when the call succeeded with
// after = true. An error of the hook is returned in place of the answer: before,
// nothing has happened; after, the effect is there and only the answer is lost.
func Failing(s checkout.SessionStore, hook func(call string, after bool) error) checkout.SessionStore {
	return &failing{s, hook}
}

type failing struct {
	store checkout.SessionStore
	hook  suite.Hook
}

// Handle implements flywheel.Stored with that of the store.
func (f *failing) Handle() flywheel.Transactor { return handle.Of(f.store) }

func (f *failing) Session(ctx context.Context, id checkout.SessionID) (checkout.Session, error) {
	return suite.Call(f.hook, "Session", func() (checkout.Session, error) { return f.store.Session(ctx, id) })
}

func (f *failing) OpenSession(ctx context.Context, of cart.ID) (checkout.Session, error) {
	return suite.Call(f.hook, "OpenSession", func() (checkout.Session, error) { return f.store.OpenSession(ctx, of) })
}

func (f *failing) SaveSession(ctx context.Context, s checkout.Session) (checkout.Session, error) {
	return suite.Call(f.hook, "SaveSession", func() (checkout.Session, error) { return f.store.SaveSession(ctx, s) })
}

func (f *failing) KeyHolder(ctx context.Context, owner, key string) (checkout.SessionID, error) {
	return suite.Call(f.hook, "KeyHolder", func() (checkout.SessionID, error) { return f.store.KeyHolder(ctx, owner, key) })
}

func (f *failing) DueSessions(ctx context.Context, at time.Time, limit int) ([]checkout.Session, error) {
	return suite.Call(f.hook, "DueSessions", func() ([]checkout.Session, error) { return f.store.DueSessions(ctx, at, limit) })
}

func (f *failing) PendingSessions(ctx context.Context, after checkout.SessionID, limit int) ([]checkout.Session, error) {
	return suite.Call(f.hook, "PendingSessions", func() ([]checkout.Session, error) { return f.store.PendingSessions(ctx, after, limit) })
}

func (f *failing) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return suite.Do(f.hook, "Forget", func() error { return f.store.Forget(ctx, customer) })
}
