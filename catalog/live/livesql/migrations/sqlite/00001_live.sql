-- +goose Up

-- The live events. Times are microseconds since 1970; due is when time alone ends the
-- event, mark that of the last save. body is the rest as JSON.
CREATE TABLE flywheel_live_events (
	id TEXT NOT NULL,
	starts INTEGER NOT NULL,
	ends INTEGER NOT NULL,
	due INTEGER,
	version INTEGER NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX flywheel_live_events_starts ON flywheel_live_events (starts, id);
CREATE INDEX flywheel_live_events_due ON flywheel_live_events (due, id) WHERE due IS NOT NULL;

-- Units of a slot that an order has.
CREATE TABLE flywheel_live_claims (
	event TEXT NOT NULL,
	slot TEXT NOT NULL,
	ref TEXT NOT NULL,
	quantity INTEGER NOT NULL,
	PRIMARY KEY (event, slot, ref)
) WITHOUT ROWID;

-- The sum of the claims of a slot.
CREATE TABLE flywheel_live_sold (
	event TEXT NOT NULL,
	slot TEXT NOT NULL,
	units INTEGER NOT NULL,
	PRIMARY KEY (event, slot)
) WITHOUT ROWID;

-- +goose Down

DROP TABLE flywheel_live_sold;
DROP TABLE flywheel_live_claims;
DROP TABLE flywheel_live_events;
