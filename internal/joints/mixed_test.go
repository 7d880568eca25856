package joints_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/internal/testkit"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// Where the log is in one database and its consumers are in another, everybody works at
// once: no call waits for ever, each ends with its context, and nothing is lost.
func TestMixedStores(t *testing.T) {
	lasting := time.Duration(testkit.Often(1500, 600)) * time.Millisecond
	if os.Getenv("FLYWHEEL_LONG") != "" {
		lasting = time.Minute
	}
	inSQL := func(t *testing.T) stores {
		pool, err := sql.Open("sqlite", flywheel.SQLiteDSN(filepath.Join(t.TempDir(), "mixed.db")))
		require.NoError(t, err)
		t.Cleanup(func() { pool.Close() })
		db := flywheel.OpenSQL(pool, flywheel.SQLite)
		log, profiles, points, journeys := segmentsql.New(db), segmentsql.NewProfiles(db), loyaltysql.New(db), campaignsql.New(db)
		require.NoError(t, flywheel.Migrate(t.Context(), db, log, profiles, points, journeys))
		return stores{log, profiles, points, journeys, nil}
	}
	inMemory := func(*testing.T) stores {
		db := new(flywheel.Memory)
		return stores{segment.NewMemoryLog(db), segment.NewMemoryProfiles(db), loyalty.NewMemory(db), campaign.NewMemory(db), nil}
	}
	t.Run("memory and a SQL log", func(t *testing.T) {
		s := inMemory(t)
		s.log = inSQL(t).log
		mixed(t, s, lasting)
	})
	t.Run("SQL and a log in memory", func(t *testing.T) {
		s := inSQL(t)
		s.log = inMemory(t).log
		mixed(t, s, lasting)
	})
}

func mixed(t *testing.T, s stores, lasting time.Duration) {
	const workers, customers, inFlight = 32, 8, 4
	log, err := segment.NewLog(s.log, nil)
	require.NoError(t, err)
	profiles, err := segment.NewProfiles(s.profiles, &segment.ProfileOptions{Sink: log, Log: log, Segments: []segment.Definition{
		{Name: "buyer", Rule: []byte(`{"n": {"$gte": 1}}`), Leaves: map[string]segment.Leaf{"n": {Events: []string{flywheel.EventPurchase}, Window: "P1D"}}}}})
	require.NoError(t, err)
	points, err := loyalty.New(s.points, &loyalty.Options{Sink: log})
	require.NoError(t, err)
	var sent atomic.Int64
	journeys, err := campaign.New(s.journeys, &campaign.Options{Sink: log, Log: log, Lease: 1500 * time.Millisecond, SendLimit: time.Second, InFlight: inFlight,
		Journeys: []campaign.Journey{{ID: "thanks", Trigger: campaign.Trigger{Event: flywheel.EventPurchase}, Reentry: campaign.Reentry{Policy: campaign.Parallel},
			Steps: []campaign.Step{{ID: "mail", Send: &campaign.Send{Channel: "email", Transactional: true}}}}},
		Sender: campaign.SenderFunc(func(context.Context, campaign.Message) error { sent.Add(1); return nil })})
	require.NoError(t, err)
	runner, err := segment.NewRunner(log, &segment.RunnerOptions{Poll: time.Millisecond}, profiles, points, journeys)
	require.NoError(t, err)

	ctx, end := context.WithTimeout(t.Context(), lasting)
	defer end()
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() { _ = runner.Run(ctx) }) // with ctx's error
	}
	var bought, burned [customers]atomic.Int64
	for n := range workers {
		rng := rand.New(rand.NewPCG(uint64(n), 5))
		all.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				at := rng.IntN(customers)
				who := flywheel.CustomerID(fmt.Sprint("c", at))
				call, cancel := t.Context(), func() {}
				impatient := rng.IntN(4) == 0
				if impatient {
					call, cancel = context.WithTimeout(t.Context(), time.Duration(rng.IntN(3000))*time.Microsecond)
				}
				var err error
				switch rng.IntN(4) {
				case 0, 1:
					id := fmt.Sprint(n, "-", i)
					e := flywheel.Event{ID: id, Name: flywheel.EventPurchase, Time: time.Now(), Customer: who, Ref: id, Value: money.New(100, money.EUR)}
					if err = log.Publish(call, e); err != nil && impatient {
						err = log.Publish(t.Context(), e) // whether it was told or not
					}
					if err == nil {
						bought[at].Add(1)
					}
				case 2:
					key := fmt.Sprint(n, "-", i)
					if _, err = points.Burn(call, who, key, 1); err != nil && impatient && !errors.Is(err, flywheel.ErrConflict) {
						_, err = points.Burn(t.Context(), who, key, 1)
					}
					if err == nil {
						burned[at].Add(1)
					} else if errors.Is(err, flywheel.ErrConflict) || errors.Is(err, flywheel.ErrNotFound) {
						err = nil // too few points
					}
				default:
					if _, err = profiles.In(call, "buyer", who); errors.Is(err, context.DeadlineExceeded) && impatient {
						err = nil
					}
				}
				cancel()
				if err != nil {
					t.Errorf("worker %d: %v", n, err)
					return
				}
			}
		})
	}
	all.Wait()
	require.NoError(t, runner.Drain(t.Context()))
	var total int64
	for at := range customers {
		who := flywheel.CustomerID(fmt.Sprint("c", at))
		n := bought[at].Load()
		if total += n; n == 0 {
			continue
		}
		profile, err := profiles.Get(t.Context(), who)
		require.NoError(t, err)
		require.Equal(t, n, profile.Orders)
		balance, err := points.BalanceAt(t.Context(), who, time.Now())
		require.NoError(t, err)
		require.Equal(t, n-burned[at].Load(), balance.Available)
		in, err := profiles.In(t.Context(), "buyer", who)
		require.NoError(t, err)
		require.True(t, in)
	}
	for { // what was under way when ctx ended is tried again when its lease is over
		report, err := journeys.Report(t.Context())
		require.NoError(t, err)
		require.Equal(t, total, report[0].Entries)
		if report[0].Active == 0 {
			require.Equal(t, total, report[0].Completed)
			break
		}
		time.Sleep(50 * time.Millisecond)
		require.NoError(t, runner.Drain(t.Context()))
	}
	require.GreaterOrEqual(t, sent.Load(), total)
	require.LessOrEqual(t, sent.Load(), total+2*inFlight, "answers that were lost when ctx ended")
	t.Logf("%d purchases", total)
}
