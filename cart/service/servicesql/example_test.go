package servicesql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/cart/service/servicesql"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:tickets?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *servicesql.Store = servicesql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	tickets, err := service.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	t, err := tickets.Open(ctx, service.Request{ID: "t-1", Customer: "ann", Order: "o-7", Subject: "a cup is broken"})
	fmt.Println(t.Status, err)
	t, err = tickets.Reply(ctx, "t-1", service.Note{Key: "mail-1", Text: "Which one?"}, true)
	fmt.Println(t.Status, t.Entries, err)
	t, err = tickets.Reply(ctx, "t-1", service.Note{Key: "mail-1", Text: "Which one?"}, true)
	fmt.Println(t.Status, t.Entries, err)
	// Output:
	// open <nil>
	// waiting 2 <nil>
	// waiting 2 <nil>
}
