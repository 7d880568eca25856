-- +goose Up

-- The orders. lines is a JSON array that never changes, its amounts in minor
-- units of the order's currency; body is the rest of the order as JSON. Times are
-- microseconds since 1970.
CREATE TABLE flywheel_orders (
	id TEXT NOT NULL,
	customer TEXT NOT NULL,
	visitor TEXT NOT NULL,
	-- The visitor when there is no customer: with customer, whom the key belongs to.
	guest TEXT NOT NULL,
	request_key TEXT NOT NULL,
	fingerprint TEXT NOT NULL,
	cart TEXT,
	placed_at BIGINT NOT NULL,
	pending BIGINT NOT NULL,
	version BIGINT NOT NULL,
	lines TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE UNIQUE INDEX flywheel_orders_key ON flywheel_orders (customer, guest, request_key);

CREATE UNIQUE INDEX flywheel_orders_cart ON flywheel_orders (cart);

CREATE INDEX flywheel_orders_placed ON flywheel_orders (placed_at, id);

CREATE INDEX flywheel_orders_customer ON flywheel_orders (customer, placed_at, id);

CREATE INDEX flywheel_orders_pending ON flywheel_orders (placed_at, id) WHERE pending = 1;

-- +goose Down

DROP TABLE flywheel_orders;
