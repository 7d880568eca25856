// Package pricingsql keeps price lists and promotions in PostgreSQL or SQLite
// through database/sql.
//
// # The problem
//
// Prices are changed by many people and programs and read by all servers of a
// shop. This store keeps them, refuses the save of a stale version, and joins
// the caller's transaction, so that a price and what it depends on change
// together:
//
//	db, err := sql.Open("pgx", dsn)
//	store := pricingsql.New(db, pricingsql.Postgres)
//	err = store.Migrate(ctx)
//	prices, err := pricing.New(store, nil)
//	err = prices.Reload(ctx)
//
// The program brings the driver: jackc/pgx/v5/stdlib for PostgreSQL,
// modernc.org/sqlite for SQLite, opened with WAL, synchronous=FULL, a
// busy_timeout and _txlock=immediate.
//
// # Concepts
//
// A list is one row and a row for each entry, by which SKU a price can be found;
// a promotion is one row. When the answer to a COMMIT is lost, the store finds
// the outcome by id and version, else the error matches
// flywheel.ErrUnknownOutcome.
//
// The files in migrations are plain SQL with goose's annotations. Who runs
// migrations with goose or golang-migrate applies them there instead of calling
// [Store.Migrate].
//
// # Units
//
// Prices are decimals with the code of their currency, as in "0.0125 EUR".
//
// # Concurrency
//
// A Store is safe for concurrent use. A save is one conditional statement, and
// a list is read by one.
package pricingsql
