package creditsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/cart/payment/credit/creditsql"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Store credit pays for an order in the transaction that records it.
func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:credit?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *creditsql.Store = creditsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	credits, err := credit.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	if err := credits.Grant(ctx, "ann", "refund-1", money.New(2500, money.EUR), "refund of order 7"); err != nil {
		log.Fatal(err)
	}
	price := money.New(1999, money.EUR)
	fmt.Println(credits.Hold(ctx, "ann", "order-8", price, time.Now().Add(15*time.Minute)))
	fmt.Println(db.InTx(ctx, func(ctx context.Context) error {
		return credits.Commit(ctx, "ann", "order-8") // and record the order
	}))
	left, err := credits.Spendable(ctx, "ann", money.EUR)
	fmt.Println(left, err)
	// Output:
	// <nil>
	// <nil>
	// 5.01 EUR <nil>
}
