package inventory_test

import (
	"context"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// Units count on the day on which they were ordered by the clock on the wall, called
// off or not; a day that had nothing to sell tells nothing.
func TestDemand(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, berlin)
	stock, err := inventory.New(nil, &inventory.Options{Now: func() time.Time { return now }})
	require.NoError(t, err)
	ctx, day := t.Context(), 24*time.Hour
	sell := func(ref string, n int64) {
		t.Helper()
		require.NoError(t, stock.Reserve(ctx, ref, []flywheel.Line{{SKU: "mug", Quantity: n}}))
		require.NoError(t, stock.Commit(ctx, ref))
	}
	now = now.Add(day) // the second: six mugs come, two are sold
	require.NoError(t, stock.Receive(ctx, "d1", []flywheel.Line{{SKU: "mug", Quantity: 6}}))
	sell("a", 2)
	now = now.Add(2*day + 14*time.Hour) // the fourth, 23:00: an order of three, the last but one is held and let go
	order := []fulfillment.Unit{{SKU: "mug", Location: fulfillment.DefaultLocation, Quantity: 3}}
	require.NoError(t, stock.Hold(ctx, "b", order, now.Add(time.Hour)))
	require.NoError(t, stock.Allocate(ctx, "b"))
	require.NoError(t, stock.Reserve(ctx, "c", []flywheel.Line{{SKU: "mug", Quantity: 1}}))
	require.NoError(t, stock.Release(ctx, "c"))
	now = now.Add(2 * time.Hour) // the fifth: the last one goes
	sell("d", 1)
	now = now.Add(2 * day) // the seventh: the order is called off
	require.NoError(t, stock.Deallocate(ctx, "b", "k", order))
	from := time.Date(2026, 3, 1, 12, 0, 0, 0, berlin)
	got, err := stock.Demand(ctx, "mug", from, from.AddDate(0, 0, 8), berlin)
	require.NoError(t, err)
	nan := math.NaN()
	require.Equal(t, fmt.Sprint([]float64{nan, 2, 0, 3, 1, nan, 0, 0}), fmt.Sprint(got))
	none, err := stock.Demand(ctx, "unknown", from, from.AddDate(0, 0, 1), berlin)
	require.NoError(t, err)
	require.True(t, math.IsNaN(none[0]))

	_, err = stock.Demand(ctx, "mug", from, from, berlin)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
	_, err = stock.Demand(ctx, "mug", from, from.AddDate(11, 0, 0), berlin)
	require.ErrorIs(t, err, flywheel.ErrLimit)
	_, err = stock.Demand(ctx, "", from, from.AddDate(0, 0, 1), berlin)
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

// What was sold on each of three days.
func ExampleService_Demand() {
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	stock, _ := inventory.New(nil, &inventory.Options{Now: func() time.Time { return now }})
	if err := stock.Receive(ctx, "d1", line("mug", 6)); err != nil {
		panic(err)
	}
	for i, n := range []int64{2, 1} {
		now = now.Add(24 * time.Hour)
		ref := fmt.Sprint("order-", i)
		if err := stock.Reserve(ctx, ref, line("mug", n)); err != nil {
			panic(err)
		}
		if err := stock.Commit(ctx, ref); err != nil {
			panic(err)
		}
	}
	demand, err := stock.Demand(ctx, "mug", now.Add(-48*time.Hour), now.Add(24*time.Hour), time.UTC)
	fmt.Println(demand, err)
	// Output: [0 2 1] <nil>
}

// What suppliers owe is on order; what moves between places, and what has come, is not.
func TestOnOrder(t *testing.T) {
	stock, err := inventory.New(nil, nil)
	require.NoError(t, err)
	ctx := t.Context()
	require.NoError(t, stock.Receive(ctx, "d", line("mug", 5)))
	require.NoError(t, stock.Expect(ctx, "po-1", fulfillment.Date{}, line("mug", 7)))
	require.NoError(t, stock.At("west").Expect(ctx, "po-2", fulfillment.Date{}, line("mug", 2)))
	require.NoError(t, stock.Transfer(ctx, "t-1", "west", fulfillment.Date{}, line("mug", 3)))
	require.NoError(t, stock.Arrive(ctx, "po-1", "k", line("mug", 4), nil))
	sums, err := stock.OnOrder(ctx, []flywheel.SKU{"mug", "tea"})
	require.NoError(t, err)
	require.Equal(t, map[flywheel.SKU]int64{"mug": 5}, sums)
}

// What is reserved or allocated cannot be sold: a day that had nothing else tells nothing.
func TestDemandOfPromisedStock(t *testing.T) {
	ctx, from := t.Context(), time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	now := from.Add(9 * time.Hour)
	stock, err := inventory.New(nil, &inventory.Options{Now: func() time.Time { return now }, Hold: 100 * time.Hour})
	require.NoError(t, err)
	require.NoError(t, stock.Receive(ctx, "d", append(line("mug", 5), line("pot", 4)...)))
	require.NoError(t, stock.Reserve(ctx, "a", line("mug", 3)))
	order := []fulfillment.Unit{{SKU: "mug", Location: fulfillment.DefaultLocation, Quantity: 2}}
	require.NoError(t, stock.Hold(ctx, "b", order, now.Add(time.Hour)))
	require.NoError(t, stock.Allocate(ctx, "b"))
	require.NoError(t, stock.Reserve(ctx, "c", line("pot", 3)))
	now = from.Add(57 * time.Hour) // the third
	require.NoError(t, stock.Release(ctx, "a"))
	got, err := stock.Demand(ctx, "mug", from, from.AddDate(0, 0, 4), time.UTC)
	require.NoError(t, err)
	nan := math.NaN()
	require.Equal(t, fmt.Sprint([]float64{2, nan, 0, 0}), fmt.Sprint(got))
	got, err = stock.Demand(ctx, "pot", from, from.AddDate(0, 0, 3), time.UTC)
	require.NoError(t, err)
	require.Equal(t, []float64{0, 0, 0}, got, "one is left")
}
