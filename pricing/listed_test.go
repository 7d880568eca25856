package pricing_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
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

// Quantities of 0 and empty ones are no bounds; others that are none are refused by line.
func TestQuantitiesOfAFile(t *testing.T) {
	read := func(rows string) (quantities [][2]int64, err error) {
		for e, err := range pricing.ReadEntries(strings.NewReader("sku,unit,currency,min_quantity,max_quantity\n" + rows)) {
			if err != nil {
				return nil, err
			}
			quantities = append(quantities, [2]int64{e.MinQuantity, e.MaxQuantity})
		}
		return quantities, nil
	}
	got, err := read("a,5.00,EUR,0,0\nb,5.00,EUR,,\nc,5.00,EUR,2,9\n")
	require.NoError(t, err)
	require.Equal(t, [][2]int64{{0, 0}, {0, 0}, {2, 9}}, got)
	for _, quantities := range []string{"-1,", ",-1", "1.5,", "x,"} {
		_, err := read("a,5.00,EUR,0,0\nb,5.00,EUR," + quantities + "\n")
		require.ErrorIs(t, err, flywheel.ErrInvalid, quantities)
		require.ErrorContains(t, err, "line 3", quantities)
	}
}
