-- +goose Up
CREATE TABLE flywheel_effects (
	id TEXT NOT NULL PRIMARY KEY,
	kind TEXT NOT NULL,
	contact TEXT NOT NULL,
	topic TEXT NOT NULL,
	provider TEXT NOT NULL,
	purpose TEXT NOT NULL,
	ref TEXT NOT NULL,
	seq BIGINT NOT NULL,
	position BIGINT NOT NULL,
	plan BIGINT NOT NULL,
	due BIGINT, -- NULL once it is settled; the end of the lease while it is leased
	not_after BIGINT,
	attempts BIGINT NOT NULL,
	failures BIGINT NOT NULL,
	state SMALLINT NOT NULL,
	reason TEXT NOT NULL,
	settled BIGINT,
	body TEXT NOT NULL
);
CREATE INDEX flywheel_effects_due ON flywheel_effects (kind, due, id, topic) WHERE due IS NOT NULL;
CREATE INDEX flywheel_effects_contact ON flywheel_effects (contact, kind);
CREATE INDEX flywheel_effects_ref ON flywheel_effects (ref) WHERE due IS NOT NULL;
CREATE INDEX flywheel_effects_dead ON flywheel_effects (kind, id) WHERE state = 4;

-- +goose Down
DROP TABLE flywheel_effects;
