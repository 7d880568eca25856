-- +goose Up
-- The events within the windows of leaves, and the definitions of live segments.
CREATE TABLE flywheel_profile_moments (
	person TEXT NOT NULL,
	leaf TEXT NOT NULL,
	at BIGINT NOT NULL,
	position BIGINT NOT NULL,
	number BIGINT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (person, leaf, at, position)
);
CREATE TABLE flywheel_segment_definitions (
	profiles TEXT NOT NULL PRIMARY KEY,
	version BIGINT NOT NULL,
	configured TEXT NOT NULL,
	body TEXT NOT NULL
);

-- +goose Down
DROP TABLE flywheel_segment_definitions;
DROP TABLE flywheel_profile_moments;
