-- +goose Up

-- The carts. Times are microseconds since 1970; due is the next instant at which
-- time alone changes the cart, mark that of the last save. body is the rest as
-- JSON.
CREATE TABLE flywheel_carts (
	id TEXT NOT NULL,
	customer TEXT NOT NULL,
	visitor TEXT NOT NULL,
	status TEXT NOT NULL,
	updated_at INTEGER NOT NULL,
	due INTEGER,
	version INTEGER NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX flywheel_carts_updated ON flywheel_carts (updated_at, id);
CREATE INDEX flywheel_carts_status ON flywheel_carts (status, updated_at, id);
CREATE INDEX flywheel_carts_customer ON flywheel_carts (customer, updated_at, id) WHERE customer <> '';
CREATE INDEX flywheel_carts_visitor ON flywheel_carts (visitor, updated_at, id) WHERE visitor <> '';
CREATE INDEX flywheel_carts_due ON flywheel_carts (due, id) WHERE due IS NOT NULL;

-- +goose Down

DROP TABLE flywheel_carts;
