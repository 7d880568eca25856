package segment_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmenttest"
)

var noon = time.Date(2011, 12, 9, 12, 0, 0, 0, time.UTC)

func purchase(id string, customer flywheel.CustomerID, at time.Time, pence int64) flywheel.Event {
	return flywheel.Event{ID: id, Name: flywheel.EventPurchase, Time: at, Customer: customer, Value: money.New(pence, money.GBP),
		Lines: []flywheel.Line{{SKU: "85123A", Quantity: 2, Amount: money.New(pence, money.GBP)}}}
}

// collect is a sink that keeps what it gets.
type collect struct {
	mu     sync.Mutex
	events []flywheel.Event
	fail   func(n int) error // before taking the n-th batch
	calls  int
}

func (c *collect) Publish(_ context.Context, events ...flywheel.Event) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls++
	if c.fail != nil {
		if err := c.fail(c.calls); err != nil {
			return err
		}
	}
	c.events = append(c.events, events...)
	return nil
}

func (c *collect) ids() []string {
	ids := make([]string, len(c.events))
	for i := range ids {
		ids[i] = c.events[i].ID
	}
	return ids
}

func newLog(t testing.TB, n int) *segment.Log {
	log, err := segment.NewLog(nil, &segment.LogOptions{Batch: 4})
	require.NoError(t, err)
	for i := range n {
		require.NoError(t, log.Publish(t.Context(), purchase(fmt.Sprint(i), "c", noon, 100)))
	}
	return log
}

func TestPublishRefuses(t *testing.T) {
	log := newLog(t, 0)
	for name, change := range map[string]func(e *flywheel.Event){
		"no id":            func(e *flywheel.Event) { e.ID = "" },
		"no name":          func(e *flywheel.Event) { e.Name = "" },
		"no time":          func(e *flywheel.Event) { e.Time = time.Time{} },
		"session":          func(e *flywheel.Event) { e.Session = "\xff" },
		"ref":              func(e *flywheel.Event) { e.Ref = "\xff" },
		"property":         func(e *flywheel.Event) { e.Properties = map[string]any{"a": "\xff"} },
		"property name":    func(e *flywheel.Event) { e.Properties = map[string]any{"\xff": "a"} },
		"in a list":        func(e *flywheel.Event) { e.Properties = map[string]any{"a": []any{"\xff"}} },
		"in an object":     func(e *flywheel.Event) { e.Properties = map[string]any{"a": map[string]any{"b": "\xff"}} },
		"name in object":   func(e *flywheel.Event) { e.Properties = map[string]any{"a": map[string]any{"\xff": ""}} },
		"not a number":     func(e *flywheel.Event) { e.Properties = map[string]any{"a": math.NaN()} },
		"no JSON value":    func(e *flywheel.Event) { e.Properties = map[string]any{"a": 1} },
		"negative":         func(e *flywheel.Event) { e.Lines[0].Quantity = -1 },
		"customer unfit":   func(e *flywheel.Event) { e.Customer = " c" },
		"line without sku": func(e *flywheel.Event) { e.Lines[0].SKU = "" },
	} {
		bad := purchase("bad", "c", noon, 1)
		change(&bad)
		err := log.Publish(t.Context(), purchase("good", "c", noon, 1), bad)
		_, typed := errors.AsType[*flywheel.EventError](err)
		require.True(t, typed, "%s: %v", name, err)
	}
	entries, err := log.Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, entries, "nothing half written")
}

func TestPublishTimes(t *testing.T) {
	log := newLog(t, 0)
	local := time.Date(2011, 12, 9, 13, 0, 0, 1999, time.FixedZone("CET", 3600))
	events := []flywheel.Event{purchase("a", "c", noon, 1), purchase("b", "c", local, 1)}
	require.NoError(t, log.Publish(t.Context(), events...))
	require.Equal(t, local, events[1].Time, "the caller's events stay as they are")
	entries, err := log.Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, noon.Add(time.Microsecond), entries[1].Event.Time)
	require.NoError(t, log.Publish(t.Context(), events...), "the same again")
}

func TestReadRefuses(t *testing.T) {
	log := newLog(t, 3)
	for _, c := range [][2]int{{-1, 5}, {0, 0}, {0, -1}, {0, 1 << 20}} {
		_, err := log.Read(t.Context(), segment.Position(c[0]), c[1])
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err := log.Cursor(t.Context(), "")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = log.Drain(t.Context(), " ", flywheel.Discard)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = segment.NewLog(nil, &segment.LogOptions{Batch: -1})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
}

func TestEntries(t *testing.T) {
	log := newLog(t, 10)
	var got []segment.Position
	for e, err := range log.Entries(t.Context(), 2) {
		require.NoError(t, err)
		if e.Position == 9 {
			break
		}
		got = append(got, e.Position)
	}
	require.Equal(t, []segment.Position{3, 4, 5, 6, 7, 8}, got)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := 0
	for _, err := range log.Entries(ctx, 0) {
		calls++
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, 1, calls)
}

func TestDrain(t *testing.T) {
	log := newLog(t, 10)
	boom := errors.New("boom")
	sink := &collect{fail: func(n int) error {
		if n == 2 {
			return boom
		}
		return nil
	}}
	n, err := log.Drain(t.Context(), "c", sink)
	require.ErrorIs(t, err, boom)
	require.ErrorContains(t, err, "events 5 to 8")
	require.Equal(t, 4, n)
	n, err = log.Drain(t.Context(), "c", sink)
	require.NoError(t, err)
	require.Equal(t, 6, n)
	require.Equal(t, []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}, sink.ids())
	at, err := log.Cursor(t.Context(), "c")
	require.NoError(t, err)
	require.Equal(t, segment.Position(10), at)
}

