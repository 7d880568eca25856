package joints_test

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
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// subjectWorld is a shop in which many wait for one item.
type subjectWorld struct {
	t        *testing.T
	log      *segment.Log
	store    campaign.Store
	now      time.Time
	mu       sync.Mutex
	sent     []string
	steps    int // saves that went on with a wave, and the contacts of the largest
	largest  int
	die      func() // called by the save that is to be the last
	dieAfter int
}

// dyingStore counts what is saved, and ends the process in a save.
type dyingStore struct {
	campaign.Store
	w *subjectWorld
}

func (s dyingStore) Save(ctx context.Context, changes ...campaign.Change) error {
	s.w.mu.Lock()
	if cursor.Wave(ctx) != "" {
		s.w.steps++
		s.w.largest = max(s.w.largest, len(changes))
	}
	if s.w.dieAfter > 0 && len(s.w.sent) == 0 { // an answer that is lost is another test's
		if s.w.dieAfter--; s.w.dieAfter == 0 {
			s.w.die()
		}
	}
	s.w.mu.Unlock()
	if err := s.Store.Save(ctx, changes...); err != nil {
		return err
	}
	return ctx.Err()
}

const wanted, available = "stock_wanted", "stock_available"

// backInStock: the first wait is limited by the units, the second journey waits for
// the same item twice in a row, the third is left by whoever buys.
func backInStock() []campaign.Journey {
	wait := func(id, limit string) campaign.Step {
		return campaign.Step{ID: id, WaitEvent: &campaign.WaitEvent{
			Event: available, Subject: []string{"sku"}, Limit: limit, Timeout: campaign.Duration{Days: 90}, OnTimeout: "end"}}
	}
	send := func(id string) campaign.Step { return campaign.Step{ID: id, Send: &campaign.Send{Channel: "email"}} }
	end := campaign.Step{ID: "end", Exit: campaign.OutcomeCompleted}
	trigger := campaign.Trigger{Event: wanted}
	return []campaign.Journey{
		{ID: "limited", Trigger: trigger, Steps: []campaign.Step{wait("a", "units"), send("limited"), end}},
		{ID: "again", Trigger: trigger, Steps: []campaign.Step{wait("a", ""), wait("b", ""), send("again"), end}},
		{ID: "left", Trigger: trigger, ExitOn: []campaign.ExitOn{{Event: flywheel.EventPurchase}}, Steps: []campaign.Step{
			wait("a", ""), {ID: "hour", Wait: &campaign.Wait{Duration: campaign.Duration{Time: time.Hour}}}, send("left"), end}},
	}
}

func (w *subjectWorld) engine() *campaign.Engine {
	e, err := campaign.New(dyingStore{w.store, w}, &campaign.Options{
		Journeys: backInStock(), Now: func() time.Time { return w.now },
		Sender: campaign.SenderFunc(func(_ context.Context, m campaign.Message) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.sent = append(w.sent, fmt.Sprint(m.Contact, " ", m.Journey, " ", m.Template))
			return nil
		}),
	})
	require.NoError(w.t, err)
	return e
}

func (w *subjectWorld) runner(e *campaign.Engine) *segment.Runner {
	r, err := segment.NewRunner(w.log, &segment.RunnerOptions{Now: func() time.Time { return w.now }, Workers: 2}, e)
	require.NoError(w.t, err)
	return r
}

// state is what is kept of everybody, versions of rows aside.
func (w *subjectWorld) state() string {
	var all []campaign.State
	for s, err := range w.store.List(w.t.Context()) {
		require.NoError(w.t, err)
		s.Contact.Version = 0
		all = append(all, s)
	}
	text, err := json.Marshal(all)
	require.NoError(w.t, err)
	slices.Sort(w.sent)
	sent, err := json.Marshal(w.sent)
	require.NoError(w.t, err)
	return string(text) + string(sent)
}

// waiting people have three runs each, which are more than two batches.
const waiting = 200

