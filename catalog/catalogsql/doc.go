// Package catalogsql keeps the catalog of package catalog in PostgreSQL or SQLite
// through database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := catalogsql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	shop, err := catalog.New(store, nil)
//
// # Tables
//
// flywheel_catalog_products and flywheel_catalog_variants have one row per head and
// per variant, flywheel_catalog_slugs one per slug or redirect,
// flywheel_catalog_index the entries by which products are listed and filtered,
// flywheel_catalog_definitions one per channel, attribute, option set, type, category
// and collection. The migrations are plain files in goose's form.
//
// # Cost and locks
//
// A change writes each table with one statement, whatever the number of rows. One
// that concerns variants raises the counter of edits of their products, so that two
// changes of a product are never decided by the same state. Changes of products share
// a lock on the revision of the definitions, which a change of a definition takes
// alone. A page of a listing is one range of the primary key of the index.
package catalogsql
