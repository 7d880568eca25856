// Package livesql keeps the live events and claims of package live in PostgreSQL or
// SQLite through database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := livesql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	events, err := live.New(store, nil)
//
// # Tables
//
// flywheel_live_events has one row per event, flywheel_live_claims one per claim,
// flywheel_live_sold one per slot with its units. The migrations are plain files in
// goose's form.
//
// # Cost and locks
//
// A claim is two statements: its own row, and the units of its slot if they stay
// within the quota, for which claims of one slot wait for each other.
package livesql
