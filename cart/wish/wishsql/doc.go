// Package wishsql keeps the lists of package wish in PostgreSQL or SQLite through
// database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := wishsql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	wishes, err := wish.New(store, nil)
//
// # Tables, cost and locks
//
// flywheel_wishes has one row for each list, flywheel_wish_watches one for each watch,
// by which a SKU finds who waits for it. A save is one transaction of a few statements,
// refused when the stored version is another; nothing else takes a lock. The migrations
// are plain files in goose's form.
package wishsql
