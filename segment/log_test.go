package segment_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

var noon = time.Date(2011, 12, 9, 12, 0, 0, 0, time.UTC)

func purchase(id string, customer flywheel.CustomerID, at time.Time, pence int64) flywheel.Event {
	return flywheel.Event{ID: id, Name: flywheel.EventPurchase, Time: at, Customer: customer, Value: money.New(pence, money.GBP),
		Lines: []flywheel.Line{{SKU: "85123A", Quantity: 2, Amount: money.New(pence, money.GBP)}}}
}

func newLog(t testing.TB, n int) *segment.Log {
	log, err := segment.NewLog(nil, &segment.LogOptions{Now: func() time.Time { return noon }})
	require.NoError(t, err)
	for i := range n {
		require.NoError(t, log.Publish(t.Context(), purchase(fmt.Sprint(i), "c", noon, 100)))
	}
	number(t, log)
	return log
}

func number(t testing.TB, log *segment.Log) {
	_, err := log.Number(t.Context())
	require.NoError(t, err)
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
	number(t, log)
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
	number(t, log)
	entries, err := log.Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Equal(t, noon.Add(time.Microsecond), entries[1].Event.Time)
	require.NoError(t, log.Publish(t.Context(), events...), "the same again")
}

func TestReadRefuses(t *testing.T) {
	log := newLog(t, 3)
	for _, c := range [][2]int{{-1, 5}, {0, 0}, {0, -1}, {0, 1 << 20}} {
		_, err := log.Read(t.Context(), flywheel.Position(c[0]), c[1])
		require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	}
	_, err := segment.NewLog(nil, &segment.LogOptions{Skew: 25 * time.Hour})
	require.ErrorIs(t, err, flywheel.ErrOutOfRange)
	_, err = segment.NewLog(nil, &segment.LogOptions{Identity: "nobody"})
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	require.ErrorIs(t, log.Unlink(t.Context(), "u", "", "ann"), flywheel.ErrInvalid)
	require.ErrorIs(t, log.Forget(t.Context(), " "), flywheel.ErrInvalid)
	_, err = log.Links(t.Context(), "")
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// TestEffective believes a claim as far as the skew, and a late one always.
func TestEffective(t *testing.T) {
	for skew, want := range map[time.Duration]time.Duration{0: 5 * time.Minute, -1: 0, time.Hour: time.Hour} {
		log, err := segment.NewLog(nil, &segment.LogOptions{Now: func() time.Time { return noon }, Skew: skew})
		require.NoError(t, err)
		require.NoError(t, log.Publish(t.Context(), purchase("ahead", "c", noon.AddDate(1, 0, 0), 1), purchase("late", "c", noon.AddDate(-1, 0, 0), 1)))
		number(t, log)
		entries, err := log.Read(t.Context(), 0, 10)
		require.NoError(t, err)
		require.Equal(t, []time.Time{noon.Add(want), noon.AddDate(-1, 0, 0)}, []time.Time{entries[0].Effective, entries[1].Effective})
	}
}

func TestEntries(t *testing.T) {
	log := newLog(t, 10)
	var got []flywheel.Position
	for e, err := range log.Entries(t.Context(), segment.Query{After: 2, Limit: 3}) {
		require.NoError(t, err)
		if e.Position == 9 {
			break
		}
		got = append(got, e.Position)
	}
	require.Equal(t, []flywheel.Position{3, 4, 5, 6, 7, 8}, got)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	calls := 0
	for _, err := range log.Entries(ctx, segment.Query{}) {
		calls++
		require.ErrorIs(t, err, context.Canceled)
	}
	require.Equal(t, 1, calls)
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

// BenchmarkRunner numbers events and lets one consumer take them.
func BenchmarkRunner(b *testing.B) {
	const events = 20_000
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		log := newLog(b, 0)
		for i := range events {
			require.NoError(b, log.Publish(b.Context(), purchase(fmt.Sprint(i), "c", noon, 100)))
		}
		c := &noting{}
		r, err := segment.NewRunner(log, nil, c)
		require.NoError(b, err)
		b.StartTimer()
		if err := r.Drain(b.Context()); err != nil || len(c.ids) != events {
			b.Fatal(len(c.ids), err)
		}
	}
	b.ReportMetric(float64(events)*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
