package cartsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/cartsql"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A guest's cart that is left alone is reported once, whichever process looks.
func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:carts?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *cartsql.Store = cartsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	morning := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	carts, err := cart.New(store, &cart.Options{
		AbandonAfter: time.Hour,
		Now:          func() time.Time { return morning },
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			for _, e := range events {
				fmt.Println(e.Name, e.Visitor, e.Time.Format(time.TimeOnly))
			}
			return nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err = carts.Create(ctx, cart.Cart{ID: "c-1", Visitor: "phone", Currency: money.EUR}); err != nil {
		log.Fatal(err)
	}
	if _, err = carts.Add(ctx, "c-1", cart.Line{SKU: "MUG", Quantity: 1}); err != nil {
		log.Fatal(err)
	}
	for range 2 {
		more, err := carts.Advance(ctx, morning.Add(90*time.Minute))
		fmt.Println(more, err)
	}
	// Output:
	// add_to_cart phone 09:00:00
	// cart_abandoned phone 10:00:00
	// true <nil>
	// false <nil>
}
