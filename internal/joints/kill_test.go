package joints_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// killed is a process of TestKilledProcesses, or what it is compared with.
type killed struct {
	log      *segment.Log
	profiles *segment.Profiles
	points   *loyalty.Service
	runner   *segment.Runner
}

func newKilled(t *testing.T, log segment.LogStore, profiles segment.ProfileStore, points loyalty.Store, clock func() time.Time) *killed {
	k := &killed{}
	var err error
	k.log, err = segment.NewLog(log, &segment.LogOptions{Now: clock})
	require.NoError(t, err)
	leaf := segment.Leaf{Events: []string{flywheel.EventPurchase}, Window: "P30D"}
	spent, different := leaf, leaf
	spent.Agg, spent.Currency = segment.SumOf, "EUR"
	different.Agg, different.Of = segment.DistinctOf, "color"
	k.profiles, err = segment.NewProfiles(profiles, &segment.ProfileOptions{Sink: k.log, Log: k.log, Segments: []segment.Definition{
		{Name: "often", Rule: json.RawMessage(`{"n": {"$gte": 3}}`), Leaves: map[string]segment.Leaf{"n": leaf}},
		{Name: "much", Rule: json.RawMessage(`{"s": {"$gte": 100}}`), Leaves: map[string]segment.Leaf{"s": spent}},
		{Name: "colorful", Rule: json.RawMessage(`{"d": {"$gte": 2}}`), Leaves: map[string]segment.Leaf{"d": different}},
	}})
	require.NoError(t, err)
	k.points, err = loyalty.New(points, &loyalty.Options{Programs: []loyalty.Program{{PendingFor: "P14D", Expiry: loyalty.Expiry{After: "P1Y"}}}, Sink: k.log, Now: clock})
	require.NoError(t, err)
	k.runner, err = segment.NewRunner(k.log, &segment.RunnerOptions{Batch: 16}, k.profiles, k.points)
	require.NoError(t, err)
	return k
}

func killedOn(t *testing.T, dsn string, clock func() time.Time) (*killed, *sql.DB) {
	pool, err := sql.Open("pgx", dsn)
	require.NoError(t, err)
	t.Cleanup(func() { pool.Close() })
	db := flywheel.OpenSQL(pool, flywheel.Postgres)
	return newKilled(t, segmentsql.New(db), segmentsql.NewProfiles(db), loyaltysql.New(db), clock), pool
}

// outcome is what can be seen of the world in the end.
func (k *killed) outcome(t *testing.T, people int) string {
	var b strings.Builder
	for i := range people {
		who := flywheel.CustomerID(fmt.Sprint("c", i))
		balance, err := k.points.BalanceAt(t.Context(), who, killStart.AddDate(0, 2, 0))
		require.NoError(t, err)
		profile, err := k.profiles.Get(t.Context(), who)
		require.NoError(t, err)
		fmt.Fprintln(&b, who, balance.Available, balance.Pending, profile.Orders, profile.Refunds, profile.Revenue(), profile.Segments)
	}
	told := map[string]int{}
	for e, err := range k.log.Entries(t.Context(), segment.Query{}) {
		require.NoError(t, err)
		if n := e.Event.Name; n == segment.EventEntered || n == segment.EventExited || n == flywheel.EventPointsEarned {
			told[fmt.Sprint(n, e.Event.Customer, e.Event.Time, e.Event.Properties["segment"], e.Event.Properties["points"])]++
		}
	}
	text, err := json.MarshalIndent(told, "", " ")
	require.NoError(t, err)
	return b.String() + string(text)
}

var killStart = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// killedEvents are the orders of a customer: three purchases, one from a device, an
// edit and a refund.
func killedEvents(i int) []flywheel.Event {
	who, device := flywheel.CustomerID(fmt.Sprint("c", i)), flywheel.VisitorID(fmt.Sprint("v", i))
	at := killStart.Add(-time.Duration(i%7) * time.Hour)
	event := func(n int, name string, minor int64, more map[string]any) flywheel.Event {
		e := flywheel.Event{ID: fmt.Sprint(name, i, "-", n), Name: name, Time: at.Add(time.Duration(n) * time.Minute), Customer: who,
			Ref: fmt.Sprint("o", i, "-", n%3), Value: money.New(minor, money.EUR), Properties: more}
		return e
	}
	linked := event(2, flywheel.EventPurchase, 4000+int64(i), map[string]any{"color": "red"})
	linked.Visitor = device
	return []flywheel.Event{
		{ID: fmt.Sprint("look", i), Name: flywheel.EventViewItem, Time: at, Visitor: device},
		event(0, flywheel.EventPurchase, 5000, map[string]any{"color": "red"}), event(1, flywheel.EventPurchase, 2000, map[string]any{"color": fmt.Sprint(i % 3)}),
		linked, event(4, loyalty.EventOrderEdited, 2500, map[string]any{"revision": 1.0}), event(5, flywheel.EventRefund, 1000, nil),
	}
}

