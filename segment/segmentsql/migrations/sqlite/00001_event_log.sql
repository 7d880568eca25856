-- +goose Up
-- An event is inserted without a position, so that writers never wait for each
-- other. Readers give committed events their positions, one reader at a time,
-- holding the row of flywheel_event_head.
CREATE TABLE flywheel_events (
	arrival INTEGER PRIMARY KEY AUTOINCREMENT,
	position BIGINT,
	id TEXT NOT NULL,
	body TEXT NOT NULL
);
CREATE UNIQUE INDEX flywheel_events_id ON flywheel_events (id);
CREATE UNIQUE INDEX flywheel_events_position ON flywheel_events (position);
CREATE INDEX flywheel_events_arrived ON flywheel_events (arrival) WHERE position IS NULL;
CREATE TABLE flywheel_event_head (
	id INT NOT NULL PRIMARY KEY CHECK (id = 1),
	position BIGINT NOT NULL
);
INSERT INTO flywheel_event_head (id, position) VALUES (1, 0);
CREATE TABLE flywheel_event_cursors (
	consumer TEXT NOT NULL PRIMARY KEY,
	position BIGINT NOT NULL
);

-- +goose Down
DROP TABLE flywheel_event_cursors;
DROP TABLE flywheel_event_head;
DROP TABLE flywheel_events;
