package effects

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// connections is how many each side may have.
const connections = 16

// jobs is how many there are in a benchmark.
const jobs = 10_000

type nothing struct{}

func (nothing) Kind() string { return "nothing" }

// worker counts what it works.
type worker struct {
	river.WorkerDefaults[nothing]
	done atomic.Int64
}

func (w *worker) Work(context.Context, *river.Job[nothing]) error {
	w.done.Add(1)
	return nil
}

// queue is River with n jobs that wait, as its own benchmark sets it up.
func queue(t testing.TB, n int) (*river.Client[pgx.Tx], *worker, *pgxpool.Pool) {
	config, err := pgxpool.ParseConfig(pgtest.DSN(t))
	require.NoError(t, err)
	config.MaxConns = connections
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Logger: quiet()})
	require.NoError(t, err)
	_, err = migrator.Migrate(t.Context(), rivermigrate.DirectionUp, nil)
	require.NoError(t, err)
	w, workers := &worker{}, river.NewWorkers()
	river.AddWorker(workers, w)
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Workers: workers, Logger: quiet(), FetchCooldown: 2 * time.Millisecond, FetchPollInterval: 20 * time.Millisecond,
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2000}},
	})
	require.NoError(t, err)
	list := make([]river.InsertManyParams, n)
	for i := range list {
		list[i].Args = nothing{}
	}
	for part := range slices.Chunk(list, 5000) {
		_, err = client.InsertManyFast(t.Context(), part)
		require.NoError(t, err)
	}
	return client, w, pool
}

func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
}

// work works all jobs and returns when they are marked as completed.
func work(t testing.TB, client *river.Client[pgx.Tx], w *worker, n int) {
	require.NoError(t, client.Start(t.Context()))
	for w.done.Load() < int64(n) {
		time.Sleep(time.Millisecond)
	}
	require.NoError(t, client.Stop(t.Context()))
}

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// waits is a journey of people who wait an hour, again and again; with message they get one
// each time.
func waits(message bool) campaign.Journey {
	j := campaign.Journey{ID: "waits", Trigger: campaign.Trigger{Event: "in"}}
	for i := range 50 {
		j.Steps = append(j.Steps, campaign.Step{ID: fmt.Sprint("wait", i), Wait: &campaign.Wait{Duration: campaign.Duration{Time: time.Hour}}})
		if message {
			j.Steps = append(j.Steps, campaign.Step{ID: fmt.Sprint("news", i), Send: &campaign.Send{Channel: "email"}})
		}
	}
	return j
}

// waiting is an engine with people who wait.
func waiting(t testing.TB, people int, message bool) (*campaign.Engine, *atomic.Int64) {
	sent := new(atomic.Int64)
	pool := sqldbtest.OpenPostgres(t)
	pool.SetMaxOpenConns(connections)
	e, err := campaign.New(sqldbtest.Store(t, pool, flywheel.Postgres, campaignsql.New), &campaign.Options{
		Journeys: []campaign.Journey{waits(message)}, Now: func() time.Time { return start }, InFlight: 64,
		Sender: campaign.SenderFunc(func(context.Context, campaign.Message) error { sent.Add(1); return nil }),
	})
	require.NoError(t, err)
	entries := make([]flywheel.Entry, people)
	for i := range entries {
		who := flywheel.CustomerID(fmt.Sprint("customer-", i))
		entries[i] = flywheel.Entry{
			Position: flywheel.Position(i + 1), Received: start.Add(time.Second), Effective: start, Person: flywheel.PersonOf(who, ""),
			Event: flywheel.Event{ID: fmt.Sprint("e", i), Name: "in", Time: start, Customer: who},
		}
	}
	for part := range slices.Chunk(entries, 512) {
		require.NoError(t, e.Consume(t.Context(), part))
	}
	return e, sent
}

// hour lets an hour pass.
func hour(t testing.TB, e *campaign.Engine, now *time.Time) {
	*now = now.Add(time.Hour + time.Second)
	for more := true; more; {
		advanced, err := e.Advance(t.Context(), *now)
		require.NoError(t, err)
		delivered, err := e.Deliver(t.Context(), *now)
		require.NoError(t, err)
		more = advanced || delivered
	}
}

// TestSameWork: both sides do all of it, once.
func TestSameWork(t *testing.T) {
	const n = 300
	client, w, pool := queue(t, n)
	work(t, client, w, n)
	require.EqualValues(t, n, w.done.Load())
	var completed int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM river_job WHERE state = 'completed'`).Scan(&completed))
	require.Equal(t, n, completed)
	e, sent := waiting(t, n, true)
	now := start
	for range 2 {
		hour(t, e, &now)
	}
	require.EqualValues(t, 2*n, sent.Load())
}

func BenchmarkRiverJob(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		client, w, pool := queue(b, jobs)
		b.StartTimer()
		work(b, client, w, jobs)
		b.StopTimer()
		pool.Close()
		b.StartTimer()
	}
	b.ReportMetric(jobs*float64(b.N)/b.Elapsed().Seconds(), "jobs/s")
}

func BenchmarkTimer(b *testing.B) {
	e, _ := waiting(b, jobs, false)
	now := start
	for b.Loop() {
		hour(b, e, &now)
	}
	b.ReportMetric(jobs*float64(b.N)/b.Elapsed().Seconds(), "timers/s")
}

func BenchmarkMessage(b *testing.B) {
	e, sent := waiting(b, jobs, true)
	now := start
	for b.Loop() {
		hour(b, e, &now)
	}
	require.EqualValues(b, jobs*b.N, sent.Load())
	b.ReportMetric(jobs*float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}