// TestDrainConcurrently shares the work of one consumer.
func TestDrainConcurrently(t *testing.T) {
	log := newLog(t, 200)
	sink := &collect{}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := log.Drain(t.Context(), "c", sink); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	require.Len(t, sink.events, 200, "in a transaction each event is delivered once")
}

// TestDrainLosesNothing fails every call of the store in turn, before and after
// its effect, with and without transactions; a consumer that knows IDs ends with
// every event once, in order.
func TestDrainLosesNothing(t *testing.T) {
	boom := errors.New("boom")
	for _, transactions := range []bool{true, false} {
		for stop := 1; ; stop++ {
			calls := 0
			var store segment.LogStore = segmenttest.Failing(segment.NewMemoryLog(nil), func(string, bool) error {
				if calls++; calls == stop {
					return boom
				}
				return nil
			})
			if !transactions {
				store = struct{ segment.LogStore }{store}
			}
			log, err := segment.NewLog(store, &segment.LogOptions{Batch: 3})
			require.NoError(t, err)
			events := []flywheel.Event{purchase("a", "c", noon, 1), purchase("b", "c", noon, 1), purchase("c", "c", noon, 1), purchase("d", "c", noon, 1)}
			retry := func(do func() error) {
				if err := do(); err != nil {
					require.ErrorIs(t, err, boom)
					require.NoError(t, do())
				}
			}
			retry(func() error { return log.Publish(t.Context(), events...) })
			sink := &collect{}
			retry(func() error { _, err := log.Drain(t.Context(), "c", sink); return err })
			seen := map[string]bool{}
			var once []string
			for _, id := range sink.ids() {
				if !seen[id] {
					seen[id] = true
					once = append(once, id)
				}
			}
			require.Equal(t, []string{"a", "b", "c", "d"}, once, "stopped at call %d", stop)
			if calls < stop {
				break
			}
		}
	}
}

// TestBrokenStore is not followed for ever.
func TestBrokenStore(t *testing.T) {
	m := segment.NewMemoryLog(nil)
	require.NoError(t, m.Append(t.Context(), purchase("a", "c", noon, 1)))
	log, err := segment.NewLog(stuck{m}, nil)
	require.NoError(t, err)
	_, err = log.Drain(t.Context(), "c", flywheel.Discard)
	require.ErrorContains(t, err, "read up to 1 after 1")
	_, err = log.Follow(flywheel.Discard, 1).Drain(t.Context())
	require.ErrorContains(t, err, "read up to 1 after 1")
}

// stuck reads the first entry whatever is asked for.
type stuck struct{ *segment.MemoryLog }

func (s stuck) Read(ctx context.Context, _ segment.Position, _ int) ([]segment.Entry, error) {
	return s.MemoryLog.Read(ctx, 0, 1)
}

func TestFollower(t *testing.T) {
	log := newLog(t, 10)
	boom := errors.New("boom")
	sink := &collect{fail: func(n int) error {
		if n == 2 {
			return boom
		}
		return nil
	}}
	f := log.Follow(sink, 1)
	n, err := f.Drain(t.Context())
	require.ErrorIs(t, err, boom)
	require.Equal(t, 4, n)
	require.Equal(t, segment.Position(5), f.Position())
	n, err = f.Drain(t.Context())
	require.NoError(t, err)
	require.Equal(t, 5, n)
	require.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"}, sink.ids())
	n, err = f.Drain(t.Context())
	require.NoError(t, err)
	require.Zero(t, n)
}

// BenchmarkPublish appends a purchase of twelve lines, as a year of the Online
// Retail shop has them, to the memory log.
func BenchmarkPublish(b *testing.B) {
	log, err := segment.NewLog(nil, nil)
	require.NoError(b, err)
	e := purchase("", "c", noon, 100)
	for range 11 {
		e.Lines = append(e.Lines, e.Lines[0])
	}
	ids := make([]string, 1<<20)
	for i := range ids {
		ids[i] = fmt.Sprint("purchase:", i)
	}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		if e.ID = ids[n%len(ids)]; n == len(ids) {
			log, _ = segment.NewLog(nil, nil)
			n = 0
		}
		n++
		if err := log.Publish(b.Context(), e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFollow(b *testing.B) {
	log, err := segment.NewLog(nil, nil)
	require.NoError(b, err)
	const events = 20_000
	for i := range events {
		require.NoError(b, log.Publish(b.Context(), purchase(fmt.Sprint(i), "c", noon, 100)))
	}
	b.ReportAllocs()
	for b.Loop() {
		if n, err := log.Follow(flywheel.Discard, 0).Drain(b.Context()); n != events || err != nil {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
