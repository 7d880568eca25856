// Package inventorysql keeps the stock of package inventory in PostgreSQL or
// SQLite through database/sql. The caller brings the driver.
//
//	db, err := sql.Open("pgx", dsn)
//	handle := flywheel.OpenSQL(db, flywheel.Postgres)
//	store := inventorysql.New(handle)
//	err = flywheel.Migrate(ctx, handle, store)
//	stock, err := inventory.New(store, nil)
//
// # Tables
//
// flywheel_inventory_levels holds the level of each item, _movements the ledger,
// to which rows are only added, and _reservations the promises. _items says how SKUs are
// sold; _lots, _lot_moves and _recalls follow lots and serial numbers; _papers and
// _incoming hold transfers, counts and what is expected. The migrations
// are plain files in migrations/postgres and migrations/sqlite in goose's form;
// flywheel.Migrate applies them, or load the files into goose. For golang-migrate
// copy the two sections of each file into its .up.sql and .down.sql.
//
// # Cost and locks
//
// A step of a reservation of any number of lines is one transaction: in PostgreSQL a
// statement that locks the levels and reads the ledger and one that writes, in SQLite
// five, and before a later step one that reads the reservation. The rows travel as one
// JSON argument, so each statement is prepared once. What a transaction has locked or
// written it does not ask for again. Batches lock levels in the order of their keys and do not
// deadlock each other; transactions that make several calls can, and are run
// again by [Store.InTx] when the server says so. Read committed is enough.
//
// # Many buyers of one item
//
// Steps of reservations of one item that wait for each other in a process are made
// together: who comes to the head of the item's queue takes everybody who waits, up to
// 512, in one transaction of four round trips on PostgreSQL. Each reservation has rows of
// its own and is answered after the COMMIT. What stands alone goes as before, and calls
// within a transaction of the caller never wait for a group.
//
// SQLite should be opened with WAL, synchronous=FULL, a busy_timeout and
// immediate transactions (_txlock=immediate with modernc.org/sqlite).
package inventorysql
