package marketsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/catalog/market/marketsql"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A rival sells below the agreed minimum; the incident is kept with its evidence.
func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:market?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *marketsql.Store = marketsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	watches := market.New(store)
	_, err = watches.Define(ctx, market.Watched{
		ID: "mug at rival", SKU: "mug", Seller: "rival", Rule: market.MinimumPrice{Minimum: money.New(1000, money.EUR), OpenAfter: 2},
	})
	fmt.Println(err)
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for i, minor := range []int64{990, 950, 1000} {
		_, change, err := watches.See(ctx, "mug at rival", noon.Add(time.Duration(i)*time.Hour), money.New(minor, money.EUR))
		fmt.Println(minor, change == market.Opened, change == market.Closed, err)
	}
	for b, err := range watches.Breaches(ctx, market.BreachFilter{}) {
		fmt.Println(b.Watch, b.Lowest, len(b.Evidence), b.Closed.Format(time.TimeOnly), err)
	}
	// Output:
	// <nil>
	// 990 false false <nil>
	// 950 true false <nil>
	// 1000 false true <nil>
	// mug at rival 9.50 EUR 2 14:00:00 <nil>
}
