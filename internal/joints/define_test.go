package joints_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// countingLog is a log that counts what it is told at once, and may end the process.
type countingLog struct {
	*segment.Log
	mu       sync.Mutex
	largest  int
	dieAfter int
	die      func()
}

func (l *countingLog) Publish(ctx context.Context, events ...flywheel.Event) error {
	l.mu.Lock()
	l.largest = max(l.largest, len(events))
	if l.dieAfter > 0 {
		if l.dieAfter--; l.dieAfter == 0 {
			l.die()
		}
	}
	l.mu.Unlock()
	if err := l.Log.Publish(ctx, events...); err != nil {
		return err
	}
	return ctx.Err()
}

// TestDefinitionWave: to define and to retire a segment evaluates all customers in
// transactions of 256. The process that does so dies in each of them, and others go on:
// each customer's change is told once, and what was published meanwhile is taken after.
func TestDefinitionWave(t *testing.T) {
	const people = 2*due.Batch + 88
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	bought := segment.Definition{Name: "bought", Rule: json.RawMessage(`{"orders": {"$gte": 1}}`)}
	purchase := func(i int, at time.Time) flywheel.Event {
		return flywheel.Event{ID: fmt.Sprint("p", i), Name: flywheel.EventPurchase, Time: at,
			Customer: flywheel.CustomerID(fmt.Sprintf("c%04d", i)), Value: money.New(100, money.EUR)}
	}
	run := func(t *testing.T, log *segment.Log, store segment.ProfileStore, now *time.Time) {
		ctx, told, late := t.Context(), &countingLog{Log: log}, 0
		process := func() (*segment.Profiles, *segment.Runner) {
			p, err := segment.NewProfiles(store, &segment.ProfileOptions{Sink: told, Log: log})
			require.NoError(t, err)
			r, err := segment.NewRunner(log, &segment.RunnerOptions{Now: func() time.Time { return *now }, Workers: 2}, p)
			require.NoError(t, err)
			return p, r
		}
		count := func(name string) (n int, by map[flywheel.CustomerID]int) {
			by = map[flywheel.CustomerID]int{}
			for e, err := range log.Entries(ctx, segment.Query{}) {
				require.NoError(t, err)
				if e.Event.Name == name {
					n++
					by[e.Event.Customer]++
				}
			}
			return n, by
		}
		// dies lets one process after the other begin, or go on, and die in its first
		// or second batch; then two share what is left.
		dies := func(begin func(ctx context.Context, p *segment.Profiles) error) {
			for i := range 3 {
				dying, cancel := context.WithCancel(ctx)
				p, r := process()
				told.dieAfter, told.die = 1, cancel
				if i == 0 {
					told.dieAfter = 2
					require.ErrorIs(t, begin(dying, p), context.Canceled)
				} else {
					require.Error(t, r.Drain(dying))
				}
				cancel()
				told.dieAfter = 0
				if i == 0 {
					late++
					require.NoError(t, log.Publish(ctx, purchase(people+late, *now)))
				}
			}
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for i := range errs {
				_, r := process()
				wg.Go(func() { errs[i] = r.Drain(ctx) })
			}
			wg.Wait()
			require.Equal(t, []error{nil, nil}, errs)
		}
		var events []flywheel.Event
		for i := range people {
			events = append(events, purchase(i, start))
		}
		require.NoError(t, log.Publish(ctx, events...))
		_, r := process()
		require.NoError(t, r.Drain(ctx))

		dies(func(ctx context.Context, p *segment.Profiles) error { return p.Define(ctx, bought) })
		n, by := count(segment.EventEntered)
		require.Equal(t, []int{people + 1, people + 1}, []int{n, len(by)}, "each once, and who bought meanwhile")
		require.LessOrEqual(t, told.largest, due.Batch)
		p, _ := process()
		members, err := p.Members(ctx, "bought")
		require.NoError(t, err)
		require.Equal(t, people+1, members.Count())

		dies(func(ctx context.Context, p *segment.Profiles) error { return p.Retire(ctx, "bought") })
		n, by = count(segment.EventExited)
		require.Equal(t, []int{people + 1, people + 1}, []int{n, len(by)}, "each once; who bought since is no member")
		require.LessOrEqual(t, told.largest, due.Batch)
	}
	t.Run("memory", func(t *testing.T) {
		db, now := new(flywheel.Memory), start
		log, err := segment.NewLog(segment.NewMemoryLog(db), &segment.LogOptions{Now: func() time.Time { return now }})
		require.NoError(t, err)
		run(t, log, segment.NewMemoryProfiles(db), &now)
	})
	sqldbtest.Each(t, func(t *testing.T, pool sqldbtest.Opener, d flywheel.Dialect) {
		db, now := flywheel.OpenSQL(pool(t), d), start
		events, profiles := segmentsql.New(db), segmentsql.NewProfiles(db)
		require.NoError(t, flywheel.Migrate(t.Context(), db, events, profiles))
		log, err := segment.NewLog(events, &segment.LogOptions{Now: func() time.Time { return now }})
		require.NoError(t, err)
		run(t, log, profiles, &now)
	})
}

