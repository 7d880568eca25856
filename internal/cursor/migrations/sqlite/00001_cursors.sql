-- +goose Up
CREATE TABLE flywheel_cursors (
	consumer TEXT NOT NULL PRIMARY KEY,
	position BIGINT NOT NULL,
	until BIGINT NOT NULL
);
CREATE TABLE flywheel_parked (
	consumer TEXT NOT NULL,
	position BIGINT NOT NULL,
	person TEXT NOT NULL,
	cause TEXT NOT NULL,
	attempts BIGINT NOT NULL,
	since BIGINT NOT NULL,
	retry BIGINT NOT NULL,
	dropped BOOLEAN NOT NULL,
	PRIMARY KEY (consumer, position)
);

-- +goose Down
DROP TABLE flywheel_parked;
DROP TABLE flywheel_cursors;
