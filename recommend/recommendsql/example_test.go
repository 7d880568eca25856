package recommendsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"log"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/recommendsql"
)

// Facts and models are in one database; a model that one process trains is loaded by
// another.
func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:recommend?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	var store *recommendsql.Store = recommendsql.New(db)
	var models *recommendsql.Snapshots = recommendsql.NewSnapshots(db)
	if err := flywheel.Migrate(ctx, db, store, models); err != nil {
		log.Fatal(err)
	}
	facts, err := recommend.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	monday := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	for i, other := range []flywheel.SKU{"MILK", "MILK", "BREAD"} {
		err := facts.Publish(ctx, flywheel.Event{
			ID: fmt.Sprint("purchase:", i), Name: flywheel.EventPurchase, Time: monday, Customer: flywheel.CustomerID(fmt.Sprint("customer-", i)),
			Lines: []flywheel.Line{{SKU: "TEA", Quantity: 1}, {SKU: other, Quantity: 1}},
		})
		if err != nil {
			log.Fatal(err)
		}
	}
	training, err := recommend.NewTrainer(facts, models, nil, &recommend.TrainerOptions{Learner: recommend.ItemKNN{}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(training.Train(ctx, monday.Add(time.Hour)))

	server := recommend.NewServer(nil, nil) // in another process
	serving, err := recommend.NewTrainer(facts, models, server, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(serving.Load(ctx, time.Now()), serving.Version())
	answer, err := server.Answer(recommend.Query{History: []flywheel.SKU{"TEA"}})
	fmt.Println(answer.Items[0].SKU, answer.Items[1].SKU, err)
	// Output:
	// <nil>
	// <nil> 1
	// MILK BREAD <nil>
}
