// Package servicesql keeps the tickets of package service in PostgreSQL or SQLite
// through database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := servicesql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	tickets, err := service.New(store, &service.Options{…})
//
// # Tables
//
// flywheel_tickets has one row per ticket, flywheel_ticket_entries one per entry,
// flywheel_ticket_secret the secret of forgotten names. The migrations are plain
// files in goose's form.
//
// # Cost and locks
//
// A save is one statement for the ticket, refused when the stored version is
// another, and one for its entries. Listings read 200 tickets at a time through an
// index and hold nothing in between. Tickets that are due are claimed with SKIP
// LOCKED, so processes that let time pass take different ones.
package servicesql
