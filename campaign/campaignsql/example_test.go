package campaignsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	_ "modernc.org/sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaignsql"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		panic(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1) // a database in memory is one connection's
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := campaignsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		panic(err)
	}

	at := time.Date(2026, 6, 1, 18, 0, 0, 0, time.UTC)
	var mail campaign.Recorder
	engine, err := campaign.New(store, &campaign.Options{
		Journeys: []campaign.Journey{campaign.Welcome("email")}, Sender: &mail, Now: func() time.Time { return at },
	})
	if err != nil {
		panic(err)
	}
	signUp := flywheel.Event{ID: "1", Name: flywheel.EventSignUp, Time: at, Customer: "anna"}
	err = engine.Consume(ctx, []flywheel.Entry{{Position: 1, Received: at.Add(1), Effective: at, Person: "c:anna", Event: signUp}})
	fmt.Println(err)
	_, err = engine.Deliver(ctx, at)
	fmt.Println(err, mail.Messages()[0].Template)
	// Output:
	// <nil>
	// <nil> welcome/hello
}
