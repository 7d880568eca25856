package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/replenish"
)

// A planner that is started again in mid-year plans as the one that never
// stopped.
func TestOutlookStartsAnewToTheSame(t *testing.T) {
	history := make([]float64, 50)
	for i := range history {
		history[i] = math.Floor(20 + 10*math.Sin(float64(i*i)))
		if i == 5 {
			history[i] = 900 // a dealer
		}
	}
	var followed outlook
	for n := 1; n <= len(history); n++ {
		require.NoError(t, followed.follow("mug", history[:n]))
		if n%7 != 0 {
			continue
		}
		var anew outlook
		require.NoError(t, anew.follow("mug", history[:n]))
		want, err := followed.fit.Forecast(3, 0.9)
		require.NoError(t, err)
		got, err := anew.fit.Forecast(3, 0.9)
		require.NoError(t, err)
		require.Equal(t, want, got, n)
		require.Equal(t, followed.limit, anew.limit)
	}
	require.Less(t, followed.limit, 900.0, "a dealer's order is not expected again")
}

// The week of the first sale is no demand that is expected: an item that sold a
// single time is not ordered again.
func TestFirstSaleIsNoDemand(t *testing.T) {
	item := replenish.Item{SKU: flywheel.SKU("mug")}
	var o outlook
	for _, history := range [][]float64{nil, {40}, {40, 0, 0, 0, 0, 0}} {
		n, err := quantity(&o, item, history, 7)
		require.NoError(t, err)
		require.Zero(t, n)
	}
	n, err := quantity(new(outlook), item, []float64{40, 6, 5, 7, 6, 5, 6}, 7)
	require.NoError(t, err)
	require.Greater(t, n, int64(10))
	require.Less(t, n, int64(30))
}
