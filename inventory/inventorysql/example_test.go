package inventorysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:shop?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := inventorysql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	stock, err := inventory.New(store, &inventory.Options{Tx: db})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(stock.Receive(ctx, "delivery-1", []flywheel.Line{{SKU: "mug", Quantity: 3}}))
	fmt.Println(stock.Reserve(ctx, "order-1", []flywheel.Line{{SKU: "mug", Quantity: 4}}))
	// Output:
	// <nil>
	// inventory: mug at main: want 4, have 3
}

// The stock changes with a row of the caller's own, in the caller's transaction.
func ExampleStore_join() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:orders?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := inventorysql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	if _, err := pool.Exec(`CREATE TABLE orders (id TEXT PRIMARY KEY)`); err != nil {
		log.Fatal(err)
	}
	stock, err := inventory.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	mug := []flywheel.Line{{SKU: "mug", Quantity: 1}}
	fmt.Println(stock.Receive(ctx, "delivery-1", mug))

	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := tx.Exec(`INSERT INTO orders (id) VALUES ('order-1')`); err != nil {
		log.Fatal(err)
	}
	inTx, end := db.Join(ctx, tx)
	fmt.Println(stock.Reserve(inTx, "order-1", mug))
	if err := tx.Rollback(); err != nil {
		log.Fatal(err)
	}
	end(false)
	level, err := stock.Level(ctx, "mug")
	fmt.Println(level.Reserved, err)
	// Output:
	// <nil>
	// <nil>
	// 0 <nil>
}
