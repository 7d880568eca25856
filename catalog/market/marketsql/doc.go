// Package marketsql keeps the watches and incidents of package market in PostgreSQL or
// SQLite through database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := marketsql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	watches := market.New(store)
//
// # Tables
//
// flywheel_market_watches has a row per watch and flywheel_market_breaches one per
// incident, both as JSON with the columns that are asked for. The migrations are plain
// files in goose's form.
//
// # Cost and locks
//
// A reading is read by one statement and saved by one, or two when there is an incident;
// it locks the row of its watch.
package marketsql
