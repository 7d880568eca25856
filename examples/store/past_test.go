package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/data"
)

// The half year before the shop was opened: orders on most days, in the past alone, with reviews,
// returns and purchase orders; a shop that has one gets no other.
func TestPast(t *testing.T) {
	base := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	clock := &data.Clock{Base: func() time.Time { return base }}
	s, err := open(t.Context(), "memory")
	require.NoError(t, err)
	shop, err := newShop(t.Context(), s, clock.Now, outside{})
	require.NoError(t, err)
	past := past(shop, clock, 1)
	require.NoError(t, past.Make(t.Context(), 60))
	require.Equal(t, base, clock.Now(), "the clock goes on")
	var orders, returned int
	for o, err := range shop.Orders.List(t.Context(), order.Filter{}) {
		require.NoError(t, err)
		require.True(t, o.PlacedAt.Before(base) && o.PlacedAt.After(base.AddDate(0, 0, -61)), o.PlacedAt)
		orders++
		returned += len(o.RMAs)
	}
	require.Greater(t, orders, 40)
	require.Positive(t, returned)
	b := visit(t, site(shop))
	b.press("/en/desk/login", "password", "secret word")
	today, _ := b.see("/en/desk")
	require.Contains(t, today, "2026-11-2")
	sent, _ := b.see("/en/desk/replenish")
	require.Contains(t, sent, "Tonwerk")
	product, _ := b.see("/en/goods/stoneware-mug")
	require.Contains(t, product, "bought here")
	health, err := shop.Wheel.Health(t.Context())
	require.NoError(t, err)
	for _, c := range health {
		require.Zero(t, c.Parked, c.Name)
	}
	require.NoError(t, past.Make(t.Context(), 60))
	again := 0
	for range shop.Orders.List(t.Context(), order.Filter{}) {
		again++
	}
	require.Equal(t, orders, again)
}
