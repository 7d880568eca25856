// Package segmentsql keeps the event log of package segment in PostgreSQL or
// SQLite, through database/sql; the caller brings the driver.
//
//	db, err := sql.Open("pgx", dsn)
//	store := segmentsql.New(db, segmentsql.Postgres)
//	err = store.Migrate(ctx)
//	log, err := segment.NewLog(store, nil)
//
// # Positions
//
// A sequence is no order to follow: a transaction that draws 7 may commit after
// one that drew 8, and a consumer that has read up to 8 never sees 7. Making
// every writer wait for a counter would cure that at the price of one writer at a
// time.
//
// Here writers do not wait. Append inserts events without a position; the column
// arrival, a sequence, notes the order. Read gives positions to events that are
// committed and have none, in order of arrival: one short transaction that holds
// the single row of flywheel_event_head, so that readers number one after the
// other. An event that commits late gets a late position. Positions have no gaps
// and are never given twice, since they are drawn and used in one transaction.
//
// A transaction that reads the log it has appended to numbers its own events and
// holds the row until it ends: others can append meanwhile, and read what is
// numbered, but number nothing. [segment.Log.Drain] reads outside.
//
// # Tables
//
// flywheel_events (arrival, position, id, body), flywheel_event_head and
// flywheel_event_cursors. The body is the event as JSON text. The migrations are
// plain files in goose's form. Append costs one statement for up to 256 events,
// an event of a dozen lines is about 1 KB.
//
// # Lost answers
//
// When the answer to a COMMIT is lost, Append looks for its events and tells what
// it finds; where that cannot be settled, the error matches
// flywheel.ErrUnknownOutcome and publishing again is safe, since the ID of an
// event is its key.
package segmentsql
