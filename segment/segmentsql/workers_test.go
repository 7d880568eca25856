package segmentsql_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/live"
	"github.com/flywheel-go/flywheel/segment/segmentsql"

	"database/sql"
)

var looker = []segment.Definition{
	{Name: "looker", Leaves: map[string]segment.Leaf{"n": {Events: []string{flywheel.EventViewItem}}}, Rule: json.RawMessage(`{"n": {"$gte": 5}}`)},
	{Name: "buyer", Rule: json.RawMessage(`{"orders": {"$gte": 3}}`)},
}

// returning are segments that only segment.Live keeps.
var returning = []live.Definition{
	{Name: "returning", Leaves: map[string]live.Leaf{"s": {Agg: live.Sequence, Steps: []live.Step{
		{Events: []string{flywheel.EventPurchase}}, {Events: []string{flywheel.EventViewItem}}, {Events: []string{flywheel.EventPurchase}},
	}}}, Rule: json.RawMessage(`{"s": {"$gte": 1}}`)},
	{Name: "silent", Leaves: map[string]live.Leaf{"r": {Segment: "returning"}, "n": {Events: []string{flywheel.EventViewItem}}}, Rule: json.RawMessage(`{"r": true, "n": {"$lt": 6}}`)},
}

// outcome is what can be seen of profiles and of what they told.
type outcome struct {
	members map[string][]flywheel.CustomerID
	told    []string
	orders  map[flywheel.Person]int64
}

func outcomeOf(t *testing.T, p *segment.Profiles, k *segment.Live, log *segment.Log) outcome {
	o := outcome{map[string][]flywheel.CustomerID{}, nil, map[flywheel.Person]int64{}}
	for _, name := range p.Segments() {
		m, err := p.Members(t.Context(), name)
		require.NoError(t, err)
		o.members[name] = slices.Sorted(m.All())
	}
	if k != nil {
		for _, name := range k.Segments() {
			m, err := k.Members(t.Context(), name)
			require.NoError(t, err)
			o.members[name] = slices.Sorted(m.All())
		}
	}
	for e, err := range log.Entries(t.Context(), segment.Query{}) {
		require.NoError(t, err)
		if e.Event.Name == segment.EventEntered || e.Event.Name == segment.EventExited {
			o.told = append(o.told, fmt.Sprint(e.Event.Name, " ", e.Event.Customer, " ", e.Event.Properties["segment"]))
		}
	}
	slices.Sort(o.told)
	for profile, err := range p.List(t.Context()) {
		require.NoError(t, err)
		o.orders[profile.Person] = profile.Orders
	}
	return o
}

func visits(n int) (list []flywheel.Event) {
	for i := range n {
		e := event(fmt.Sprint("e", i))
		e.Customer, e.Visitor = flywheel.CustomerID(fmt.Sprint("c", i%37)), flywheel.VisitorID(fmt.Sprint("d", i%37))
		if i%3 == 0 {
			e.Name = flywheel.EventViewItem
		}
		if i%4 == 0 {
			e.Customer = ""
		}
		list = append(list, e)
	}
	return list
}

