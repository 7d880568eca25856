package segmentsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmentsql"
	_ "modernc.org/sqlite"
)

func Example() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	pool, err := sql.Open("sqlite", flywheel.SQLiteDSN(filepath.Join(dir, "shop.db")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()

	ctx := context.Background()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	store := segmentsql.New(db)
	if err := flywheel.Migrate(ctx, db, store); err != nil {
		fmt.Println(err)
		return
	}
	log, err := segment.NewLog(store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	// The caller's own transaction: the event is there when the change is.
	tx, err := pool.BeginTx(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	signUp := flywheel.Event{ID: "sign_up:ann", Name: flywheel.EventSignUp, Customer: "ann",
		Time: time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)}
	inTx, end := db.Join(ctx, tx)
	if err := log.Publish(inTx, signUp); err != nil {
		fmt.Println(err)
		return
	}
	if err := tx.Commit(); err != nil {
		fmt.Println(err)
		return
	}
	end(true)
	if _, err := log.Number(ctx); err != nil {
		fmt.Println(err)
		return
	}
	entries, err := log.Read(ctx, 0, 10)
	fmt.Println(len(entries), entries[0].Position, entries[0].Event.ID, err)
	// Output: 1 1 sign_up:ann <nil>
}

// The files, for those who migrate with goose or golang-migrate.
func ExampleStore_Migrations() {
	migrations := (*segmentsql.Store)(nil).Migrations()[0]
	goose, err := migrations.Goose(flywheel.Postgres)
	if err != nil {
		fmt.Println(err)
		return
	}
	pairs, err := migrations.Pairs(flywheel.Postgres)
	if err != nil {
		fmt.Println(err)
		return
	}
	forGoose, _ := fs.Glob(goose, "*.sql")
	forGolangMigrate, _ := fs.Glob(pairs, "*.sql")
	fmt.Println(forGoose)
	fmt.Println(forGolangMigrate)
	// Output:
	// [00001_event_log.sql 00002_numbers.sql 00003_profiles.sql 00004_windows.sql 00005_live.sql]
	// [00001_event_log.down.sql 00001_event_log.up.sql 00002_numbers.down.sql 00002_numbers.up.sql 00003_profiles.down.sql 00003_profiles.up.sql 00004_windows.down.sql 00004_windows.up.sql 00005_live.down.sql 00005_live.up.sql]
}

// Profiles beside the log: one database, so that a change and what it tells are one.
func ExampleNewProfiles() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	pool, err := sql.Open("sqlite", flywheel.SQLiteDSN(filepath.Join(dir, "shop.db")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()

	ctx := context.Background()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	events, people := segmentsql.New(db), segmentsql.NewProfiles(db)
	if err := flywheel.Migrate(ctx, db, events, people); err != nil {
		fmt.Println(err)
		return
	}
	log, _ := segment.NewLog(events, nil)
	profiles, _ := segment.NewProfiles(people, &segment.ProfileOptions{Sink: log})
	runner, err := segment.NewRunner(log, nil, profiles)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = log.Publish(ctx, flywheel.Event{ID: "1", Name: flywheel.EventSignUp, Customer: "ann", Time: time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)})
	fmt.Println(err, runner.Drain(ctx))
	ann, err := profiles.Get(ctx, "ann")
	fmt.Println(ann.Events, err)
	// Output:
	// <nil> <nil>
	// 1 <nil>
}

// Live segments in a database: another constructor, the rest is the same.
func ExampleNewLive() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	pool, err := sql.Open("sqlite", flywheel.SQLiteDSN(filepath.Join(dir, "shop.db")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()
	ctx := context.Background()
	db := flywheel.OpenSQL(pool, flywheel.SQLite)
	events, states := segmentsql.New(db), segmentsql.NewLive(db)
	if err := flywheel.Migrate(ctx, db, events, states); err != nil {
		fmt.Println(err)
		return
	}
	log, err := segment.NewLog(events, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	segments, err := segment.NewLive(states, &segment.LiveOptions{Sink: log, Log: log})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(segments.Name(), segments.Segments())
	// Output: segment.Live []
}
