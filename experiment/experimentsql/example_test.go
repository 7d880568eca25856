package experimentsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"log"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/flywheel-go/flywheel/experiment"
	"github.com/flywheel-go/flywheel/experiment/experimentsql"
)

func ExampleNew() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:experiments?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	store := experimentsql.New(db, experimentsql.SQLite)
	if err := store.Migrate(ctx); err != nil {
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
func ExampleWithTx() {
	ctx := context.Background()
	db, err := sql.Open("sqlite", "file:experiments2?mode=memory&cache=shared")
	if err != nil {
		log.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	store := experimentsql.New(db, experimentsql.SQLite)
	if err := store.Migrate(ctx); err != nil {
		log.Fatal(err)
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		log.Fatal(err)
	}
	err = store.Assign(experimentsql.WithTx(ctx, db, tx), "id", "u1", "button__0", "green")
	fmt.Println(err, tx.Rollback())
	buckets, err := store.Assignments(ctx, "id", "u1")
	fmt.Println(len(buckets), err)
	// Output:
	// <nil> <nil>
	// 0 <nil>
}

func ExampleMigrations() {
	goose, pairs, err := experimentsql.Migrations(experimentsql.Postgres)
	if err != nil {
		log.Fatal(err)
	}
	files, _ := fs.Glob(goose, "*.sql")
	split, _ := fs.Glob(pairs, "*.sql")
	fmt.Println(files, split)
	// Output: [00001_experiment.sql] [00001_experiment.down.sql 00001_experiment.up.sql]
}
