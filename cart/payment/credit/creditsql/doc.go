// Package creditsql keeps the store credit of package credit in PostgreSQL or SQLite
// through database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := creditsql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	credits, err := credit.New(store, nil)
//
// # Tables
//
// flywheel_credit_accounts has one row per account and currency with what can be
// spent, flywheel_credit_moves one per move, flywheel_credit_secret the secret of
// forgotten names. The migrations are plain files in goose's form.
//
// # Cost and locks
//
// A move locks the row of its balance, so that moves of one account in one currency
// wait for each other and those of others do not. A commit is one statement and
// locks the row of its hold alone. Holds that are over are found through a partial
// index when their account is moved next.
package creditsql
