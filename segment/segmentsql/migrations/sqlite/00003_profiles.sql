-- +goose Up
-- A profile is small and constant in size; what grows with events is rows: links,
-- memberships, and the counts of values.
CREATE TABLE flywheel_profiles (
	number INTEGER PRIMARY KEY AUTOINCREMENT,
	person TEXT NOT NULL,
	version BIGINT NOT NULL,
	due BIGINT,
	body TEXT NOT NULL
);
CREATE UNIQUE INDEX flywheel_profiles_person ON flywheel_profiles (person);
CREATE INDEX flywheel_profiles_due ON flywheel_profiles (due, person) WHERE due IS NOT NULL;
CREATE TABLE flywheel_profile_members (
	segment TEXT NOT NULL,
	person TEXT NOT NULL,
	PRIMARY KEY (segment, person)
);
CREATE INDEX flywheel_profile_members_person ON flywheel_profile_members (person);
CREATE TABLE flywheel_profile_links (
	visitor TEXT NOT NULL,
	position BIGINT NOT NULL,
	customer TEXT NOT NULL,
	since BIGINT NOT NULL,
	PRIMARY KEY (visitor, position)
);
CREATE INDEX flywheel_profile_links_customer ON flywheel_profile_links (customer, visitor);
CREATE TABLE flywheel_profile_values (
	person TEXT NOT NULL,
	name TEXT NOT NULL,
	value TEXT NOT NULL,
	count BIGINT NOT NULL,
	PRIMARY KEY (person, name, value)
);

-- +goose Down
DROP TABLE flywheel_profile_values;
DROP TABLE flywheel_profile_links;
DROP TABLE flywheel_profile_members;
DROP TABLE flywheel_profiles;
