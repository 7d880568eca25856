-- +goose Up

-- The number of the last fact, one row, whose lock makes their order.
CREATE TABLE flywheel_recommend_counter (
	id INTEGER NOT NULL,
	last INTEGER NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;
INSERT INTO flywheel_recommend_counter (id, last) VALUES (1, 0);

-- Who chose what. One of customer and visitor at most is not ''. kind is the number of
-- the kind; at is microseconds since 1970; items is a JSON array of SKUs, details one of
-- {"q", "v", "c", "s", "p"} (quantity, value and currency, slot, propensity), '' for none.
CREATE TABLE flywheel_recommend_facts (
	seq INTEGER NOT NULL,
	id TEXT NOT NULL,
	customer TEXT NOT NULL,
	visitor TEXT NOT NULL,
	kind INTEGER NOT NULL,
	at INTEGER NOT NULL,
	session TEXT NOT NULL,
	device TEXT NOT NULL,
	policy TEXT NOT NULL,
	items TEXT NOT NULL,
	details TEXT NOT NULL,
	PRIMARY KEY (seq)
) WITHOUT ROWID;

CREATE UNIQUE INDEX flywheel_recommend_facts_id ON flywheel_recommend_facts (id);
CREATE INDEX flywheel_recommend_facts_customer ON flywheel_recommend_facts (customer, seq) WHERE customer <> '';
CREATE INDEX flywheel_recommend_facts_visitor ON flywheel_recommend_facts (visitor, seq) WHERE visitor <> '';

-- Hashes of the IDs of facts that were forgotten, and the secret under which they were
-- made, one row.
CREATE TABLE flywheel_recommend_forgotten (
	hash TEXT NOT NULL,
	PRIMARY KEY (hash)
) WITHOUT ROWID;
CREATE TABLE flywheel_recommend_secret (
	id INTEGER NOT NULL,
	secret BLOB NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

-- Models as bytes, each with its seal at the end.
CREATE TABLE flywheel_recommend_snapshots (
	name TEXT NOT NULL,
	version INTEGER NOT NULL,
	data BLOB NOT NULL,
	PRIMARY KEY (name, version)
);

-- +goose Down

DROP TABLE flywheel_recommend_snapshots;
DROP TABLE flywheel_recommend_secret;
DROP TABLE flywheel_recommend_forgotten;
DROP TABLE flywheel_recommend_facts;
DROP TABLE flywheel_recommend_counter;
