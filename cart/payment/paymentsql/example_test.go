package paymentsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/paymentsql"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:notices?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *paymentsql.Store = paymentsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	inbox, err := payment.NewInbox(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		first, err := inbox.Once(ctx, payment.Notice{ID: "n-1", Type: payment.NoticeCaptured}, func(context.Context) error { return nil })
		fmt.Println(first, err)
	}
	// Output:
	// true <nil>
	// false <nil>
}
