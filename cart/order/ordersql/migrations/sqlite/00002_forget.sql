-- +goose Up

-- One row: the key of the hashes that ids of forgotten customers become.
CREATE TABLE flywheel_orders_secret (
	id INTEGER NOT NULL PRIMARY KEY,
	secret BLOB NOT NULL
);

-- +goose Down

DROP TABLE flywheel_orders_secret;
