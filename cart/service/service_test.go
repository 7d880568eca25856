package service_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/cart/service/servicetest"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// desk is a service with a clock, and what it told.
type desk struct {
	*service.Service
	now  time.Time
	told []flywheel.Event
	fail error // of the sink
}

func (d *desk) publish(_ context.Context, events ...flywheel.Event) error {
	if d.fail != nil {
		return d.fail
	}
	d.told = append(d.told, events...)
	return nil
}

func (d *desk) count(name string) int {
	ids := map[string]bool{}
	for _, e := range d.told {
		if e.Name == name {
			ids[e.ID] = true
		}
	}
	return len(ids)
}

func newService(t *testing.T, store service.Store) *desk {
	t.Helper()
	d := &desk{now: at("2026-03-10T09:00:00Z")}
	var err error
	d.Service, err = service.New(store, &service.Options{Calendar: berlin, SLA: sla, Now: func() time.Time { return d.now }, Sink: flywheel.SinkFunc(d.publish)})
	require.NoError(t, err)
	return d
}

func (d *desk) advance(t *testing.T) {
	t.Helper()
	for more := true; more; {
		var err error
		more, err = d.Advance(t.Context(), d.now)
		require.NoError(t, err)
	}
}

func TestService(t *testing.T) {
	ctx := t.Context()
	d := newService(t, nil)
	r := service.Request{ID: "t", Customer: "ann", Order: "o-1", Return: "r-1", Subject: "broken", Text: "help", Priority: "high"}
	opened, err := d.Open(ctx, r)
	require.NoError(t, err)
	require.Equal(t, service.Open, opened.Status)
	again, err := d.Open(ctx, r)
	require.NoError(t, err)
	require.Equal(t, opened, again)
	other := r
	other.Order = "o-2"
	_, err = d.Open(ctx, other)
	require.ErrorIs(t, err, flywheel.ErrKeyReused)

	d.now = at("2026-03-10T11:00:00Z")
	d.advance(t)
	require.Zero(t, d.count(service.EventBreached), "within that second it is in time")
	d.now = at("2026-03-10T11:00:01Z")
	got, err := d.Get(ctx, "t")
	require.NoError(t, err)
	require.Equal(t, []service.Clock{service.First}, got.Breached, "before anybody looked")
	d.advance(t)
	d.advance(t)
	require.Equal(t, 1, d.count(service.EventBreached))
	breach, ok := service.ReadBreach(d.told[len(d.told)-1])
	require.True(t, ok)
	require.Equal(t, service.Breach{Ticket: "t", Clock: service.First, Priority: "high", Order: "o-1"}, breach)
	_, ok = service.ReadBreach(d.told[0])
	require.False(t, ok)

	got, err = d.Reply(ctx, "t", service.Note{Key: "mail", Text: "sorry"}, true)
	require.NoError(t, err)
	require.Equal(t, service.Waiting, got.Status)
	again, err = d.Reply(ctx, "t", service.Note{Key: "mail", Text: "sorry"}, true)
	require.NoError(t, err)
	require.Equal(t, got, again)
	_, err = d.Solve(ctx, "t", service.Note{Key: "mail"})
	require.ErrorIs(t, err, flywheel.ErrKeyReused)
	_, err = d.Wrote(ctx, "t", service.Note{Text: "thanks"})
	require.NoError(t, err)
	_, err = d.Prioritize(ctx, "t", "low", service.Note{})
	require.NoError(t, err)
	_, err = d.Close(ctx, "t", service.Note{})
	require.ErrorIs(t, err, service.ErrStatus)
	got, err = d.Assign(ctx, "t", "eve")
	require.NoError(t, err)
	require.Equal(t, "eve", got.Assignee)
	_, err = d.Assign(ctx, "t", "\x00")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = d.Solve(ctx, "t", service.Note{Key: "solved"})
	require.NoError(t, err)
	for range 2 {
		got, err = d.Close(ctx, "t", service.Note{Key: "closed"})
		require.NoError(t, err)
		require.Equal(t, service.Closed, got.Status)
	}
	require.Equal(t, 1, d.count(service.EventSurvey))
	again, err = d.Solve(ctx, "t", service.Note{Key: "solved"})
	require.NoError(t, err, "its key had its effect")
	require.Equal(t, got, again)
	_, err = d.Wrote(ctx, "t", service.Note{Key: "more"})
	require.ErrorIs(t, err, service.ErrStatus)
	_, err = d.Wrote(ctx, "none", service.Note{})
	require.ErrorIs(t, err, flywheel.ErrNotFound)

	var actions []service.Action
	n := int64(0)
	for e, err := range d.Entries(ctx, "t") {
		require.NoError(t, err)
		n++
		require.Equal(t, n, e.N)
		actions = append(actions, e.Action)
	}
	require.Equal(t, []service.Action{service.Opened, service.BreachedIt, service.Replied, service.Wrote, service.Prioritized, service.SolvedIt, service.ClosedIt}, actions)
	require.Equal(t, n, got.Entries)

	require.NoError(t, d.Forget(ctx, "ann"))
	for ticket, err := range d.List(ctx, service.Filter{Customer: "ann"}) {
		t.Fatal(ticket, err)
	}
}

