package pricingsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/pricingsql"
)

var mug = pricing.List{ID: "base", Entries: []pricing.Entry{{SKU: "mug", Unit: money.MustPrice("7.90", money.EUR)}}}

// A service whose prices are kept in a database.
func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:prices?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := pricingsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	prices, err := pricing.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := prices.SaveList(ctx, mug); err != nil {
		log.Fatal(err)
	}
	quote, err := prices.Quote(pricing.Basket{
		Currency: money.EUR, At: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Lines: []pricing.Line{{ID: "1", SKU: "mug", Quantity: 2}},
	})
	fmt.Println(quote.Total, err)
	// Output:
	// 15.80 EUR <nil>
}

// A price changes in the caller's transaction, or not at all.
func ExampleStore_join() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:rolled?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := pricingsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	inTx, end := db.Join(ctx, tx)
	saved, err := store.SaveList(inTx, mug)
	fmt.Println(saved.Version, err)
	if err := tx.Rollback(); err != nil {
		log.Fatal(err)
	}
	end(false)
	n := 0
	for range store.Lists(ctx) {
		n++
	}
	fmt.Println(n, "lists")
	// Output:
	// 1 <nil>
	// 0 lists
}
