// Package campaignsql keeps contacts and runs of package campaign in PostgreSQL or
// SQLite.
//
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := campaignsql.New(db)
//	err := flywheel.Migrate(ctx, db, store)
//	engine, err := campaign.New(store, &campaign.Options{Journeys: journeys, Sender: mail})
//
// # Tables
//
// A contact is a row of constant size, locked while a worker decides about it. A
// run is a row that is deleted when it ends: columns and indexes for what is looked
// for (contact, due, subject, acts not heard of), JSON for the rest. An entry is a
// row where a re-entry rule asks for it. What operators did with journeys is a table
// of acts that everybody reads behind the last one known. Messages are the rows of
// flywheel_effects, which other packages share.
//
// # Cost and concurrency
//
// Loading, saving and finding are one or two statements each, whatever the number
// of contacts; rows travel as one JSON argument. Every statement finds its rows by
// an index. In PostgreSQL, due runs and contacts that another worker has are passed
// over (FOR UPDATE SKIP LOCKED), so processes share the work; in SQLite there is
// one writer. A worker that dies loses its locks with its connection.
package campaignsql
