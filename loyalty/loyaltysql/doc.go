// Package loyaltysql keeps the points of package loyalty in PostgreSQL or SQLite
// through database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := loyaltysql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	points, err := loyalty.New(store, nil)
//
// # Tables
//
// flywheel_loyalty_accounts has one row of constant size per member; _lots,
// _holds, _orders, _receipts and _activity what it consists of, _entries the
// bookings, and _programs the lists of programs. The migrations are plain files in
// goose's form.
//
// # Cost and locks
//
// A change reads and writes the rows that it concerns, through indexes, however
// many lots and orders the member has. An account that is loaded for a change is
// locked until the end of the transaction, so two processes cannot burn the same
// points; what is due is claimed with SKIP LOCKED, so they settle different
// members. Read committed is enough. Each save raises the version of the account,
// and one of an older version is refused.
package loyaltysql
