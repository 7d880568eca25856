// Package paymentsql keeps the notices of payment.Inbox in PostgreSQL or SQLite
// through database/sql, so that each is applied once whichever process gets it. The
// caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := paymentsql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	inbox, err := payment.NewInbox(store, nil)
//
// # Tables, cost and locks
//
// flywheel_payment_notices has one row per notice. A claim is one conditional insert,
// settling one statement by key; nothing is locked while a notice is applied. The
// migrations are plain files in goose's form.
package paymentsql
