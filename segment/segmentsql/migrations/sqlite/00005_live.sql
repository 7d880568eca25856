-- +goose Up
-- What segments of package live remember: a row for each customer, device and account.
CREATE TABLE flywheel_live_states (
	number INTEGER PRIMARY KEY AUTOINCREMENT,
	alias TEXT NOT NULL,
	version BIGINT NOT NULL,
	due BIGINT,
	body TEXT NOT NULL
);
CREATE UNIQUE INDEX flywheel_live_states_alias ON flywheel_live_states (alias);
CREATE INDEX flywheel_live_states_due ON flywheel_live_states (due, alias) WHERE due IS NOT NULL;
CREATE TABLE flywheel_live_members (
	segment TEXT NOT NULL,
	person TEXT NOT NULL,
	PRIMARY KEY (segment, person)
);
CREATE INDEX flywheel_live_members_person ON flywheel_live_members (person);
CREATE TABLE flywheel_live_links (
	visitor TEXT NOT NULL,
	place BIGINT NOT NULL,
	customer TEXT NOT NULL,
	PRIMARY KEY (visitor, place)
);
CREATE INDEX flywheel_live_links_customer ON flywheel_live_links (customer, visitor);
CREATE TABLE flywheel_live_definitions (
	live TEXT NOT NULL PRIMARY KEY,
	version BIGINT NOT NULL,
	configured TEXT NOT NULL,
	body TEXT NOT NULL
);

-- +goose Down
DROP TABLE flywheel_live_definitions;
DROP TABLE flywheel_live_links;
DROP TABLE flywheel_live_members;
DROP TABLE flywheel_live_states;
