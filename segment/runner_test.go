package segment_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmenttest"
)

// noting is a consumer that notes what it takes, in the database where it has one.
type noting struct {
	name string
	db   *flywheel.Memory
	mu   sync.Mutex
	ids  []string
	fail func(e *flywheel.Entry) error
	sink flywheel.Sink
	done []string
}

func (c *noting) Name() string {
	if c.name == "" {
		return "noting"
	}
	return c.name
}

func (c *noting) Handle() flywheel.Transactor {
	if c.db == nil {
		return nil
	}
	return c.db
}

func (c *noting) Consume(ctx context.Context, entries []flywheel.Entry) error {
	taken := []string{}
	for i := range entries {
		if c.fail != nil {
			if err := c.fail(&entries[i]); err != nil {
				return err
			}
		}
		taken = append(taken, entries[i].Event.ID)
	}
	flywheel.AfterCommit(ctx, func(context.Context) {
		c.mu.Lock()
		c.ids = append(c.ids, taken...)
		c.mu.Unlock()
	})
	return nil
}

// clockwork is a log on a virtual clock, and consumers of it.
type clockwork struct {
	now    time.Time
	log    *segment.Log
	runner *segment.Runner
}

func newClockwork(t testing.TB, store segment.LogStore, opts segment.RunnerOptions, consumers ...flywheel.Consumer) *clockwork {
	w := &clockwork{now: noon}
	var err error
	w.log, err = segment.NewLog(store, &segment.LogOptions{Now: func() time.Time { return w.now }})
	require.NoError(t, err)
	w.runner, err = segment.NewRunner(w.log, &opts, consumers...)
	require.NoError(t, err)
	return w
}

func (w *clockwork) publish(t testing.TB, ids ...string) {
	for _, id := range ids {
		customer := flywheel.CustomerID(id[:1]) // "a1" is ann's first
		if customer == "-" {
			customer = ""
		}
		require.NoError(t, w.log.Publish(t.Context(), flywheel.Event{ID: id, Name: flywheel.EventSearch, Time: w.now, Customer: customer}))
	}
}

func (w *clockwork) drain(t testing.TB) { require.NoError(t, w.runner.Drain(t.Context())) }

func parkedIDs(t testing.TB, r *segment.Runner, consumer string) (ids []string) {
	list, err := r.Parked(t.Context(), consumer)
	require.NoError(t, err)
	for _, p := range list {
		ids = append(ids, p.Event)
	}
	return ids
}

