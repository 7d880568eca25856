package loyaltysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty"
	"github.com/flywheel-go/flywheel/loyalty/loyaltysql"
)

// What expires at midnight is found by any process that lets time pass.
func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:points?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *loyaltysql.Store = loyaltysql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	midnight := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	points, err := loyalty.New(store, &loyalty.Options{Now: func() time.Time { return midnight }})
	if err != nil {
		log.Fatal(err)
	}
	_, err = points.Apply(ctx, loyalty.Operation{
		Member: "anna", Key: "birthday", Kind: loyalty.Earn, Points: 50, At: midnight.AddDate(0, 0, -7), ExpiresAt: midnight,
	})
	fmt.Println(err)
	for more := true; more; {
		if more, err = points.Advance(ctx, midnight); err != nil {
			log.Fatal(err)
		}
		fmt.Println("settled:", more)
	}
	b, err := points.Balance(ctx, "anna")
	fmt.Println(b.Expired, err)
	// Output:
	// <nil>
	// settled: true
	// settled: false
	// 50 <nil>
}
