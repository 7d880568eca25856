// Package inventorysql keeps the stock of package inventory in PostgreSQL or
// SQLite through database/sql. The caller brings the driver.
//
//	db, err := sql.Open("pgx", dsn)
//	store := inventorysql.New(db, inventorysql.Postgres)
//	err = store.Migrate(ctx)
//	stock, err := inventory.New(store, &inventory.Options{Tx: store})
//
// # Tables
//
// flywheel_inventory_levels holds the level of each item, _movements the ledger,
// to which rows are only added, and _reservations the promises. The migrations
// are plain files in migrations/postgres and migrations/sqlite in goose's form;
// [Store.Migrate] applies them, or load the files into goose. For golang-migrate
// copy the two sections of each file into its .up.sql and .down.sql.
//
// # Cost and locks
//
// A reservation of any number of lines is one transaction of five or six
// statements; the rows travel as one JSON argument, so each statement is
// prepared once. Batches lock levels in the order of their keys and do not
// deadlock each other; transactions that make several calls can, and are run
// again by [Store.InTx] when the server says so. Read committed is enough.
//
// SQLite should be opened with WAL, synchronous=FULL, a busy_timeout and
// immediate transactions (_txlock=immediate with modernc.org/sqlite).
package inventorysql