func TestRunnerRefuses(t *testing.T) {
	log := newLog(t, 0)
	_, err := segment.NewRunner(nil, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = segment.NewRunner(log, nil, &noting{}, &noting{})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = segment.NewRunner(log, nil, nil)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = segment.NewRunner(log, nil, &noting{name: " "})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	for _, opts := range []segment.RunnerOptions{{Batch: -1}, {Workers: -1}, {Poll: -1}, {Retry: []time.Duration{0}}} {
		_, err = segment.NewRunner(log, &opts)
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err = segment.NewRunner(log, &segment.RunnerOptions{Jobs: []segment.Job{{Name: "train"}}})
	require.ErrorIs(t, err, flywheel.ErrInvalid)

	r, err := segment.NewRunner(log, nil, &noting{})
	require.NoError(t, err)
	_, err = r.Parked(t.Context(), "nobody")
	require.ErrorIs(t, err, flywheel.ErrNotFound)
	for _, err := range []error{r.Retry(t.Context(), "noting", 3), r.Drop(t.Context(), "noting", 3), r.Retry(t.Context(), "nobody", 3), r.Rebuild(t.Context(), "nobody")} {
		require.ErrorIs(t, err, flywheel.ErrNotFound)
	}
	err = r.Rebuild(t.Context(), "noting")
	_, typed := errors.AsType[*segment.RebuildError](err)
	require.True(t, typed)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// TestCulprit is found by halving where the consumer does not name it; all others
// are taken as if it were not there.
func TestCulprit(t *testing.T) {
	for name, fail := range map[string]func(e *flywheel.Entry) error{
		"kind": func(*flywheel.Entry) error { return flywheel.ErrInvalid },
		"named": func(e *flywheel.Entry) error {
			return &flywheel.EntryError{Position: e.Position, Err: flywheel.ErrLimit}
		},
		"panic": func(*flywheel.Entry) error { panic("boom") },
		"wrong": func(*flywheel.Entry) error { return &flywheel.EntryError{Position: 99999, Err: flywheel.ErrNotFound} },
	} {
		for _, db := range []*flywheel.Memory{nil, {}} {
			c := &noting{db: db}
			c.fail = func(e *flywheel.Entry) error {
				if e.Event.ID == "p137" {
					return fail(e)
				}
				return nil
			}
			w := newClockwork(t, nil, segment.RunnerOptions{Batch: 64}, c)
			var want []string
			for i := range 300 {
				id := fmt.Sprintf("%c%d", 'a'+i%26, i)
				if i == 137 {
					id = "p137"
				}
				w.publish(t, id)
				if id[0] != 'p' || i < 137 {
					want = append(want, id)
				}
			}
			w.drain(t)
			require.Equal(t, want, c.ids, name)
			require.Equal(t, []string{"p137"}, parkedIDs(t, w.runner, "noting"), name)
		}
	}
}

// TestRetryAndDrop takes what waits behind, in order, until one is parked in turn.
func TestRetryAndDrop(t *testing.T) {
	bad := map[string]bool{"a1": true, "a3": true}
	c := &noting{fail: func(e *flywheel.Entry) error {
		if bad[e.Event.ID] {
			return flywheel.ErrConflict
		}
		return nil
	}}
	w := newClockwork(t, nil, segment.RunnerOptions{}, c)
	w.publish(t, "a1", "b1", "a2", "a3", "b2", "-1", "a4")
	w.drain(t)
	require.Equal(t, []string{"b1", "b2", "-1"}, c.ids)
	require.NoError(t, w.runner.Retry(t.Context(), "noting", 1))
	list, err := w.runner.Parked(t.Context(), "noting")
	require.NoError(t, err)
	require.Equal(t, []segment.Parked{{Consumer: "noting", Person: "c:a", Position: 1, Event: "a1", Cause: "conflict", Attempts: 2, Since: noon}}, list)
	bad["a1"] = false
	w.now = w.now.Add(time.Hour)
	require.NoError(t, w.runner.Retry(t.Context(), "noting", 1))
	require.Equal(t, []string{"b1", "b2", "-1", "a1", "a2"}, c.ids)
	require.Equal(t, []string{"a3"}, parkedIDs(t, w.runner, "noting"))
	w.publish(t, "a5")
	w.drain(t)
	require.NoError(t, w.runner.Drop(t.Context(), "noting", 4))
	require.Equal(t, []string{"b1", "b2", "-1", "a1", "a2", "a4", "a5"}, c.ids)
	require.Empty(t, parkedIDs(t, w.runner, "noting"))
	require.ErrorIs(t, w.runner.Drop(t.Context(), "noting", 4), flywheel.ErrNotFound)
}

// TestParkedInMemory outlives the process, though the consumer begins anew.
func TestParkedInMemory(t *testing.T) {
	bad := true
	fail := func(e *flywheel.Entry) error {
		if bad && (e.Event.ID == "a1" || e.Event.ID == "b1") {
			return flywheel.ErrInvalid
		}
		return nil
	}
	store := segment.NewMemoryLog(nil)
	w := newClockwork(t, store, segment.RunnerOptions{}, &noting{fail: fail})
	w.publish(t, "c1", "a1", "b1", "a2", "b2")
	w.drain(t)
	require.NoError(t, w.runner.Drop(t.Context(), "noting", 2))
	bad = false // mended, but nobody has tried again
	again := &noting{fail: fail}
	w = newClockwork(t, store, segment.RunnerOptions{}, again)
	require.Equal(t, []string{"b1"}, parkedIDs(t, w.runner, "noting"))
	w.drain(t)
	require.Equal(t, []string{"c1", "a2"}, again.ids, "dropped stays dropped, parked stays parked")
	require.NoError(t, w.runner.Retry(t.Context(), "noting", 3))
	require.Equal(t, []string{"c1", "a2", "b1", "b2"}, again.ids)
	last := &noting{fail: fail}
	w = newClockwork(t, store, segment.RunnerOptions{}, last)
	w.drain(t)
	require.Equal(t, []string{"c1", "b1", "a2", "b2"}, last.ids)
}

// TestNobody does not stand still.
func TestNobody(t *testing.T) {
	bad := true
	c := &noting{fail: func(e *flywheel.Entry) error {
		if bad && e.Event.ID == "-1" {
			return flywheel.ErrInvalid
		}
		return nil
	}}
	w := newClockwork(t, nil, segment.RunnerOptions{}, c)
	w.publish(t, "-1", "-2")
	w.drain(t)
	require.Equal(t, []string{"-2"}, c.ids)
	bad = false
	require.NoError(t, w.runner.Retry(t.Context(), "noting", 1))
	require.Equal(t, []string{"-2", "-1"}, c.ids)
}

// TestTemporary holds a person until the time of retry; others go on.
func TestTemporary(t *testing.T) {
	left := 2
	c := &noting{fail: func(e *flywheel.Entry) error {
		if e.Event.ID == "a1" && left > 0 {
			left--
			return io.ErrNoProgress
		}
		return nil
	}}
	w := newClockwork(t, nil, segment.RunnerOptions{Batch: 1, Retry: []time.Duration{time.Minute, time.Hour}}, c)
	w.publish(t, "a1", "a2", "b1")
	w.drain(t)
	require.Equal(t, []string{"b1"}, c.ids)
	health, err := w.runner.Health(t.Context())
	require.NoError(t, err)
	require.Equal(t, []segment.ConsumerHealth{{Name: "noting", Position: 3, Held: 1}}, health)
	w.now = noon.Add(time.Minute)
	w.drain(t)
	w.now = noon.Add(time.Hour)
	w.drain(t)
	require.Equal(t, []string{"b1"}, c.ids)
	w.now = noon.Add(time.Hour + time.Minute)
	w.drain(t)
	require.Equal(t, []string{"b1", "a1", "a2"}, c.ids)
	require.Empty(t, parkedIDs(t, w.runner, "noting"))
}

// TestWorkersErrors count against no entry, and stop no other consumer.
func TestWorkersErrors(t *testing.T) {
	for _, cause := range []error{flywheel.ErrStale, flywheel.ErrUnknownOutcome, fmt.Errorf("down: %w", &stateError{"57P01"}), &stateError{"40001"}} {
		down := true
		c, other := &noting{fail: func(*flywheel.Entry) error {
			if down {
				return cause
			}
			return nil
		}}, &noting{name: "other"}
		w := newClockwork(t, nil, segment.RunnerOptions{}, c, other)
		w.publish(t, "a1", "b1")
		require.ErrorIs(t, w.runner.Drain(t.Context()), cause)
		require.Equal(t, []string{"a1", "b1"}, other.ids)
		require.Empty(t, parkedIDs(t, w.runner, "noting"))
		health, err := w.runner.Health(t.Context())
		require.NoError(t, err)
		require.Equal(t, int64(2), health[0].Lag)
		require.NotEmpty(t, health[0].Error)
		down = false
		w.drain(t)
		require.Equal(t, []string{"a1", "b1"}, c.ids)
	}
	c := &noting{fail: func(e *flywheel.Entry) error { return &stateError{"22003"} }}
	w := newClockwork(t, nil, segment.RunnerOptions{}, c)
	w.publish(t, "a1")
	w.drain(t)
	require.Equal(t, []string{"a1"}, parkedIDs(t, w.runner, "noting"), "data that the database refuses are the entry's fault")
}

type stateError struct{ state string }

func (e *stateError) Error() string    { return "SQLSTATE " + e.state }
func (e *stateError) SQLState() string { return e.state }

// TestSharedTurns: eight runners over one database take each entry once, in order.
func TestSharedTurns(t *testing.T) {
	db := new(flywheel.Memory)
	c := &noting{db: db}
	w := newClockwork(t, segment.NewMemoryLog(db), segment.RunnerOptions{Batch: 3}, c)
	var want []string
	for i := range 200 {
		want = append(want, fmt.Sprintf("a%d", i))
	}
	w.publish(t, want...)
	var wg sync.WaitGroup
	for range 8 {
		r, err := segment.NewRunner(w.log, &segment.RunnerOptions{Batch: 3, Workers: 2}, c)
		require.NoError(t, err)
		wg.Go(func() {
			if err := r.Drain(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Len(t, c.ids, len(want))
	slices.Sort(want)
	slices.Sort(c.ids) // AfterCommit of two turns may run in either order
	require.Equal(t, want, c.ids)
}

// TestEveryCallFails fails every call of the log in turn, before and after its
// effect: whoever drains again ends with every event taken once, in order.
func TestEveryCallFails(t *testing.T) {
	for stop := 1; ; stop++ {
		db := new(flywheel.Memory)
		calls, armed := 0, false
		store := segmenttest.Failing(segment.NewMemoryLog(db), func(string, bool) error {
			if !armed {
				return nil
			}
			if calls++; calls == stop {
				return flywheel.ErrUnknownOutcome
			}
			return nil
		})
		c := &noting{db: db}
		w := newClockwork(t, store, segment.RunnerOptions{Batch: 2, Workers: 1}, c)
		w.publish(t, "a1", "b1", "a2", "b2", "a3")
		armed = true
		for range 2 {
			if err := w.runner.Drain(t.Context()); err != nil {
				require.ErrorIs(t, err, flywheel.ErrUnknownOutcome)
			}
		}
		require.Equal(t, []string{"a1", "b1", "a2", "b2", "a3"}, c.ids, "stopped at call %d", stop)
		if calls < stop {
			return
		}
	}
}

// TestStuckStore is not followed for ever.
func TestStuckStore(t *testing.T) {
	db := new(flywheel.Memory)
	c := &noting{db: db}
	w := newClockwork(t, stuck{segment.NewMemoryLog(db)}, segment.RunnerOptions{}, c)
	w.publish(t, "a1")
	require.ErrorContains(t, w.runner.Drain(t.Context()), "read up to 1 after 1")
}

// stuck reads the first entry whatever is asked for.
type stuck struct{ *segment.MemoryLog }

func (s stuck) Read(ctx context.Context, _ segment.Query) ([]flywheel.Entry, error) {
	return s.MemoryLog.Read(ctx, segment.Query{Limit: 1})
}

// staged is a consumer of which time and delivery are observed.
type staged struct {
	noting
	log   []string
	ready bool
}

func (s *staged) Consume(ctx context.Context, entries []flywheel.Entry) error {
	for _, e := range entries {
		s.log = append(s.log, "take "+e.Event.ID)
		if e.Event.ID == "a1" {
			if err := s.sink.Publish(ctx, flywheel.Event{ID: "told", Name: "told", Time: noon, Customer: "c"}); err != nil {
				return err
			}
		}
		s.ready = s.ready || e.Event.ID == "told"
		if e.Event.ID == "a3" {
			return flywheel.ErrInvalid
		}
	}
	return nil
}

func (s *staged) Advance(ctx context.Context, now time.Time) (bool, error) {
	if !s.ready {
		return false, nil
	}
	s.ready = false
	s.log = append(s.log, fmt.Sprintf("advance held=%v at %v", cursor.Held(ctx)("c:a"), cursor.Now(ctx).Equal(now)))
	return true, s.sink.Publish(ctx, flywheel.Event{ID: "timer", Name: "timer", Time: noon, Customer: "b"})
}

func (s *staged) Deliver(context.Context, time.Time) (bool, error) {
	if len(s.done) > 0 || len(s.log) == 0 {
		return false, nil
	}
	s.done = append(s.done, "sent")
	s.log = append(s.log, "deliver")
	return true, nil
}

// TestStages: first all events, also told ones, then time, then delivery, and again.
func TestStages(t *testing.T) {
	if suite.Twofold() {
		t.Skip("it counts what is done in vain as well")
	}
	s := &staged{}
	w := newClockwork(t, nil, segment.RunnerOptions{Workers: 1, Batch: 1}, s)
	s.sink = w.log
	w.publish(t, "a1", "a2", "a3")
	w.drain(t)
	require.Equal(t, []string{"take a1", "take a2", "take a3", "take told", "advance held=true at true", "deliver", "take timer"}, s.log)
	require.NoError(t, w.runner.Drop(t.Context(), "noting", 3))
	s.ready = true
	w.drain(t)
	require.Equal(t, []string{"advance held=false at true"}, s.log[7:])
}

// TestRun goes on until its context ends, and does jobs when their time has come.
func TestRun(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	c := &noting{}
	runs := 0
	w := newClockwork(t, nil, segment.RunnerOptions{Poll: time.Millisecond, Jobs: []segment.Job{{Name: "train", Every: time.Hour, Run: func(context.Context, time.Time) error {
		runs++
		return nil
	}}}}, c)
	w.publish(t, "a1")
	c.fail = func(*flywheel.Entry) error {
		flywheel.AfterCommit(ctx, func(context.Context) { time.AfterFunc(20*time.Millisecond, stop) })
		return nil
	}
	require.ErrorIs(t, w.runner.Run(ctx), context.Canceled)
	require.Equal(t, []string{"a1"}, c.ids)
	require.Equal(t, 1, runs)
	w.drain(t)
	require.Equal(t, 1, runs)
	w.now = noon.Add(time.Hour)
	w.drain(t)
	require.Equal(t, 2, runs)
}

// TestJobFails is reported, and tried again when its time comes.
func TestJobFails(t *testing.T) {
	w := newClockwork(t, nil, segment.RunnerOptions{Jobs: []segment.Job{{Name: "train", Every: time.Hour, Run: func(context.Context, time.Time) error { panic("boom") }}}})
	err := w.runner.Drain(t.Context())
	failed, typed := errors.AsType[*segment.JobError](err)
	require.True(t, typed)
	require.Equal(t, "train", failed.Job)
	w.drain(t)
}

// TestForget takes what is parked of a customer with it.
func TestForget(t *testing.T) {
	c := &noting{fail: func(e *flywheel.Entry) error {
		if e.Event.ID == "a1" {
			return flywheel.ErrInvalid
		}
		return nil
	}}
	w := newClockwork(t, nil, segment.RunnerOptions{}, c)
	w.publish(t, "a1", "b1", "a2")
	w.drain(t)
	require.NoError(t, w.runner.Forget(t.Context(), "a"))
	require.Empty(t, parkedIDs(t, w.runner, "noting"))
	w.publish(t, "a1", "a3")
	w.drain(t)
	require.Equal(t, []string{"b1", "a3"}, c.ids)
}
