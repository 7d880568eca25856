package joints_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/cartsql"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
)

// TestWaves: what time makes due for many at one instant is done in small batches, each a
// transaction of its own, so that nobody waits for the whole wave: a call of Advance
// changes and reports as many as one batch, and what is published between two calls is
// taken at once.
func TestWaves(t *testing.T) {
	const people = 2*due.Batch + 88
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	customer := func(i int) flywheel.CustomerID { return flywheel.CustomerID(fmt.Sprintf("customer-%04d", i)) }
	entries := make([]flywheel.Entry, people)
	for i := range entries {
		entries[i] = flywheel.Entry{
			Position: flywheel.Position(i + 1), Received: start, Effective: start, Person: flywheel.PersonOf(customer(i), ""),
			Event: flywheel.Event{ID: fmt.Sprint("e", i), Name: flywheel.EventPurchase, Time: start, Customer: customer(i), Value: money.New(5_000, money.EUR)},
		}
	}
	news := campaign.Journey{ID: "news", Trigger: campaign.Trigger{Event: flywheel.EventPurchase}, Steps: []campaign.Step{
		{ID: "wait", Wait: &campaign.Wait{Duration: campaign.Duration{Time: time.Hour}}}, {ID: "send", Send: &campaign.Send{Channel: "email"}},
	}}
	kinds := map[string]func(t *testing.T, db *flywheel.SQL, log *segment.Log, clock func() time.Time) segment.Timed{
		"segments": func(t *testing.T, db *flywheel.SQL, log *segment.Log, _ func() time.Time) segment.Timed {
			p, err := segment.NewProfiles(segmentsql.NewProfiles(db), &segment.ProfileOptions{Sink: log, Segments: []segment.Definition{{
				Name: "bought", Rule: json.RawMessage(`{"n": {"$gte": 1}}`), Leaves: map[string]segment.Leaf{"n": {Events: []string{flywheel.EventPurchase}, Window: "P30D"}},
			}}})
			require.NoError(t, err)
			for part := range slices.Chunk(entries, 200) {
				require.NoError(t, p.Consume(t.Context(), part))
			}
			return p
		},
		"points": func(t *testing.T, db *flywheel.SQL, log *segment.Log, clock func() time.Time) segment.Timed {
			s, err := loyalty.New(loyaltysql.New(db), &loyalty.Options{Sink: log, Now: clock, Programs: []loyalty.Program{{
				Expiry: loyalty.Expiry{After: "P30D"},
			}}})
			require.NoError(t, err)
			for part := range slices.Chunk(entries, 200) {
				require.NoError(t, s.Consume(t.Context(), part))
			}
			return s
		},
		"journeys": func(t *testing.T, db *flywheel.SQL, log *segment.Log, clock func() time.Time) segment.Timed {
			e, err := campaign.New(campaignsql.New(db), &campaign.Options{
				Journeys: []campaign.Journey{news}, Now: clock, Sender: campaign.SenderFunc(func(context.Context, campaign.Message) error { return nil }),
			})
			require.NoError(t, err)
			for part := range slices.Chunk(entries, 200) {
				require.NoError(t, e.Consume(t.Context(), part))
			}
			return e
		},
		"carts": func(t *testing.T, db *flywheel.SQL, log *segment.Log, clock func() time.Time) segment.Timed {
			s, err := cart.New(cartsql.New(db), &cart.Options{AbandonAfter: time.Hour, Sink: log, Now: clock})
			require.NoError(t, err)
			require.NoError(t, db.InTx(t.Context(), func(ctx context.Context) error {
				for i := range people {
					if _, err := s.Create(ctx, cart.Cart{ID: cart.ID(customer(i)), Customer: customer(i), Currency: money.EUR,
						Lines: []cart.Line{{SKU: "a", Quantity: 1, Agreed: money.PriceOf(money.New(100, money.EUR))}}}); err != nil {
						return err
					}
				}
				return nil
			}))
			return s
		},
	}
	// What a wave leaves for each of its people.
	left := map[string]string{
		"segments": `SELECT COUNT(*) FROM flywheel_events WHERE name = 'segment_exited'`,
		"points":   `SELECT COUNT(*) FROM flywheel_loyalty_lots WHERE remaining = 0`,
		"journeys": `SELECT COUNT(*) FROM flywheel_effects WHERE kind = 'campaign.message'`,
		"carts":    `SELECT COUNT(*) FROM flywheel_events WHERE name = 'cart_abandoned'`,
	}
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d flywheel.Dialect) {
		for name, build := range kinds {
			t.Run(name, func(t *testing.T) {
				db, ctx, now := flywheel.OpenSQL(open(t), d), t.Context(), start
				clock := func() time.Time { return now }
				events := segmentsql.New(db)
				require.NoError(t, flywheel.Migrate(ctx, db, events, segmentsql.NewProfiles(db), loyaltysql.New(db), campaignsql.New(db), cartsql.New(db)))
				log, err := segment.NewLog(events, &segment.LogOptions{Now: clock})
				require.NoError(t, err)
				timed := build(t, db, log, clock)
				count := func() (n int) {
					require.NoError(t, db.Read(ctx).QueryRowContext(ctx, left[name]).Scan(&n))
					return n
				}
				require.Zero(t, count())
				now = start.AddDate(0, 0, 40)
				before, batches := 0, 0
				for more := true; more; {
					more, err = timed.Advance(ctx, now)
					require.NoError(t, err)
					n := count()
					require.LessOrEqual(t, n-before, due.Batch, "in one transaction")
					if n > before {
						batches++
					}
					before = n
					require.NoError(t, log.Publish(ctx, flywheel.Event{ID: fmt.Sprint("live ", n, more), Name: flywheel.EventViewItem, Time: now}))
				}
				require.Equal(t, people, before)
				require.GreaterOrEqual(t, batches, 3)
			})
		}
	})
}
