// Package suppliersql keeps the suppliers and purchase orders of package supplier in
// PostgreSQL or SQLite through database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store, stock := suppliersql.New(db), inventorysql.New(db)
//	err = flywheel.Migrate(ctx, db, store, stock)
//	warehouse, err := inventory.New(stock, nil)
//	purchasing, err := supplier.New(store, &supplier.Options{Stock: warehouse})
//
// # Tables
//
// flywheel_supplier_suppliers has a row per supplier, flywheel_supplier_orders one per
// order with its lines as JSON, and flywheel_supplier_documents one per document, to
// which rows are only added. The migrations are plain files in goose's form.
//
// # Cost and locks
//
// Saving a supplier is one statement, saving an order one and another for its new
// documents; each locks the row of its own. Listings read pages of 200 orders by an
// index on the supplier, on the day, on what is open or on what inventory does not know
// yet.
package suppliersql
