package joints_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// turning is a wheel: a log with five consumers: profiles with a live segment, points, journeys,
// recommendations and the readout of an experiment. The last two are in memory.
type turning struct {
	now    time.Time
	log    *segment.Log
	runner *segment.Runner
}

func newTurning(b *testing.B, s stores, j campaign.Journey) *turning {
	w := &turning{now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	var err error
	w.log, err = segment.NewLog(s.log, &segment.LogOptions{Now: clock})
	require.NoError(b, err)
	profiles, err := segment.NewProfiles(s.profiles, &segment.ProfileOptions{Sink: w.log, Log: w.log, Segments: []segment.Definition{
		{Name: "buyer", Rule: []byte(`{"orders": {"$gte": 3}}`)}}})
	require.NoError(b, err)
	points, err := loyalty.New(s.points, &loyalty.Options{Sink: w.log, Now: clock})
	require.NoError(b, err)
	journeys, err := campaign.New(s.journeys, &campaign.Options{
		Journeys: []campaign.Journey{j}, Sink: w.log, Log: w.log, Now: clock,
		Sender: campaign.SenderFunc(func(context.Context, campaign.Message) error { return nil }),
	})
	require.NoError(b, err)
	baskets, err := recommend.New(nil, nil)
	require.NoError(b, err)
	readout, err := experiment.NewReadout(experiment.Experiment{ID: "page", Arms: []experiment.Arm{{ID: "A"}, {ID: "B"}}}, nil,
		experiment.Metric{Name: "buys", Kind: experiment.Conversion, Event: flywheel.EventPurchase, Window: 24 * time.Hour})
	require.NoError(b, err)
	w.runner, err = segment.NewRunner(w.log, &segment.RunnerOptions{Now: clock, Replay: true}, profiles, points, journeys, baskets, &reader{readout})
	require.NoError(b, err)
	return w
}

// reader is a readout as a consumer.
type reader struct{ readout *experiment.Readout }

func (r *reader) Name() string { return "readout" }

func (r *reader) Consume(ctx context.Context, entries []flywheel.Entry) error {
	for i := range entries {
		if err := r.readout.Publish(ctx, entries[i].Event); err != nil {
			return err
		}
	}
	return nil
}

// buy tells of n purchases, each of a customer of its own among a thousand.
func (w *turning) buy(b *testing.B, round, n int) {
	for from := 0; from < n; from += 100 { // as many as a shop's transaction of a batch
		events := make([]flywheel.Event, 0, 100)
		for i := from; i < min(n, from+100); i++ {
			id := fmt.Sprint(round, "-", i)
			events = append(events, flywheel.Event{
				ID: id, Name: flywheel.EventPurchase, Time: w.now, Customer: flywheel.CustomerID(fmt.Sprint("c", i%1000)), Ref: id,
				Value: money.New(1250, money.EUR), Lines: []flywheel.Line{{SKU: flywheel.SKU(fmt.Sprint("s", i%97)), Quantity: 1, Amount: money.New(1250, money.EUR)}},
			})
		}
		require.NoError(b, w.log.Publish(b.Context(), events...))
	}
}

// BenchmarkEvents reports events per second through the log and five consumers: told,
// numbered, taken by each, and what the consumers tell of them as well.
func BenchmarkEvents(b *testing.B) {
	onStores(b, func(b *testing.B, s stores) {
		w := newTurning(b, s, campaign.Journey{ID: "thanks", Trigger: campaign.Trigger{Event: flywheel.EventPurchase}, Reentry: campaign.Reentry{Policy: campaign.Parallel},
			Steps: []campaign.Step{{ID: "rest", Wait: &campaign.Wait{Duration: campaign.Duration{Days: 30}}}}})
		const n = 1000
		rounds := 0
		b.ReportAllocs()
		for b.Loop() {
			w.buy(b, rounds, n)
			require.NoError(b, w.runner.Drain(b.Context()))
			rounds++
			w.now = w.now.Add(time.Minute)
		}
		b.ReportMetric(float64(rounds*n)/b.Elapsed().Seconds(), "events/s")
	})
}

// BenchmarkTimers reports timers per second: waiting runs that are claimed when they
// are due, stepped and settled.
func BenchmarkTimers(b *testing.B) {
	onStores(b, func(b *testing.B, s stores) {
		w := newTurning(b, s, campaign.Journey{ID: "later", Trigger: campaign.Trigger{Event: flywheel.EventPurchase}, Reentry: campaign.Reentry{Policy: campaign.Parallel},
			Steps: []campaign.Step{{ID: "rest", Wait: &campaign.Wait{Duration: campaign.Duration{Days: 1}}}}})
		const n = 1000
		rounds := 0
		b.ReportAllocs()
		for b.Loop() {
			b.StopTimer()
			w.buy(b, rounds, n)
			require.NoError(b, w.runner.Drain(b.Context()))
			rounds++
			w.now = w.now.Add(25 * time.Hour)
			b.StartTimer()
			require.NoError(b, w.runner.Drain(b.Context()))
		}
		b.ReportMetric(float64(rounds*n)/b.Elapsed().Seconds(), "timers/s")
	})
}

func onStores(b *testing.B, bench func(b *testing.B, s stores)) {
	b.Run("store=memory", func(b *testing.B) {
		db := new(flywheel.Memory)
		bench(b, stores{segment.NewMemoryLog(db), segment.NewMemoryProfiles(db), loyalty.NewMemory(db), campaign.NewMemory(db), nil})
	})
	inSQL := func(driver string, dsn func(b *testing.B) string, d flywheel.Dialect) func(b *testing.B) {
		return func(b *testing.B) {
			pool, err := sql.Open(driver, dsn(b))
			require.NoError(b, err)
			b.Cleanup(func() { pool.Close() })
			db := flywheel.OpenSQL(pool, d)
			log, profiles, points, journeys := segmentsql.New(db), segmentsql.NewProfiles(db), loyaltysql.New(db), campaignsql.New(db)
			require.NoError(b, flywheel.Migrate(b.Context(), db, log, profiles, points, journeys))
			bench(b, stores{log, profiles, points, journeys, nil})
		}
	}
	b.Run("store=sqlite", inSQL("sqlite", func(b *testing.B) string { return flywheel.SQLiteDSN(filepath.Join(b.TempDir(), "wheel.db")) }, flywheel.SQLite))
	b.Run("store=postgres", inSQL("pgx", func(b *testing.B) string { return pgtest.DSN(b) }, flywheel.Postgres))
}
