package pricingsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/pricingsql"
)

var mug = pricing.List{ID: "base", Entries: []pricing.Entry{{SKU: "mug", Unit: money.MustPrice("7.90", money.EUR)}}}

// A service whose prices are kept in a database.
func ExampleNew() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:prices?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	store := pricingsql.New(db, pricingsql.SQLite)
	if err := store.Migrate(ctx); err != nil {
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
func ExampleWithTx() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:rolled?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	store := pricingsql.New(db, pricingsql.SQLite)
	if err := store.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	saved, err := store.SaveList(pricingsql.WithTx(ctx, db, tx), mug)
	fmt.Println(saved.Version, err)
	if err := tx.Rollback(); err != nil {
		log.Fatal(err)
	}
	n := 0
	for range store.Lists(ctx) {
		n++
	}
	fmt.Println(n, "lists")
	// Output:
	// 1 <nil>
	// 0 lists
}
