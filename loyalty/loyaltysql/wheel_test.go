package loyaltysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// process is one process of a shop: a log, points, and a runner.
type process struct {
	log    *segment.Log
	points *loyalty.Service
	runner *segment.Runner
}

func start(t *testing.T, logs segment.LogStore, points loyalty.Store, now func() time.Time) (p process) {
	t.Helper()
	var err error
	p.log, err = segment.NewLog(logs, &segment.LogOptions{Now: now})
	require.NoError(t, err)
	p.points, err = loyalty.New(points, &loyalty.Options{
		Programs: []loyalty.Program{{PendingFor: "PT1H", Expiry: loyalty.Expiry{After: "P1D"}}}, Now: now, Sink: p.log,
	})
	require.NoError(t, err)
	p.runner, err = segment.NewRunner(p.log, &segment.RunnerOptions{Batch: 16, Workers: 2}, p.points)
	require.NoError(t, err)
	return p
}

// shopping is events of some customers, in the order in which they are told: some
// refunds before their purchases, and one that cannot be taken.
func shopping() (events []flywheel.Event) {
	add := func(name, id, order string, c int, minor int64, currency money.Currency) {
		events = append(events, flywheel.Event{
			ID: id, Name: name, Ref: order, Customer: flywheel.CustomerID(fmt.Sprint("c", c)), Time: noon.Add(time.Duration(len(events)) * time.Second),
			Value: money.New(minor, currency),
		})
	}
	for i := range 120 {
		order, c := fmt.Sprint("o", i), i*7%20
		if i%3 == 0 {
			add(flywheel.EventRefund, "r"+order, order, c, 1_000, money.EUR)
		}
		add(flywheel.EventPurchase, "p"+order, order, c, int64(2_000+100*i), money.EUR)
		if i%5 == 0 {
			add(flywheel.EventPurchase, "q"+order, order, c, 500, money.EUR)
		}
	}
	add(flywheel.EventRefund, "poison", "o0", 0, 100, money.USD)
	add(flywheel.EventPurchase, "behind", "o999", 0, 100_000, money.EUR)
	return events
}

// see is the points of everybody and what was told.
func see(t *testing.T, p process, at time.Time) (seen []string) {
	t.Helper()
	for m, err := range p.points.Members(t.Context()) {
		require.NoError(t, err)
		b, err := p.points.BalanceAt(t.Context(), m, at)
		require.NoError(t, err)
		seen = append(seen, fmt.Sprintf("%s %+v", m, b))
	}
	told := map[string]int{}
	for e, err := range p.log.Entries(t.Context(), segment.Query{}) {
		require.NoError(t, err)
		told[e.Event.Name]++
	}
	return append(seen, fmt.Sprint(told))
}

// Two processes on one database, whose turns are cut off again and again, come to
// the points, and tell what, a single undisturbed process in memory does.
func TestProcessesShareTheWheel(t *testing.T) {
	ctx, dsn, now := t.Context(), pgtest.DSN(t), noon
	clock := func() time.Time { return now }
	db := new(flywheel.Memory)
	alone := start(t, segment.NewMemoryLog(db), loyalty.NewMemory(db), clock)
	var processes [2]process
	for i := range processes {
		pool, err := sql.Open("pgx", dsn)
		require.NoError(t, err)
		t.Cleanup(func() { pool.Close() })
		handle := flywheel.OpenSQL(pool, flywheel.Postgres)
		logs, points := segmentsql.New(handle), loyaltysql.New(handle)
		require.NoError(t, flywheel.Migrate(ctx, handle, logs, points))
		processes[i] = start(t, logs, points, clock)
	}
	events := shopping()
	for len(events) > 0 {
		part := events[:min(60, len(events))]
		events = events[len(part):]
		now = now.Add(10 * time.Minute)
		require.NoError(t, alone.log.Publish(ctx, part...))
		require.NoError(t, alone.runner.Drain(ctx))
		require.NoError(t, processes[len(events)%2].log.Publish(ctx, part...))
		for round := range 3 { // cut off in the middle, as by a kill
			short, cancel := context.WithTimeout(ctx, time.Duration(5+10*round)*time.Millisecond)
			suite.Together(4, func(i int) { _ = processes[i%2].runner.Drain(short) })
			cancel()
		}
		require.NoError(t, errors.Join(suite.Parallel(2, func(i int) error { return processes[i].runner.Drain(ctx) })...))
		require.NoError(t, processes[0].runner.Drain(ctx))
	}
	require.Equal(t, see(t, alone, now), see(t, processes[0], now))
	parked, err := processes[1].runner.Parked(ctx, "loyalty.Service")
	require.NoError(t, err)
	require.Len(t, parked, 1)

	// Points become available, are spent by both at once, and expire.
	now = noon.Add(3 * time.Hour)
	for _, p := range []process{alone, processes[0], processes[1]} {
		require.NoError(t, p.runner.Drain(ctx))
	}
	b, err := processes[0].points.Balance(ctx, "c1")
	require.NoError(t, err)
	require.Positive(t, b.Available)
	won := 0
	for _, err := range suite.Parallel(6, func(i int) error {
		_, err := processes[i%2].points.Burn(ctx, "c1", fmt.Sprint("b", i), b.Available/2+1)
		return err
	}) {
		if err == nil {
			won++
		}
	}
	require.Equal(t, 1, won)
	_, err = alone.points.Burn(ctx, "c1", "b", b.Available/2+1)
	require.NoError(t, err)
	now = noon.AddDate(0, 0, 3)
	for _, p := range []process{alone, processes[1], processes[0]} {
		require.NoError(t, p.runner.Drain(ctx))
	}
	require.Equal(t, see(t, alone, now), see(t, processes[0], now))
}
