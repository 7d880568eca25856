// Package recommendsql keeps the facts and the models of package recommend in
// PostgreSQL or SQLite through database/sql. The caller brings the driver.
//
//	pool, err := sql.Open("pgx", dsn)
//	db := flywheel.OpenSQL(pool, flywheel.Postgres)
//	facts, models := recommendsql.New(db), recommendsql.NewSnapshots(db)
//	err = flywheel.Migrate(ctx, db, facts, models)
//	service, err := recommend.New(facts, nil)
//	trainer, err := recommend.NewTrainer(service, models, server, nil)
//
// # Tables
//
// flywheel_recommend_facts has a row per fact, numbered in the order of Append from the
// one row of flywheel_recommend_counter; flywheel_recommend_forgotten the hashes of
// facts that were forgotten, under the secret in flywheel_recommend_secret;
// flywheel_recommend_snapshots the models as bytes, by name and version. The migrations
// are plain files in goose's form.
//
// # Cost and locks
//
// An Append of any number of facts is four statements, five when something was ever
// forgotten; the rows travel as one JSON argument. It locks the counter, so that
// appends wait for each other: record in batches, as a consumer of the log does.
// Reading goes page by page, by the number or by an index on the actor, and locks
// nothing.
package recommendsql
