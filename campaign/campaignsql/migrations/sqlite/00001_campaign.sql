-- +goose Up
CREATE TABLE flywheel_campaign_contacts (
	id TEXT NOT NULL PRIMARY KEY,
	version BIGINT NOT NULL,
	body TEXT NOT NULL -- JSON
);
CREATE TABLE flywheel_campaign_runs (
	id TEXT NOT NULL PRIMARY KEY,
	contact TEXT NOT NULL,
	journey TEXT NOT NULL,
	entered BIGINT NOT NULL,
	position BIGINT NOT NULL,
	due BIGINT, -- NULL where the run stands at a send
	subject TEXT, -- what may answer, NULL for nothing
	acts BIGINT NOT NULL,
	body TEXT NOT NULL -- JSON
);
CREATE INDEX flywheel_campaign_runs_contact ON flywheel_campaign_runs (contact);
CREATE INDEX flywheel_campaign_runs_due ON flywheel_campaign_runs (due, id, journey) WHERE due IS NOT NULL;
CREATE INDEX flywheel_campaign_runs_subject ON flywheel_campaign_runs (subject, entered, position, id) WHERE subject IS NOT NULL;
CREATE INDEX flywheel_campaign_runs_acts ON flywheel_campaign_runs (journey, acts);
CREATE TABLE flywheel_campaign_entries (
	contact TEXT NOT NULL,
	journey TEXT NOT NULL,
	key TEXT NOT NULL,
	at BIGINT NOT NULL,
	PRIMARY KEY (contact, journey, key)
);
CREATE TABLE flywheel_campaign_acts (
	seq BIGINT NOT NULL PRIMARY KEY,
	body TEXT NOT NULL -- JSON
);

-- +goose Down
DROP TABLE flywheel_campaign_acts;
DROP TABLE flywheel_campaign_entries;
DROP TABLE flywheel_campaign_runs;
DROP TABLE flywheel_campaign_contacts;
