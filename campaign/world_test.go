package campaign

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// world is an engine with a log and a clock of its own, which is stepped from one
// instant at which something is due to the next.
type world struct {
	*Engine
	t       *testing.T
	ctx     context.Context
	now     time.Time
	store   *MemoryStore
	entries []flywheel.Entry
}

// newWorld returns an engine on store whose journeys are launched in the year 2000.
func newWorld(t *testing.T, store *MemoryStore, opts *Options) *world {
	t.Helper()
	if store == nil {
		store = NewMemory(nil)
	}
	w := &world{t: t, ctx: t.Context(), now: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), store: store}
	if opts.Now == nil {
		opts.Now = func() time.Time { return w.now }
	}
	if opts.Log == nil {
		opts.Log = w
	}
	e, err := New(store, opts)
	require.NoError(t, err)
	w.Engine = e
	return w
}

// Read implements Log.
func (w *world) Read(_ context.Context, after flywheel.Position, n int) ([]flywheel.Entry, error) {
	list := w.entries[min(int(after), len(w.entries)):]
	return list[:min(n, len(list))], nil
}

// rest does what is due now until nothing is.
func (w *world) rest() {
	w.t.Helper()
	for more := true; more; {
		advanced, err := w.Advance(w.ctx, w.now)
		require.NoError(w.t, err)
		delivered, err := w.Deliver(w.ctx, w.now)
		require.NoError(w.t, err)
		more = advanced || delivered
	}
}

// next is the next instant at which a run or a message is due.
func (w *world) next() time.Time {
	next := w.store.due.Next()
	var due time.Time
	for s, err := range w.store.List(w.ctx) {
		require.NoError(w.t, err)
		effects, err := w.effects.Of(w.ctx, kindMessage, string(s.Contact.ID))
		require.NoError(w.t, err)
		for _, x := range effects {
			if !x.Due.IsZero() && (due.IsZero() || x.Due.Before(due)) {
				due = x.Due
			}
		}
	}
	if next.IsZero() || !due.IsZero() && due.Before(next) {
		return due
	}
	return next
}

// passBefore lets time pass, instant by instant, to just before at.
func (w *world) passBefore(at time.Time) { w.pass(at.Add(-time.Microsecond)) }

// pass lets time pass to at.
func (w *world) pass(at time.Time) {
	w.t.Helper()
	for {
		due := w.next()
		if due.IsZero() || due.After(at) {
			break
		}
		if due.After(w.now) {
			w.now = due
		}
		w.rest()
	}
	if at.After(w.now) {
		w.now = at.UTC()
	}
}

// tell appends events to the log as received now, and lets the engine take them.
func (w *world) tell(events ...flywheel.Event) {
	w.t.Helper()
	var batch []flywheel.Entry
	for _, e := range events {
		if e.Time.IsZero() {
			e.Time = w.now
		}
		require.NoError(w.t, e.Validate())
		x := flywheel.Entry{
			Position: flywheel.Position(len(w.entries) + 1), Received: w.now, Effective: e.Time.UTC(),
			Person: flywheel.PersonOf(e.Customer, e.Visitor), Event: e,
		}
		if limit := w.now.Add(5 * time.Minute); x.Effective.After(limit) {
			x.Effective = limit
		}
		w.entries = append(w.entries, x)
		batch = append(batch, x)
	}
	require.NoError(w.t, w.Consume(w.ctx, batch))
	cursors, err := cursor.For(w.Handle())
	require.NoError(w.t, err)
	at, err := cursors.At(w.ctx, w.Name())
	require.NoError(w.t, err)
	require.NoError(w.t, cursors.Move(w.ctx, w.Name(), at.Position, flywheel.Position(len(w.entries))))
}

// publish lets time pass to the event, which is received when it happens, and does
// what is due then.
func (w *world) publish(e flywheel.Event) {
	w.t.Helper()
	w.passBefore(e.Time)
	if e.Time.After(w.now) {
		w.now = e.Time.UTC()
	}
	w.tell(e)
	w.rest()
}
