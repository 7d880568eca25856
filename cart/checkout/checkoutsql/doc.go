// Package checkoutsql keeps the sessions of package checkout in PostgreSQL or SQLite
// through database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := checkoutsql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	sessions, err := checkout.NewSessions(store, &checkout.SessionOptions{Carts: carts, Orders: orders})
//
// # Tables
//
// flywheel_checkout_sessions has one row per session. Two unique indexes keep one
// open session per cart, and one session per idempotency key of a buyer. The
// migrations are plain files in goose's form.
//
// # Cost and locks
//
// Each call is one statement; a save is refused when the stored revision is another.
package checkoutsql
