// Package segmentsql keeps the event log and the profiles of package segment in
// PostgreSQL or SQLite, through database/sql; the caller brings the driver.
//
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	events, people := segmentsql.New(db), segmentsql.NewProfiles(db)
//	err := flywheel.Migrate(ctx, db, events, people)
//	log, err := segment.NewLog(events, nil)
//
// # Positions
//
// A sequence is no order to follow: a transaction that draws 7 may commit after
// one that drew 8, and a consumer that has read up to 8 never sees 7. Making
// every writer wait for a counter would cure that at the price of one writer at a
// time.
//
// Here writers do not wait. Append inserts events, those of one transaction by one
// statement before its COMMIT; the column arrival, a sequence, notes the order. Number gives committed events their places in one short
// transaction that holds the single row of flywheel_event_head, and writes a narrow
// row for each (position, received, person, name) in a table of its own: the event
// stays as it was told, and polling finds no dead entries. An event that commits
// late gets a late position. Reading never writes.
//
// Numbering looks at the arrivals after the last one that is settled: everything up
// to it has its place or was rolled back. Where arrivals are missing those of the
// last minute stay open; an event of a transaction that runs for longer is found by
// a sweep that looks again at a few settled arrivals whenever there is nothing else
// to number.
//
// # Tables
//
// flywheel_events (arrival, key, told, teller, name, time, customer, visitor, body),
// flywheel_event_numbers (position, arrival, received, person, name) with indexes on
// arrival, (person, position) and (name, position), flywheel_event_links and
// flywheel_event_head. The body is the event as JSON text; key is a hash of the ID
// under a secret of the log, by which an erased event is still known.
//
// flywheel_profiles has one small row per alias of a person; links, memberships and
// counts of values are rows of flywheel_profile_links, _members and _values, and the
// events within the windows of leaves are rows of flywheel_profile_moments.
// flywheel_segment_definitions has one row per name of profiles; a transaction that
// evaluates segments reads it with a shared lock, so that none does it by definitions
// that are being replaced.
//
// flywheel_live_states has one row per customer, device and account of segment.Live, with
// its state as base64 text; links and memberships are rows of flywheel_live_links and
// _members, and flywheel_live_definitions is as flywheel_segment_definitions.
//
// A log of the form before (version 1 of the migrations) is carried over by the
// first call after the migration: positions, IDs and cursors stay; received is each
// event's own time, as far as it does not run backwards.
//
// # Processes, restarts, bad events
//
// Any number of processes append, number and follow; a cursor row that is locked is
// the ownership of a consumer's turn. A process that dies leaves nothing half done.
// When the answer to a COMMIT is lost, the store looks for what it wrote and says
// what it finds; where that cannot be settled, the error matches
// flywheel.ErrUnknownOutcome and publishing again is safe, since the ID of an event
// is its key.
package segmentsql
