// Package draftsql keeps the draft orders of package draft in PostgreSQL or SQLite
// through database/sql.
//
//	store := draftsql.New(db)
//	err := flywheel.Migrate(ctx, db, store)
//	drafts, err := draft.New(store, &draft.Options{Carts: carts, Sessions: sessions, Links: links})
//
// A draft is one row: what it is found by in columns, the rest as JSON. A save is one
// statement that names the version it replaces; where the answer to its COMMIT is lost,
// the store finds out whether it took effect.
package draftsql
