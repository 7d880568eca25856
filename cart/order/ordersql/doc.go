// Package ordersql keeps orders in PostgreSQL or SQLite through database/sql.
//
// # The problem
//
// Orders outlive processes, and an order must be recorded in one transaction with
// the stock it takes and the event that tells of it. This store does both: it is
// an order.Store that joins the transaction of its context, and a
// flywheel.Transactor that begins one for all stores on the same *sql.DB.
//
//	db, err := sql.Open("pgx", dsn)
//	store := ordersql.New(db, ordersql.Postgres)
//	err = store.Migrate(ctx)
//	orders, err := order.New(store, &order.Options{Tx: store})
//
// The program brings the driver: jackc/pgx/v5/stdlib for PostgreSQL,
// modernc.org/sqlite for SQLite, opened with WAL, synchronous=FULL, a
// busy_timeout and _txlock=immediate.
//
// # Concepts
//
// Columns hold what is looked for: buyer and key, cart, number, customer, time, where
// the goods stand, and whether work is outstanding or a parcel may be sent; a table of
// terms holds e-mail addresses, SKUs and words. The lines of the day of the order are
// written once; a save writes the rest. The numbers of invoices and credit notes come
// from one row per series, which is locked until the commit: papers have no gaps, and
// orders whose papers are written at the same time wait for each other.
// A transaction that a server asks to run again is run again; when the answer
// to a COMMIT is lost, the store finds the outcome by the order's id and version,
// else the error matches flywheel.ErrUnknownOutcome.
//
// The files in migrations are plain SQL with goose's annotations. Who runs
// migrations with goose or golang-migrate applies them there instead of calling
// [Store.Migrate].
//
// # Units
//
// Times are microseconds since 1970, amounts of lines minor units.
//
// # Concurrency
//
// A Store is safe for concurrent use. Isolation is read committed; what must not
// happen twice is one statement with a condition or a unique index.
package ordersql
