package pricing_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func ExampleService_Listed() {
	ctx := context.Background()
	prices, err := pricing.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := prices.SaveList(ctx, pricing.List{ID: "shop", Entries: []pricing.Entry{{SKU: "mug", Unit: money.MustPrice("11.90", money.EUR)}}}); err != nil {
		fmt.Println(err)
		return
	}
	listed, err := prices.Listed(money.EUR, time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), "mug", "lamp")
	fmt.Println(listed, err)
	// Output: map[mug:11.90 EUR] <nil>
}

func TestListed(t *testing.T) {
	prices, err := pricing.New(nil, nil)
	require.NoError(t, err)
	later := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	_, err = prices.SaveList(t.Context(), pricing.List{ID: "shop", Entries: []pricing.Entry{
		{SKU: "screw", Unit: money.MustPrice("0.0125", money.EUR)}, {SKU: "mug", Unit: money.MustPrice("10", money.EUR)}, {SKU: "yen", Unit: money.MustPrice("100", money.JPY)},
	}})
	require.NoError(t, err)
	listed, err := prices.Listed(money.EUR, later, "screw", "mug", "yen", "")
	require.NoError(t, err)
	require.Equal(t, money.New(1, money.EUR), listed["screw"], "0.0125 is rounded")
	require.Equal(t, money.New(1000, money.EUR), listed["mug"])
	require.Len(t, listed, 2)
}
