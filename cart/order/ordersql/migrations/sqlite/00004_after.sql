-- +goose Up

-- How the buyer calls the order, where its goods stand, and whether a parcel may be
-- sent; empty and 0 for orders of the express way.
ALTER TABLE flywheel_orders ADD COLUMN number TEXT;

ALTER TABLE flywheel_orders ADD COLUMN state TEXT NOT NULL DEFAULT '';

ALTER TABLE flywheel_orders ADD COLUMN to_ship BIGINT NOT NULL DEFAULT 0;

CREATE UNIQUE INDEX flywheel_orders_number ON flywheel_orders (number);

CREATE INDEX flywheel_orders_state ON flywheel_orders (state, placed_at, id) WHERE state <> '';

CREATE INDEX flywheel_orders_to_ship ON flywheel_orders (placed_at, id) WHERE to_ship = 1;

-- What orders are found by: e-mail address, SKUs, words.
CREATE TABLE flywheel_order_terms (
	term TEXT NOT NULL,
	order_id TEXT NOT NULL,
	PRIMARY KEY (term, order_id)
);

CREATE INDEX flywheel_order_terms_order ON flywheel_order_terms (order_id);

-- The last number of each series of documents: the row is locked from the number's
-- use to the commit, so that no number is missing.
CREATE TABLE flywheel_order_series (
	series TEXT NOT NULL PRIMARY KEY,
	last BIGINT NOT NULL
);

-- The documents by their numbers; what they say is in the body of the order.
CREATE TABLE flywheel_order_documents (
	series TEXT NOT NULL,
	number BIGINT NOT NULL,
	order_id TEXT NOT NULL,
	PRIMARY KEY (series, number)
);

-- +goose Down

DROP TABLE flywheel_order_documents;

DROP TABLE flywheel_order_series;

DROP TABLE flywheel_order_terms;

DROP INDEX flywheel_orders_to_ship;

DROP INDEX flywheel_orders_state;

DROP INDEX flywheel_orders_number;

ALTER TABLE flywheel_orders DROP COLUMN to_ship;

ALTER TABLE flywheel_orders DROP COLUMN state;

ALTER TABLE flywheel_orders DROP COLUMN number;
