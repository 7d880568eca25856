package livesql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/live"
	"github.com/flywheel-go/flywheel/catalog/live/livesql"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:live?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *livesql.Store = livesql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	at := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	events, err := live.New(store, &live.Options{Now: func() time.Time { return at }})
	if err != nil {
		log.Fatal(err)
	}
	e, err := events.Schedule(ctx, live.Event{ID: "nov-11", Starts: at, Ends: at.Add(time.Hour)})
	fmt.Println(e.State, err)
	e, err = events.Start(ctx, "nov-11")
	fmt.Println(e.State, err)
	// Output:
	// scheduled <nil>
	// live <nil>
}
