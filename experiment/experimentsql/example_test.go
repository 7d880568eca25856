package experimentsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/experimentsql"
)

func ExampleNew() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:experiments?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := experimentsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	service, err := experiment.New(store, nil)
	if err != nil {
		log.Fatal(err)
	}
	err = service.Configure(experiment.Experiment{ID: "button", Arms: []experiment.Arm{{ID: "control"}, {ID: "green"}}})
	if err != nil {
		log.Fatal(err)
	}
	d, err := service.Expose(ctx, "button", experiment.Subject{Customer: "anna"})
	fmt.Println(d.In, err)
	list, err := service.Exposures(ctx, "button")
	fmt.Println(len(list), list[0].Unit, err)
	// Output:
	// true <nil>
	// 1 anna <nil>
}

// An exposure is recorded in the caller's own transaction.
func ExampleStore_join() {
	ctx := context.Background()
	pool, err := sql.Open("sqlite", "file:experiments2?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer pool.Close()
	pool.SetMaxOpenConns(1)
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := experimentsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		log.Fatal(err)
	}
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	inTx, end := db.Join(ctx, tx)
	err = store.Assign(inTx, "id", "u1", "button__0", "green")
	fmt.Println(err, tx.Rollback())
	end(false)
	buckets, err := store.Assignments(ctx, "id", "u1")
	fmt.Println(len(buckets), err)
	// Output:
	// <nil> <nil>
	// 0 <nil>
}

func ExampleStore_Migrations() {
	migrations := (*experimentsql.Store)(nil).Migrations()[0]
	goose, err := migrations.Goose(flywheel.Postgres)
	if err != nil {
		log.Fatal(err)
	}
	pairs, err := migrations.Pairs(flywheel.Postgres)
	if err != nil {
		log.Fatal(err)
	}
	files, _ := fs.Glob(goose, "*.sql")
	split, _ := fs.Glob(pairs, "*.sql")
	fmt.Println(files, split)
	// Output: [00001_experiment.sql] [00001_experiment.down.sql 00001_experiment.up.sql]
}
