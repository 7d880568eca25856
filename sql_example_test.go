package flywheel_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order/ordersql"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorysql"
)

// A database is opened once, and every store is made on it.
func ExampleOpenSQL() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	pool, err := sql.Open("sqlite", flywheel.SQLiteDSN(filepath.Join(dir, "shop.db")))
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()

	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	goods, orders := inventorysql.New(db), ordersql.New(db)
	if err := flywheel.Migrate(ctx, db, goods, orders); err != nil {
		log.Fatal(err)
	}
	stock, err := inventory.New(goods, nil)
	if err != nil {
		log.Fatal(err)
	}

	// Two changes, and what follows once they are there.
	mug := []flywheel.Line{{SKU: "mug", Quantity: 3}}
	err = db.InTx(ctx, func(ctx context.Context) error {
		flywheel.AfterCommit(ctx, func(context.Context) { fmt.Println("committed") })
		if err := stock.Receive(ctx, "delivery-1", mug); err != nil {
			return err
		}
		return stock.Reserve(ctx, "order-1", mug)
	})
	level, _ := stock.Level(ctx, "mug")
	fmt.Println(level.Reserved, err)

	// The caller's own transaction, which comes to nothing.
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	inTx, end := db.Join(ctx, tx)
	fmt.Println(stock.Release(inTx, "order-1"), tx.Rollback())
	end(false)
	level, _ = stock.Level(ctx, "mug")
	fmt.Println(level.Reserved)

	var misused *flywheel.TxError
	fmt.Println(errors.As(stock.Release(inTx, "order-1"), &misused), misused)
	// Output:
	// committed
	// 3 <nil>
	// <nil> <nil>
	// 3
	// true transaction: the one of this context has ended
}

// The files of a store, for those who migrate with a tool of their own.
func ExampleMigrations() {
	var store flywheel.SQLStore = ordersql.New(nil)
	for _, m := range store.Migrations() {
		goose, err := m.Goose(flywheel.Postgres)
		if err != nil {
			log.Fatal(err)
		}
		files, _ := fs.Glob(goose, "*.sql")
		pairs, err := m.Pairs(flywheel.SQLite)
		if err != nil {
			log.Fatal(err)
		}
		split, _ := fs.Glob(pairs, "*.sql")
		fmt.Println(m.Package, files, split)
	}
	// Output:
	// order [00001_orders.sql 00002_forget.sql 00003_customer.sql 00004_after.sql] [00001_orders.down.sql 00001_orders.up.sql 00002_forget.down.sql 00002_forget.up.sql 00003_customer.down.sql 00003_customer.up.sql 00004_after.down.sql 00004_after.up.sql]
	// effect [00001_effects.sql] [00001_effects.down.sql 00001_effects.up.sql]
}