func TestServiceRefuses(t *testing.T) {
	ctx := t.Context()
	d := newService(t, nil)
	for field, r := range map[string]service.Request{
		"id":       {ID: "a\nb", Priority: "high"},
		"customer": {Customer: "\x00", Priority: "high"},
		"order":    {Order: "\xff", Priority: "high"},
		"subject":  {Subject: "\x00", Priority: "high"},
		"text":     {Text: string(make([]byte, 65<<10)), Priority: "high"},
		"metadata": {Metadata: map[string]string{"k": "\xff"}, Priority: "high"},
		"priority": {Priority: "urgent"},
	} {
		_, err := d.Open(ctx, r)
		wrong, ok := errors.AsType[*flywheel.FieldError](err)
		require.True(t, ok, "%s: %v", field, err)
		require.Equal(t, field, wrong.Field)
	}
	_, err := d.Open(ctx, service.Request{ID: "t", Priority: "high"})
	require.NoError(t, err)
	_, err = d.Reply(ctx, "t", service.Note{Key: "a\nb"}, false)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = d.Reply(ctx, "t", service.Note{Text: "\xff"}, false)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	got, err := d.Get(ctx, "t")
	require.NoError(t, err)
	require.EqualValues(t, 1, got.Entries)
}

// A sink of another database that refuses is told later.
func TestSinkRefuses(t *testing.T) {
	ctx := t.Context()
	d := newService(t, nil)
	_, err := d.Open(ctx, service.Request{ID: "t", Priority: "high"})
	require.NoError(t, err)
	_, err = d.Solve(ctx, "t", service.Note{})
	require.NoError(t, err)
	d.fail = errors.New("the sink is down")
	_, err = d.Close(ctx, "t", service.Note{})
	require.NoError(t, err, "it is told later")
	require.Zero(t, d.count(service.EventSurvey))
	d.fail = nil
	more, err := d.Deliver(ctx, d.now.Add(time.Hour))
	require.NoError(t, err)
	require.True(t, more)
	require.Equal(t, 1, d.count(service.EventSurvey))
}

// Whatever call of the store fails, before or after its effect, the same call again
// gives the same ticket, and every event is told once.
func TestCrash(t *testing.T) {
	life := []func(ctx context.Context, d *desk) error{
		func(ctx context.Context, d *desk) error {
			return suite.Err(d.Open(ctx, service.Request{ID: "t", Customer: "ann", Priority: "high"}))
		},
		func(ctx context.Context, d *desk) error {
			d.now = at("2026-03-10T12:00:00Z")
			_, err := d.Advance(ctx, d.now)
			return err
		},
		func(ctx context.Context, d *desk) error {
			return suite.Err(d.Reply(ctx, "t", service.Note{Key: "r"}, true))
		},
		func(ctx context.Context, d *desk) error { return suite.Err(d.Wrote(ctx, "t", service.Note{Key: "w"})) },
		func(ctx context.Context, d *desk) error { return suite.Err(d.Solve(ctx, "t", service.Note{Key: "s"})) },
		func(ctx context.Context, d *desk) error { return suite.Err(d.Close(ctx, "t", service.Note{Key: "c"})) },
	}
	calls := 0
	for stop := 0; stop == 0 || stop <= calls; stop++ {
		n := 0
		store := servicetest.Failing(service.NewMemory(nil), func(string, bool) error {
			if n++; n == stop {
				return fmt.Errorf("stopped at call %d", n)
			}
			return nil
		})
		d := newService(t, store)
		for i, step := range life {
			if err := step(t.Context(), d); err != nil {
				require.NoError(t, step(t.Context(), d), "stop %d, step %d again", stop, i)
			}
		}
		if stop == 0 {
			calls = n
		}
		for range 3 {
			_, err := d.Deliver(t.Context(), d.now.Add(time.Hour))
			require.NoError(t, err)
		}
		n = -1000 // nothing fails any more
		got, err := d.Get(t.Context(), "t")
		require.NoError(t, err)
		require.Equal(t, service.Closed, got.Status)
		require.Equal(t, []service.Clock{service.First}, got.Breached)
		require.EqualValues(t, 6, got.Entries, "stop %d", stop)
		require.Equal(t, [3]int{1, 1, 1}, [3]int{d.count(service.EventOpened), d.count(service.EventBreached), d.count(service.EventSurvey)}, "stop %d", stop)
	}
	require.Greater(t, calls, 10)
}

