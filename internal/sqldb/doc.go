// Package sqldb is the one layer between Flywheel's SQL stores and
// database/sql: transactions that travel in the context, the differences of
// PostgreSQL and SQLite, and migrations.
//
// # The problem
//
// A lost answer must not become a second purchase. Drivers retry, connections
// die between COMMIT and its acknowledgement, servers abort transactions that
// were fine on their own. Each store would have to know all of it; instead each
// store writes
//
//	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
//		_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_points (id, n) VALUES (?, ?)`, id, n)
//		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) { … is id there? … })
//		return err
//	})
//
// # Rules
//
//   - No write outside a transaction. [DB.Write] joins the transaction of the
//     context, else begins its own. Within a transaction that it joins it works
//     behind a savepoint, so a failed store call leaves nothing behind and the
//     transaction goes on, as with flywheel.Memory. A transaction is used by one
//     goroutine at a time.
//
//   - A transaction is run again only when this package began it and the server
//     itself said that it rolled back: SQLSTATE 40001 (serialization failure) or
//     40P01 (deadlock), or SQLITE_BUSY before a COMMIT took effect. What a driver
//     calls safe to retry is not asked. Attempts are bounded.
//
//   - An error of COMMIT is a rollback only with a class 40 SQLSTATE, 40003
//     (completion unknown) excepted, or when SQLite still has the transaction
//     open. After any other, [Tx.ReadBack] functions ask the database for what the transaction
//     wrote; it is atomic, so all of it is there or nothing. Found means
//     committed. Not found means rolled back in SQLite; in PostgreSQL the lost
//     COMMIT may still be under way, so the error matches
//     flywheel.ErrUnknownOutcome, as it does when there is no key to ask by.
//
//   - A statement that failed fails the Write around it, and one outside a Write
//     the transaction, in both dialects. A call whose context is over sends
//     nothing and harms nothing.
//
//   - Facts that nothing of the transaction depends on may wait in a [Later], which
//     writes them in one statement before COMMIT. They are undone with the savepoint
//     they were added in, and gathered again when the transaction is run again.
//
// [Each], [Select] and [Pages] read rows, each in a call that leaves none open.
//
// # Dialects
//
// Statements use ? placeholders, which become $1, $2, … for PostgreSQL, and the
// SQL that SQLite, PostgreSQL, CockroachDB and YugabyteDB share: no advisory
// locks, no LISTEN, no session state. Times are kept as microseconds since 1970
// ([Micros], [Time]). SQLite should be opened with WAL, synchronous=FULL, a
// busy_timeout and immediate transactions.
//
// In SQLite, statements that come again are kept prepared, at most 256 per DB, and
// freed with the DB; in PostgreSQL that is the driver's business.
//
// The package imports no driver: errors are read through the interfaces
// SQLState() string (pgx, lib/pq) and Code() int (modernc.org/sqlite).
package sqldb
