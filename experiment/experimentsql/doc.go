// Package experimentsql keeps exposures, sticky buckets and definitions of
// package experiment in PostgreSQL or SQLite through database/sql. The caller
// brings the driver.
//
//	db, err := sql.Open("pgx", dsn)
//	store := experimentsql.New(db, experimentsql.Postgres)
//	err = store.Migrate(ctx)
//	service, err := experiment.New(store, nil)
//	flags, err := flag.New(store, &flag.Options{Recorder: service, Sticky: true})
//
// # Tables
//
// flywheel_experiment_exposures holds who saw what, _buckets the sticky buckets,
// _definitions payloads and studies. The migrations are plain files in
// migrations/postgres and migrations/sqlite in goose's form; [Store.Migrate]
// applies them, or [Migrations] gives them to goose or golang-migrate.
//
// # Cost and locks
//
// Recording and assigning insert one row where there is none; saving a
// definition is one conditional statement. Exposures are read in pages of a
// thousand. Read committed is enough.
//
// SQLite should be opened with WAL, synchronous=FULL, a busy_timeout and
// immediate transactions (_txlock=immediate with modernc.org/sqlite).
package experimentsql