// Who asks for another's ticket learns what it would learn of one that is not there.
func TestActors(t *testing.T) {
	d := newService(t, nil)
	ann := flywheel.WithActor(t.Context(), flywheel.Actor{Customer: "ann"})
	guest := flywheel.WithActor(t.Context(), flywheel.Actor{Visitor: "v-1"})
	_, err := d.Open(ann, service.Request{ID: "t", Customer: "ann", Priority: "high"})
	require.NoError(t, err)
	_, err = d.Open(guest, service.Request{ID: "g", Visitor: "v-1", Priority: "high"})
	require.NoError(t, err)
	for _, who := range []context.Context{
		guest, flywheel.WithActor(t.Context(), flywheel.Actor{Customer: "ben"}), flywheel.WithActor(t.Context(), flywheel.Actor{}),
	} {
		for name, call := range map[string]func(id service.ID) error{
			"get":     func(id service.ID) error { return suite.Err(d.Get(who, id)) },
			"entries": func(id service.ID) error { return suite.Err(suite.Collect(d.Entries(who, id))) },
			"write":   func(id service.ID) error { return suite.Err(d.Wrote(who, id, service.Note{})) },
			"solve":   func(id service.ID) error { return suite.Err(d.Solve(who, id, service.Note{})) },
			"open": func(id service.ID) error {
				return suite.Err(d.Open(who, service.Request{ID: id, Customer: "ann", Priority: "high"}))
			},
		} {
			theirs, none := call("t"), call("x")
			require.ErrorIs(t, theirs, flywheel.ErrNotFound, name)
			require.Equal(t, strings.ReplaceAll(none.Error(), `"x"`, `"t"`), theirs.Error(), name)
		}
	}
	_, err = d.Wrote(ann, "t", service.Note{Text: "hello?"})
	require.NoError(t, err)
	for _, call := range []func() error{
		func() error { return suite.Err(d.Reply(ann, "t", service.Note{}, false)) },
		func() error { return suite.Err(d.Close(ann, "t", service.Note{})) },
		func() error { return suite.Err(d.Prioritize(ann, "t", "low", service.Note{})) },
		func() error { return suite.Err(d.Assign(ann, "t", "ann")) },
	} {
		require.ErrorIs(t, call(), flywheel.ErrForbidden)
	}
	ids := func(ctx context.Context, f service.Filter) (list []service.ID) {
		for ticket, err := range d.List(ctx, f) {
			require.NoError(t, err)
			list = append(list, ticket.ID)
		}
		return list
	}
	require.Equal(t, []service.ID{"g", "t"}, ids(t.Context(), service.Filter{}))
	require.Equal(t, []service.ID{"t"}, ids(ann, service.Filter{Limit: 5}))
	require.Equal(t, []service.ID{"g"}, ids(guest, service.Filter{}))
	require.Empty(t, ids(ann, service.Filter{Customer: "ben"}))
	list, err := suite.Collect(d.Entries(ann, "t"))
	require.NoError(t, err)
	require.Len(t, list, 2)
}

// Many who move one ticket at once all get through.
func TestParallel(t *testing.T) {
	d := newService(t, nil)
	_, err := d.Open(t.Context(), service.Request{ID: "t", Priority: "high"})
	require.NoError(t, err)
	for i, err := range suite.Parallel(30, func(i int) error {
		_, err := d.Reply(t.Context(), "t", service.Note{Key: fmt.Sprint(i % 10)}, false)
		return err
	}) {
		require.NoError(t, err, i)
	}
	got, err := d.Get(t.Context(), "t")
	require.NoError(t, err)
	require.EqualValues(t, 11, got.Entries)
}
