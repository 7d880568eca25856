package campaignsql_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

// hourly sends a message an hour after the entry, and every hour from then on.
var hourly = campaign.Journey{
	ID: "hourly", Trigger: campaign.Trigger{Event: "in"}, Steps: []campaign.Step{
		{ID: "hour", Wait: &campaign.Wait{Duration: campaign.Duration{Time: time.Hour}}},
		{ID: "news", Send: &campaign.Send{Channel: "email"}, Next: "hour"},
	},
}

// stores runs a benchmark on each kind of store.
func stores(b *testing.B, fn func(b *testing.B, s campaign.Store)) {
	b.Run("store=memory", func(b *testing.B) { fn(b, campaign.NewMemory(nil)) })
	b.Run("store=sqlite", func(b *testing.B) {
		fn(b, sqldbtest.Store(b, sqldbtest.OpenSQLite(b), sqldb.SQLite, campaignsql.New))
	})
	b.Run("store=postgres", func(b *testing.B) {
		fn(b, sqldbtest.Store(b, sqldbtest.OpenPostgres(b), sqldb.Postgres, campaignsql.New))
	})
}

func waitingEngine(b *testing.B, s campaign.Store, people int) *campaign.Engine {
	b.Helper()
	e, err := campaign.New(s, &campaign.Options{
		Journeys: []campaign.Journey{hourly}, Now: func() time.Time { return start }, InFlight: 64,
		Sender: campaign.SenderFunc(func(context.Context, campaign.Message) error { return nil }),
	})
	require.NoError(b, err)
	var entries []flywheel.Entry
	for i := range people {
		who := flywheel.CustomerID(fmt.Sprint("customer-", i))
		entries = append(entries, flywheel.Entry{
			Position: flywheel.Position(i + 1), Received: start.Add(time.Second), Effective: start, Person: flywheel.PersonOf(who, ""),
			Event: flywheel.Event{ID: fmt.Sprint("e", i), Name: "in", Time: start, Customer: who},
		})
	}
	require.NoError(b, e.Consume(b.Context(), entries))
	return e
}

// BenchmarkTimers: each timer is claimed, stepped, becomes a message that is
// claimed, sent to a provider that answers at once, and settled.
func BenchmarkTimers(b *testing.B) {
	const people = 1000
	stores(b, func(b *testing.B, s campaign.Store) {
		e := waitingEngine(b, s, people)
		now, timers := start, 0
		b.ReportAllocs()
		b.ResetTimer()
		for b.Loop() {
			now = now.Add(time.Hour)
			for more := true; more; {
				advanced, err := e.Advance(b.Context(), now)
				require.NoError(b, err)
				delivered, err := e.Deliver(b.Context(), now)
				require.NoError(b, err)
				more = advanced || delivered
			}
			timers += people
		}
		b.ReportMetric(float64(timers)/b.Elapsed().Seconds(), "timers/s")
		report, err := e.Report(b.Context())
		require.NoError(b, err)
		require.Equal(b, int64(timers), report[0].Sends)
	})
}

// BenchmarkConsume: entries of as many people, each of which begins a run, in
// batches of 256.
func BenchmarkConsume(b *testing.B) {
	stores(b, func(b *testing.B, s campaign.Store) {
		e := waitingEngine(b, s, 0)
		n := 0
		b.ReportAllocs()
		for b.Loop() {
			entries := make([]flywheel.Entry, 256)
			for i := range entries {
				n++
				who := flywheel.CustomerID(fmt.Sprint("customer-", n))
				entries[i] = flywheel.Entry{
					Position: flywheel.Position(n), Received: start.Add(time.Second), Effective: start, Person: flywheel.PersonOf(who, ""),
					Event: flywheel.Event{ID: fmt.Sprint("e", n), Name: "in", Time: start, Customer: who},
				}
			}
			require.NoError(b, e.Consume(b.Context(), entries))
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "entries/s")
	})
}

// BenchmarkWaitingRun states how much a waiting run takes: its JSON and that of its
// contact, and all of it per run, with indexes, in memory and in each database.
func BenchmarkWaitingRun(b *testing.B) {
	const people = 5000
	b.Run("store=memory", func(b *testing.B) {
		heap := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		for b.Loop() {
			before := heap()
			s := campaign.NewMemory(nil)
			e := waitingEngine(b, s, people)
			b.ReportMetric(float64(heap()-before)/people, "B/run")
			states, err := s.Load(b.Context(), campaign.Ask{Contacts: []flywheel.Person{"c:customer-0"}})
			require.NoError(b, err)
			run, err := json.Marshal(states[0].Runs[0])
			require.NoError(b, err)
			contact, err := json.Marshal(states[0].Contact)
			require.NoError(b, err)
			b.ReportMetric(float64(len(run)), "run-bytes")
			b.ReportMetric(float64(len(contact)), "contact-bytes")
			runtime.KeepAlive(e)
		}
	})
	for _, c := range []struct {
		d    sqldb.Dialect
		open sqldbtest.Opener
	}{{sqldb.SQLite, sqldbtest.OpenSQLite}, {sqldb.Postgres, sqldbtest.OpenPostgres}} {
		b.Run("store="+c.d.String(), func(b *testing.B) {
			for b.Loop() {
				pool := c.open(b)
				s := sqldbtest.Store(b, pool, c.d, campaignsql.New)
				before := sqldbtest.Size(b, pool, c.d)
				waitingEngine(b, s, people)
				b.ReportMetric(float64(sqldbtest.Size(b, pool, c.d)-before)/people, "B/run")
			}
		})
	}
}
