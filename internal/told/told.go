// Package told is how services report what they changed.
package told

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// Teller reports the facts of one service to its sink, see effect.Tell. The zero
// value reports nothing.
type Teller struct {
	own  flywheel.Transactor
	sink flywheel.Sink
}

// New returns the teller of a service on store. A nil sink takes nothing.
func New(store any, sink flywheel.Sink) Teller { return Teller{handle.Of(store), sink} }

// Listens reports whether anyone is told.
func (t Teller) Listens() bool { return t.sink != nil }

// Tell reports events from within the transaction that made their facts. What the
// sink answers is a [flywheel.TellError], so that nobody takes it for an answer of
// the change itself; a sink that answers at the end of the transaction finds out by
// [Within].
func (t Teller) Tell(ctx context.Context, events ...flywheel.Event) error {
	if t.sink == nil || len(events) == 0 {
		return nil
	}
	if err := effect.Tell(context.WithValue(ctx, withinKey{}, true), t.own, t.sink, events...); err != nil {
		return &flywheel.TellError{Event: events[0].ID, Err: err}
	}
	return nil
}

// TellNow is Tell for whoever needs the sink's answer before the transaction of ctx
// ends. What the sink refuses leaves the transaction as it was.
func (t Teller) TellNow(ctx context.Context, events ...flywheel.Event) error {
	db, ok := handle.Of(t.sink).(*flywheel.SQL)
	if !ok || !db.Joins(ctx) {
		return t.Tell(ctx, events...)
	}
	return db.Write(ctx, func(*sqldb.Tx) error {
		if err := t.Tell(ctx, events...); err != nil {
			return err
		}
		return db.Flush(ctx)
	})
}

type withinKey struct{}

// Within reports whether a call comes from [Teller.Tell].
func Within(ctx context.Context) bool { return ctx.Value(withinKey{}) != nil }

// Deliver reports what Tell could not and is due at now. more says that something
// was done.
func (t Teller) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return effect.Retell(ctx, t.own, t.sink, now)
}

// Forget removes what Tell has not reported yet of a customer. Call it in the
// transaction that forgets the rest.
func (t Teller) Forget(ctx context.Context, c flywheel.CustomerID) error {
	effects, err := effect.On(t.own)
	if err != nil {
		return nil // nothing was kept
	}
	return effects.Forget(ctx, string(flywheel.PersonOf(c, "")))
}