// TestKilledProcess is the process that TestKilledProcesses starts and kills.
func TestKilledProcess(t *testing.T) {
	dsn, file := os.Getenv("FLYWHEEL_JOINTS_WORKER"), os.Getenv("FLYWHEEL_JOINTS_CLOCK")
	if dsn == "" {
		t.Skip("only as a process of TestKilledProcesses")
	}
	k, _ := killedOn(t, dsn, clockOf(file))
	for {
		if err := k.runner.Drain(t.Context()); err != nil {
			fmt.Println(err)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// clockOf reads the trusted clock of all processes from a file.
func clockOf(file string) func() time.Time {
	return func() time.Time {
		text, err := os.ReadFile(file)
		micros, wrong := strconv.ParseInt(string(text), 10, 64)
		if err != nil || wrong != nil {
			panic(fmt.Sprint("the clock: ", err, wrong))
		}
		return time.UnixMicro(micros).UTC()
	}
}

// Profiles, segments and points come to the same, and the same is told of them, when
// the processes that share the work are killed in the middle of everything.
func TestKilledProcesses(t *testing.T) {
	people, processes, kills := testkit.Often(60, 20), 2, testkit.Often(4, 2)
	if os.Getenv("FLYWHEEL_LONG") != "" {
		people, processes, kills = 1000, 4, 20
	}
	now := killStart
	alone := newKilled(t, segment.NewMemoryLog(nil), segment.NewMemoryProfiles(nil), loyalty.NewMemory(nil), func() time.Time { return now })
	for i := range people {
		require.NoError(t, alone.log.Publish(t.Context(), killedEvents(i)...))
	}
	require.NoError(t, alone.runner.Drain(t.Context()))
	now = now.AddDate(0, 0, 40)
	require.NoError(t, alone.runner.Drain(t.Context()))

	dsn := pgtest.DSN(t)
	file := filepath.Join(t.TempDir(), "clock")
	set := func(at time.Time) {
		require.NoError(t, os.WriteFile(file+".new", []byte(strconv.FormatInt(at.UnixMicro(), 10)), 0o600))
		require.NoError(t, os.Rename(file+".new", file))
	}
	set(killStart)
	k, pool := killedOn(t, dsn, clockOf(file))
	db := flywheel.OpenSQL(pool, flywheel.Postgres)
	require.NoError(t, flywheel.Migrate(t.Context(), db, segmentsql.New(db), segmentsql.NewProfiles(db), loyaltysql.New(db)))
	run := func() *exec.Cmd {
		c := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$", "-test.timeout=0")
		c.Env = append(os.Environ(), "FLYWHEEL_JOINTS_WORKER="+dsn, "FLYWHEEL_JOINTS_CLOCK="+file)
		require.NoError(t, c.Start())
		return c
	}
	var workers []*exec.Cmd
	for range processes {
		workers = append(workers, run())
	}
	stop := func(c *exec.Cmd) {
		_ = c.Process.Kill()
		_ = c.Wait() // it was killed
	}
	defer func() {
		for _, c := range workers {
			stop(c)
		}
	}()
	done := func() (n int) { // how far both consumers have come
		require.NoError(t, pool.QueryRow(`SELECT coalesce(sum(position), 0) FROM flywheel_cursors`).Scan(&n))
		return n
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	for i := range people {
		require.NoError(t, k.log.Publish(t.Context(), killedEvents(i)...))
		if i%max(1, people/kills) != people/kills-1 {
			continue
		}
		for before := done(); done() == before && ctx.Err() == nil; { // they are in the middle of it
			time.Sleep(time.Millisecond)
		}
		victim := i % processes
		stop(workers[victim])
		workers[victim] = run()
	}
	require.NoError(t, k.runner.Drain(ctx))
	set(now)
	for due := 1; due > 0 && ctx.Err() == nil; { // also what one that was killed still has locked
		require.NoError(t, k.runner.Drain(ctx))
		for _, c := range workers {
			stop(c)
		}
		workers = nil
		require.NoError(t, pool.QueryRow(`SELECT (SELECT count(*) FROM flywheel_profiles WHERE due <= $1) +
			(SELECT count(*) FROM flywheel_loyalty_accounts WHERE due <= $1)`, now.UnixMicro()).Scan(&due))
	}
	require.NoError(t, k.runner.Drain(ctx)) // what those who are gone have told
	require.Equal(t, alone.outcome(t, people), k.outcome(t, people))
	t.Logf("%d kills of %d processes, %d customers", kills+1, processes, people)
}
