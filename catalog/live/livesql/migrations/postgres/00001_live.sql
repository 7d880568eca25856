-- +goose Up

-- The live events. Times are microseconds since 1970; due is when time alone ends the
-- event, mark that of the last save. body is the rest as JSON.
CREATE TABLE flywheel_live_events (
	id TEXT COLLATE "C" NOT NULL,
	starts BIGINT NOT NULL,
	ends BIGINT NOT NULL,
	due BIGINT,
	version BIGINT NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX flywheel_live_events_starts ON flywheel_live_events (starts, id);
CREATE INDEX flywheel_live_events_due ON flywheel_live_events (due, id) WHERE due IS NOT NULL;

-- Units of a slot that an order has.
CREATE TABLE flywheel_live_claims (
	event TEXT COLLATE "C" NOT NULL,
	slot TEXT COLLATE "C" NOT NULL,
	ref TEXT COLLATE "C" NOT NULL,
	quantity BIGINT NOT NULL,
	PRIMARY KEY (event, slot, ref)
);

-- The sum of the claims of a slot.
CREATE TABLE flywheel_live_sold (
	event TEXT COLLATE "C" NOT NULL,
	slot TEXT COLLATE "C" NOT NULL,
	units BIGINT NOT NULL,
	PRIMARY KEY (event, slot)
);

-- +goose Down

DROP TABLE flywheel_live_sold;
DROP TABLE flywheel_live_claims;
DROP TABLE flywheel_live_events;
