package ordersql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A checkout whose orders are kept in a database.
func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:shop?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := ordersql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	orders, err := order.New(store, &order.Options{Tx: db})
	if err != nil {
		log.Fatal(err)
	}
	shop, err := checkout.New(nil, orders, &checkout.Options{Tx: db})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := shop.Carts().Create(ctx, cart.Cart{ID: "c", Customer: "anna", Currency: money.EUR}); err != nil {
		log.Fatal(err)
	}
	if _, err := shop.Carts().Add(ctx, "c", cart.Line{SKU: "chair", Quantity: 4, Agreed: money.MustPrice("120", money.EUR)}); err != nil {
		log.Fatal(err)
	}
	o, err := shop.Place(ctx, checkout.Request{Key: "c", Cart: "c", OrderID: "order-1"})
	fmt.Println(o.ID, o.Status, err)
	o, err = store.Get(ctx, "order-1")
	fmt.Println(o.Lines[0].Quantity, o.Lines[0].SKU, o.Total, err)
	// Output:
	// order-1 paid <nil>
	// 4 chair 480.00 EUR <nil>
}

// An order and a row of the caller's own in the caller's transaction, which comes
// to nothing.
func ExampleStore_join() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:orders?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := ordersql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	if _, err := pool.Exec(`CREATE TABLE notes (text TEXT)`); err != nil {
		log.Fatal(err)
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := tx.Exec(`INSERT INTO notes (text) VALUES ('gift wrap')`); err != nil {
		log.Fatal(err)
	}
	inTx, end := db.Join(ctx, tx)
	_, err = store.Insert(inTx, sample("order-1"))
	fmt.Println(err)
	if err := tx.Rollback(); err != nil {
		log.Fatal(err)
	}
	end(false)
	_, err = store.Get(ctx, "order-1")
	fmt.Println(errors.Is(err, flywheel.ErrNotFound))
	// Output:
	// <nil>
	// true
}