// publish tells what the shop's people do: all want the item, it comes, some buy.
func (w *subjectWorld) publish(start time.Time) {
	require.NoError(w.t, w.runner(w.engine()).Drain(w.t.Context())) // launches the journeys
	customer := func(i int) flywheel.CustomerID { return flywheel.CustomerID(fmt.Sprintf("c%04d", i)) }
	var events []flywheel.Event
	for i := range waiting {
		events = append(events, flywheel.Event{ID: fmt.Sprint("w", i), Name: wanted, Time: start, Customer: customer(i), Properties: map[string]any{"sku": "LAMP"}})
	}
	events = append(events, flywheel.Event{ID: "back", Name: available, Time: start.Add(time.Second), Customer: customer(5),
		Properties: map[string]any{"sku": "LAMP", "units": float64(waiting - 40)}})
	for i := 0; i < waiting; i += 7 {
		events = append(events, flywheel.Event{ID: fmt.Sprint("p", i), Name: flywheel.EventPurchase, Time: start.Add(2 * time.Second), Customer: customer(i)})
	}
	w.now = start.Add(3 * time.Second)
	require.NoError(w.t, w.log.Publish(w.t.Context(), events...))
}

// bounded: the wave was taken in several steps, none larger than a batch.
func (w *subjectWorld) bounded() {
	require.GreaterOrEqual(w.t, w.steps, 2)
	require.LessOrEqual(w.t, w.largest, due.Batch)
}

// TestSubjectWave: one event that answers the waits of many is applied in small
// transactions, and all ends as if it had been applied in one: by two
// runners, and by processes that die in one transaction after the other.
func TestSubjectWave(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	stores := func(t *testing.T, fn func(t *testing.T, open func(t *testing.T) *subjectWorld)) {
		t.Run("memory", func(t *testing.T) {
			fn(t, func(t *testing.T) *subjectWorld {
				db := new(flywheel.Memory)
				w := &subjectWorld{t: t, store: campaign.NewMemory(db), now: start}
				var err error
				w.log, err = segment.NewLog(segment.NewMemoryLog(db), &segment.LogOptions{Now: func() time.Time { return w.now }})
				require.NoError(t, err)
				return w
			})
		})
		sqldbtest.Each(t, func(t *testing.T, pool sqldbtest.Opener, d flywheel.Dialect) {
			fn(t, func(t *testing.T) *subjectWorld {
				db := flywheel.OpenSQL(pool(t), d)
				events, journeys := segmentsql.New(db), campaignsql.New(db)
				require.NoError(t, flywheel.Migrate(t.Context(), db, events, journeys))
				w := &subjectWorld{t: t, store: journeys, now: start}
				var err error
				w.log, err = segment.NewLog(events, &segment.LogOptions{Now: func() time.Time { return w.now }})
				require.NoError(t, err)
				return w
			})
		})
	}
	finish := func(w *subjectWorld) string { // the end, and two hours later
		require.NoError(w.t, w.runner(w.engine()).Drain(w.t.Context()))
		first := w.state()
		w.now = w.now.Add(2 * time.Hour)
		require.NoError(w.t, w.runner(w.engine()).Drain(w.t.Context()))
		return first + w.state()
	}
	stores(t, func(t *testing.T, open func(t *testing.T) *subjectWorld) {
		at := open(t)
		at.publish(start)
		_, err := at.log.Number(t.Context())
		require.NoError(t, err)
		entries, err := at.log.Read(t.Context(), 0, 2*waiting)
		require.NoError(t, err)
		e := at.engine()
		require.NoError(t, e.Consume(t.Context(), entries), "without a runner: in one transaction")
		cursors, err := cursor.For(at.store.Handle())
		require.NoError(t, err)
		require.NoError(t, cursors.Move(t.Context(), e.Name(), 0, entries[len(entries)-1].Position))
		once := finish(at)
		require.Len(t, at.sent, waiting-40+waiting-(waiting+6)/7)

		t.Run("two", func(t *testing.T) {
			w := open(t)
			w.publish(start)
			var wg sync.WaitGroup
			errs := make([]error, 2)
			for i := range errs {
				r := w.runner(w.engine())
				wg.Go(func() { errs[i] = r.Drain(t.Context()) })
			}
			wg.Wait()
			require.Equal(t, []error{nil, nil}, errs)
			w.bounded()
			require.Equal(t, once, finish(w))
		})
		t.Run("deaths", func(t *testing.T) {
			w := open(t)
			w.publish(start)
			died := 0
			for after := 1; ; after++ {
				ctx, cancel := context.WithCancel(t.Context())
				w.die, w.dieAfter = cancel, after%4+1 // each process comes a step or a few further
				err := w.runner(w.engine()).Drain(ctx)
				cancel()
				if w.dieAfter = 0; err == nil {
					break
				}
				died++
				require.ErrorIs(t, err, context.Canceled)
			}
			require.GreaterOrEqual(t, died, 4)
			w.bounded()
			require.Equal(t, once, finish(w))
		})
	})
}
