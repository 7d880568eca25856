package livesql_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/live"
	"github.com/flywheel-go/flywheel/catalog/live/livesql"
	"github.com/flywheel-go/flywheel/catalog/live/livetest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/pricingsql"
)

// TestOneDatabase runs an event with its stock and prices in one database: of many
// claims at once so many succeed as the quota allows, and a claim whose answer is lost
// leaves nothing behind, in the event or in the stock.
func TestOneDatabase(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
		ctx := t.Context()
		pool := open(t)
		at := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
		now := func() time.Time { return at }
		stock, err := inventory.New(sqldbtest.Store(t, pool, d, inventorysql.New), &inventory.Options{Now: now, Hold: 24 * time.Hour})
		require.NoError(t, err)
		prices, err := pricing.New(sqldbtest.Store(t, pool, d, pricingsql.New), nil)
		require.NoError(t, err)
		lost, failing := errors.New("lost"), false
		store := livetest.Failing(sqldbtest.Store(t, pool, d, livesql.New), func(call string, after bool) error {
			if failing && call == "Claim" && after {
				return lost
			}
			return nil
		})
		events, err := live.New(store, &live.Options{Promotions: prices, Stock: stock, Now: now})
		require.NoError(t, err)
		require.NoError(t, stock.Receive(ctx, "delivery", []flywheel.Line{{SKU: "mug", Quantity: 10}}))
		_, err = events.Schedule(ctx, live.Event{ID: "e", Starts: at, Ends: at.Add(time.Hour), Slots: []live.Slot{
			{ID: "mug", Product: "mug", SKUs: []flywheel.SKU{"mug"}, Quota: 4, Price: money.PriceOf(money.New(500, money.EUR))},
		}})
		require.NoError(t, err)
		_, err = events.Start(ctx, "e")
		require.NoError(t, err)
		available := func() int64 {
			l, err := stock.Level(ctx, "mug")
			require.NoError(t, err)
			return l.Available()
		}
		require.Equal(t, int64(6), available())
		failing = true
		_, err = events.Claim(ctx, "e", "mug", "o-lost", 2)
		require.ErrorIs(t, err, lost)
		failing = false
		sold, err := events.Sold(ctx, "e")
		require.NoError(t, err)
		require.Empty(t, sold)
		won := 0
		for _, err := range suite.Parallel(8, func(i int) error {
			_, err := events.Claim(ctx, "e", "mug", fmt.Sprint("o-", i), 1)
			return err
		}) {
			if err == nil {
				won++
			} else {
				require.ErrorIs(t, err, live.ErrSoldOut)
			}
		}
		require.Equal(t, 4, won)
		require.Equal(t, int64(6), available())
		q, err := prices.Quote(pricing.Basket{Currency: money.EUR, At: at, Lines: []pricing.Line{{ID: "1", SKU: "mug", Quantity: 1, Agreed: money.PriceOf(money.New(900, money.EUR))}}})
		require.NoError(t, err)
		require.Equal(t, int64(500), q.Total.Minor())
		_, err = events.End(ctx, "e")
		require.NoError(t, err)
		require.Equal(t, int64(6), available())
	})
}
