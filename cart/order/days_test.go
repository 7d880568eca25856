package order_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordertest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func placedAt(id string, at time.Time, minor int64, c money.Currency) order.Order {
	sum := money.New(minor, c)
	zero := money.New(0, c)
	return order.Order{
		ID: order.ID(id), Key: id, Customer: "c", Currency: c, PlacedAt: at, Subtotal: sum, Discount: zero, Net: sum, Tax: zero, Total: sum,
		Lines:   []order.Line{{ID: "1", SKU: "mug", Quantity: 2, Unit: money.PriceOf(sum), Subtotal: sum, Discount: zero, Net: sum, Tax: zero, Total: sum}},
		Payment: order.Payment{Authorization: "a-" + id, Authorized: sum, Captured: zero, Refunded: zero}, Status: order.Placed,
	}
}

// A day begins when the clock on the wall says so, and each currency has its own.
func TestDays(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	store := order.NewMemory(nil)
	orders, err := order.New(store, nil)
	require.NoError(t, err)
	midnight := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC) // in Berlin
	for i, o := range []order.Order{
		placedAt("a", midnight.Add(-time.Microsecond), 100, money.EUR), placedAt("b", midnight, 250, money.EUR),
		placedAt("c", midnight.Add(time.Hour), 300, money.USD), placedAt("d", midnight.Add(2*time.Hour), 50, money.EUR), placedAt("e", midnight.Add(30*time.Hour), 70, money.EUR),
	} {
		_, err := store.Insert(t.Context(), o)
		require.NoError(t, err, i)
	}
	days, err := orders.Days(t.Context(), midnight.Add(-time.Hour), midnight.Add(30*time.Hour), berlin)
	require.NoError(t, err)
	first, second := time.Date(2026, 3, 1, 0, 0, 0, 0, berlin), time.Date(2026, 3, 2, 0, 0, 0, 0, berlin)
	zero := func(c money.Currency) money.Amount { return money.New(0, c) }
	require.Equal(t, []order.Day{
		{first, money.EUR, 1, 2, money.New(100, money.EUR), zero(money.EUR)}, {second, money.EUR, 2, 4, money.New(300, money.EUR), zero(money.EUR)},
		{second, money.USD, 1, 2, money.New(300, money.USD), zero(money.USD)},
	}, days)

	gone := errors.New("gone")
	broken, err := order.New(ordertest.Failing(store, func(call string, after bool) error { return gone }), nil)
	require.NoError(t, err)
	_, err = broken.Days(t.Context(), midnight, midnight.Add(time.Hour), berlin)
	require.ErrorIs(t, err, gone)
}

// What was sold on each day of a week.
func ExampleService_Days() {
	store := order.NewMemory(nil)
	orders, err := order.New(store, nil)
	if err != nil {
		panic(err)
	}
	ctx, monday := context.Background(), time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	if _, err := store.Insert(ctx, placedAt("a", monday.Add(10*time.Hour), 1990, money.EUR)); err != nil {
		panic(err)
	}
	days, err := orders.Days(ctx, monday, monday.AddDate(0, 0, 7), time.UTC)
	if err != nil {
		panic(err)
	}
	for _, d := range days {
		fmt.Println(d.Date.Format(time.DateOnly), d.Orders, d.Units, d.Total)
	}
	// Output: 2026-03-02 1 2 19.90 EUR
}
