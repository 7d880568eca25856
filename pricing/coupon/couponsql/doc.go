// Package couponsql keeps the campaigns, codes and redemptions of package coupon in
// PostgreSQL or SQLite through database/sql. The caller brings the driver.
//
//	db, err := sql.Open("pgx", dsn)
//	store := couponsql.New(db, couponsql.Postgres)
//	err = store.Migrate(ctx)
//	coupons, err := coupon.New(store, nil)
//
// # Tables
//
// flywheel_coupon_campaigns, _codes, _tallies (what was used of each limit and
// budget) and _redemptions. The migrations are plain files in migrations/postgres
// and migrations/sqlite in goose's form; [Store.Migrate] applies them, or load the
// files into goose. For golang-migrate copy the two sections of each file into its
// .up.sql and .down.sql.
//
// # Cost and locks
//
// A redemption is one transaction: the row of its key, and for each tally one
// statement that adds to it if its limit allows. Tallies are locked in the order of
// their names, so redemptions wait for each other but never in a circle. What is
// used up is refused by reading alone. Read committed is enough.
//
// SQLite should be opened with WAL, synchronous=FULL, a busy_timeout and
// immediate transactions (_txlock=immediate with modernc.org/sqlite).
package couponsql
