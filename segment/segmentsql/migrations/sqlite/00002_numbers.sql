-- +goose Up
-- What was told stays as it was told; numbering writes narrow rows of its own, so
-- that polling finds no dead entries of changed events. The log of the old form
-- waits in flywheel_events_v1 until the store has carried it over.
DROP INDEX flywheel_events_id;
DROP INDEX flywheel_events_position;
DROP INDEX flywheel_events_arrived;
ALTER TABLE flywheel_events RENAME TO flywheel_events_v1;
CREATE UNIQUE INDEX flywheel_events_v1_position ON flywheel_events_v1 (position, arrival);
CREATE TABLE flywheel_events (
	arrival INTEGER PRIMARY KEY AUTOINCREMENT,
	key BLOB NOT NULL,
	told BIGINT NOT NULL,
	teller TEXT NOT NULL,
	name TEXT NOT NULL,
	time BIGINT NOT NULL,
	customer TEXT NOT NULL,
	visitor TEXT NOT NULL,
	body TEXT
);
CREATE UNIQUE INDEX flywheel_events_key ON flywheel_events (key);
CREATE INDEX flywheel_events_nameless ON flywheel_events (visitor, arrival) WHERE customer = '' AND visitor <> '';
CREATE TABLE flywheel_event_numbers (
	position BIGINT NOT NULL PRIMARY KEY,
	arrival BIGINT NOT NULL,
	received BIGINT NOT NULL,
	person TEXT NOT NULL,
	name TEXT NOT NULL
);
CREATE UNIQUE INDEX flywheel_event_numbers_arrival ON flywheel_event_numbers (arrival);
CREATE INDEX flywheel_event_numbers_person ON flywheel_event_numbers (person, position);
CREATE INDEX flywheel_event_numbers_name ON flywheel_event_numbers (name, position);
CREATE TABLE flywheel_event_links (
	visitor TEXT NOT NULL,
	position BIGINT NOT NULL,
	customer TEXT NOT NULL,
	since BIGINT NOT NULL,
	PRIMARY KEY (visitor, position)
);
CREATE INDEX flywheel_event_links_customer ON flywheel_event_links (customer, visitor);
DROP TABLE flywheel_event_head;
CREATE TABLE flywheel_event_head (
	id INT NOT NULL PRIMARY KEY CHECK (id = 1),
	position BIGINT NOT NULL,
	received BIGINT NOT NULL,
	settled BIGINT NOT NULL,
	secret BLOB NOT NULL
);
INSERT INTO flywheel_event_head (id, position, received, settled, secret) VALUES (1, 0, 0, 0, randomblob(32));

-- +goose Down
DROP TABLE flywheel_event_links;
DROP TABLE flywheel_event_numbers;
DROP TABLE flywheel_events;
ALTER TABLE flywheel_events_v1 RENAME TO flywheel_events;
DROP INDEX flywheel_events_v1_position;
CREATE UNIQUE INDEX flywheel_events_id ON flywheel_events (id);
CREATE UNIQUE INDEX flywheel_events_position ON flywheel_events (position);
CREATE INDEX flywheel_events_arrived ON flywheel_events (arrival) WHERE position IS NULL;
DROP TABLE flywheel_event_head;
CREATE TABLE flywheel_event_head (
	id INT NOT NULL PRIMARY KEY CHECK (id = 1),
	position BIGINT NOT NULL
);
INSERT INTO flywheel_event_head (id, position) VALUES (1, 0);
