package cart_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// A live segment of package segment reaches a promotion of package pricing through the
// cart with one option: who buys enough is in it from the next quote on.
func TestSegmentsReachPromotions(t *testing.T) {
	ctx := t.Context()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	db := &flywheel.Memory{}
	log, err := segment.NewLog(segment.NewMemoryLog(db), &segment.LogOptions{Now: clock})
	require.NoError(t, err)
	profiles, err := segment.NewProfiles(segment.NewMemoryProfiles(db), &segment.ProfileOptions{Log: log})
	require.NoError(t, err)
	require.NoError(t, profiles.Define(ctx, segment.Definition{Name: "vip", Rule: json.RawMessage(`{"orders": {"$gte": 2}}`)}))
	runner, err := segment.NewRunner(log, &segment.RunnerOptions{Now: clock}, profiles)
	require.NoError(t, err)

	engine, err := pricing.Compile(pricing.Config{
		Lists:      []pricing.List{{ID: "retail", Entries: []pricing.Entry{{SKU: "mug", Unit: money.MustPrice("10", money.EUR)}}}},
		Promotions: []pricing.Promotion{{ID: "vip-10", Percent: money.Percent(10), When: json.RawMessage(`{"segments": "vip"}`)}},
	})
	require.NoError(t, err)
	carts, err := cart.New(nil, &cart.Options{Engine: engine, Segments: profiles, Now: clock})
	require.NoError(t, err)
	c, err := carts.Create(ctx, cart.Cart{ID: "c", Currency: money.EUR, Customer: "ann"})
	require.NoError(t, err)
	_, err = carts.Add(ctx, c.ID, cart.Line{SKU: "mug", Quantity: 1})
	require.NoError(t, err)
	total := func(id cart.ID) string {
		q, err := carts.Quote(ctx, id, cart.Terms{})
		require.NoError(t, err)
		return q.Total.String()
	}
	require.Equal(t, "10.00 EUR", total("c"), "nobody knows ann yet")
	for i := range 2 {
		now = now.Add(time.Hour)
		require.NoError(t, log.Publish(ctx, flywheel.Event{
			ID: string(rune('a' + i)), Name: flywheel.EventPurchase, Time: now, Customer: "ann", Value: money.New(100, money.EUR), Lines: []flywheel.Line{{SKU: "mug", Quantity: 1}},
		}))
		require.NoError(t, runner.Drain(ctx))
		require.Equal(t, []string{"10.00 EUR", "9.00 EUR"}[i], total("c"))
	}
	_, err = carts.Create(ctx, cart.Cart{ID: "guest", Currency: money.EUR, Visitor: "device"})
	require.NoError(t, err)
	_, err = carts.Add(ctx, "guest", cart.Line{SKU: "mug", Quantity: 1})
	require.NoError(t, err)
	require.Equal(t, "10.00 EUR", total("guest"))

	// A condition that no list of segments could meet is refused when it is compiled.
	for _, never := range []string{`{"segments": {"$gt": 3}}`, `{"segments": {"$regex": "v"}}`, `{"segments": {"vip": true}}`} {
		_, err := pricing.Compile(pricing.Config{Promotions: []pricing.Promotion{{ID: "p", Percent: money.Percent(10), When: json.RawMessage(never)}}})
		require.ErrorIs(t, err, flywheel.ErrInvalid, never)
	}
}

var _ cart.Segments = (*segment.Profiles)(nil)

// members is a [cart.Segments] of one customer.
type members map[flywheel.CustomerID][]string

func (m members) SegmentsOf(_ context.Context, customer flywheel.CustomerID) ([]string, error) {
	return m[customer], nil
}

var _ cart.Segments = members{}