// TestEightWorkers: four processes with two workers each share one PostgreSQL
// while others publish; the end is that of a single undisturbed process.
func TestEightWorkers(t *testing.T) {
	const n = 600
	wantLog, err := segment.NewLog(nil, nil)
	require.NoError(t, err)
	want, err := segment.NewProfiles(nil, &segment.ProfileOptions{Segments: looker, Sink: wantLog})
	require.NoError(t, err)
	wantLive, err := segment.NewLive(nil, &segment.LiveOptions{Segments: returning, Sink: wantLog})
	require.NoError(t, err)
	runner, err := segment.NewRunner(wantLog, nil, want, wantLive)
	require.NoError(t, err)
	require.NoError(t, wantLog.Publish(t.Context(), visits(n)...))
	require.NoError(t, runner.Drain(t.Context()))

	dsn := pgtest.DSN(t)
	connect := func() *flywheel.SQL { // a pool of its own for each process
		pool, err := sql.Open("pgx", dsn)
		require.NoError(t, err)
		pool.SetMaxOpenConns(6)
		t.Cleanup(func() { pool.Close() })
		return flywheel.OpenSQL(pool, flywheel.Postgres)
	}
	first := connect()
	require.NoError(t, flywheel.Migrate(t.Context(), first, segmentsql.New(first), segmentsql.NewProfiles(first), segmentsql.NewLive(first)))
	ctx, stop := context.WithCancel(t.Context())
	var running, publishing sync.WaitGroup
	var p *segment.Profiles
	var k *segment.Live
	var log *segment.Log
	for range 4 {
		db := connect()
		log, err = segment.NewLog(segmentsql.New(db), nil)
		require.NoError(t, err)
		p, err = segment.NewProfiles(segmentsql.NewProfiles(db), &segment.ProfileOptions{Segments: looker, Sink: log})
		require.NoError(t, err)
		k, err = segment.NewLive(segmentsql.NewLive(db), &segment.LiveOptions{Segments: returning, Sink: log, Log: log})
		require.NoError(t, err)
		r, err := segment.NewRunner(log, &segment.RunnerOptions{Workers: 2, Batch: 16, Poll: 5 * time.Millisecond}, p, k)
		require.NoError(t, err)
		running.Go(func() { _ = r.Run(ctx) })
	}
	for part := range slices.Chunk(visits(n), n/3) {
		publishing.Go(func() {
			for events := range slices.Chunk(part, 5) {
				if err := log.Publish(t.Context(), events...); err != nil {
					t.Error(err)
				}
			}
		})
	}
	publishing.Wait()
	r, err := segment.NewRunner(log, nil, p, k)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		health, err := r.Health(t.Context())
		last, lastErr := log.Last(t.Context())
		return err == nil && lastErr == nil && health[0].Lag == 0 && health[1].Lag == 0 && last >= n
	}, time.Minute, 20*time.Millisecond)
	stop()
	running.Wait()
	require.NoError(t, r.Drain(t.Context()))
	got, expected := outcomeOf(t, p, k, log), outcomeOf(t, want, wantLive, wantLog)
	require.Equal(t, expected.members, got.members)
	require.Equal(t, expected.told, got.told)
	require.Equal(t, expected.orders, got.orders)
	parked, err := r.Parked(t.Context(), p.Name())
	require.NoError(t, err)
	require.Empty(t, parked)
}

// TestTwoDatabases keeps log and profiles apart: what is told goes over right after
// each commit, or by the next delivery.
func TestTwoDatabases(t *testing.T) {
	for name, c := range map[string]struct {
		log      segment.LogStore
		profiles segment.ProfileStore
	}{
		"memory log":      {segment.NewMemoryLog(nil), sqldbtest.Store(t, sqldbtest.OpenSQLite(t), flywheel.SQLite, segmentsql.NewProfiles)},
		"memory profiles": {sqldbtest.Store(t, sqldbtest.OpenSQLite(t), flywheel.SQLite, segmentsql.New), segment.NewMemoryProfiles(nil)},
		"two files":       {sqldbtest.Store(t, sqldbtest.OpenSQLite(t), flywheel.SQLite, segmentsql.New), sqldbtest.Store(t, sqldbtest.OpenSQLite(t), flywheel.SQLite, segmentsql.NewProfiles)},
	} {
		log, err := segment.NewLog(c.log, nil)
		require.NoError(t, err)
		p, err := segment.NewProfiles(c.profiles, &segment.ProfileOptions{Segments: looker, Sink: log})
		require.NoError(t, err)
		r, err := segment.NewRunner(log, &segment.RunnerOptions{Batch: 7}, p)
		require.NoError(t, err)
		require.NoError(t, log.Publish(t.Context(), visits(300)...))
		require.NoError(t, r.Drain(t.Context()), name)
		require.NotEmpty(t, outcomeOf(t, p, nil, log).told, name)
	}
}