// refusingLog is a log that cannot be told of a customer for a while.
type refusingLog struct {
	*countingLog
	refuses flywheel.CustomerID
}

func (l *refusingLog) Publish(ctx context.Context, events ...flywheel.Event) error {
	for i := range events {
		if l.refuses != "" && events[i].Customer == l.refuses {
			return fmt.Errorf("%q cannot be told of", l.refuses)
		}
	}
	return l.countingLog.Publish(ctx, events...)
}

// TestRetryWithinDefinitionWave: an entry that stood still is not taken again while
// customers are evaluated under another definition, but after.
func TestRetryWithinDefinitionWave(t *testing.T) {
	const people = due.Batch + 44
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	db := new(flywheel.Memory)
	clock := func() time.Time { return start }
	log, err := segment.NewLog(segment.NewMemoryLog(db), &segment.LogOptions{Now: clock})
	require.NoError(t, err)
	told := &refusingLog{countingLog: &countingLog{Log: log}}
	p, err := segment.NewProfiles(segment.NewMemoryProfiles(db), &segment.ProfileOptions{Sink: told, Log: log})
	require.NoError(t, err)
	r, err := segment.NewRunner(log, &segment.RunnerOptions{Now: clock}, p)
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, p.Define(ctx, segment.Definition{Name: "twice", Rule: json.RawMessage(`{"orders": {"$gte": 2}}`)}))
	for i := range people {
		require.NoError(t, log.Publish(ctx, flywheel.Event{ID: fmt.Sprint("p", i), Name: flywheel.EventPurchase, Time: start,
			Customer: flywheel.CustomerID(fmt.Sprintf("c%04d", i)), Value: money.New(100, money.EUR)}))
	}
	require.NoError(t, r.Drain(ctx))
	last := flywheel.CustomerID(fmt.Sprintf("c%04d", people-1))
	told.refuses = last
	require.NoError(t, log.Publish(ctx, flywheel.Event{ID: "second", Name: flywheel.EventPurchase, Time: start, Customer: last, Value: money.New(100, money.EUR)}))
	require.NoError(t, r.Drain(ctx))
	parked, err := r.Parked(ctx, p.Name())
	require.NoError(t, err)
	require.Len(t, parked, 1)
	told.refuses = ""

	dying, cancel := context.WithCancel(ctx)
	defer cancel()
	told.dieAfter, told.die = 1, cancel
	require.ErrorIs(t, p.Define(dying, segment.Definition{Name: "once", Rule: json.RawMessage(`{"orders": 1}`)}), context.Canceled)
	told.dieAfter = 0
	require.NoError(t, r.Retry(ctx, p.Name(), parked[0].Position))
	_, err = log.Number(ctx)
	require.NoError(t, err)
	var of []string
	for e, err := range log.Entries(ctx, segment.Query{Person: flywheel.PersonOf(last, "")}) {
		require.NoError(t, err)
		if e.Event.Name == segment.EventEntered || e.Event.Name == segment.EventExited {
			of = append(of, fmt.Sprint(e.Event.Name, " ", e.Event.Properties["segment"], " ", e.Event.Properties["cause"]))
		}
	}
	require.Equal(t, []string{"segment_entered once definition", "segment_entered twice event", "segment_exited once event"}, of)
}
