// Package reviewsql keeps the reviews and questions of package review in PostgreSQL
// or SQLite through database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	store := reviewsql.New(db)
//	err = flywheel.Migrate(ctx, db, store)
//	reviews, err := review.New(store, nil)
//
// # Tables
//
// flywheel_review_posts has one row per post, flywheel_review_tallies one per product
// and month of writing and one for all months, flywheel_review_acts one per vote and
// report, flywheel_review_purchases one per customer, SKU and order. The migrations
// are plain files in goose's form.
//
// # Cost and locks
//
// Saving a post reads its row, writes it, and adds the difference to two tallies,
// whose rows concurrent saves of one product wait for. A vote changes one act and
// the counts of one post. Aggregates of any number of products are one statement.
// Listings read 200 posts at a time through an index and hold nothing in between; a
// filter by stars, language or purchase passes over other posts of the product.
package reviewsql
