// Package cartsql keeps the carts of package cart in PostgreSQL or SQLite through
// database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := cartsql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	carts, err := cart.New(store, nil)
//
// # Tables
//
// flywheel_carts has one row per cart. The migrations are plain files in goose's
// form.
//
// # Cost and locks
//
// Each call is one statement; a save is refused when the stored version is another.
// Listings read 200 carts at a time through an index and hold nothing in between.
// Carts that are due are claimed with SKIP LOCKED, so processes that let time pass
// take different ones.
package cartsql
