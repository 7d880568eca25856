-- +goose Up

-- The stock of an item, that is of a SKU at a location.
CREATE TABLE flywheel_inventory_levels (
	sku TEXT COLLATE "C" NOT NULL,
	location TEXT COLLATE "C" NOT NULL,
	on_hand BIGINT NOT NULL DEFAULT 0,
	reserved BIGINT NOT NULL DEFAULT 0,
	backorder BIGINT NOT NULL DEFAULT 0,
	seq BIGINT NOT NULL DEFAULT 0,
	PRIMARY KEY (sku, location)
);

-- The ledger of each item. Rows are only ever added.
CREATE TABLE flywheel_inventory_movements (
	sku TEXT COLLATE "C" NOT NULL,
	location TEXT COLLATE "C" NOT NULL,
	seq BIGINT NOT NULL,
	kind TEXT NOT NULL,
	ref TEXT COLLATE "C" NOT NULL,
	attempt BIGINT NOT NULL,
	on_hand BIGINT NOT NULL,
	reserved BIGINT NOT NULL,
	reason TEXT NOT NULL,
	at BIGINT NOT NULL,
	on_hand_after BIGINT NOT NULL,
	reserved_after BIGINT NOT NULL,
	PRIMARY KEY (sku, location, seq)
);

CREATE UNIQUE INDEX flywheel_inventory_movements_key
	ON flywheel_inventory_movements (ref, attempt, sku, location, kind);

-- The promises. lines is a JSON array of {"sku", "quantity"}; times are
-- microseconds since 1970.
CREATE TABLE flywheel_inventory_reservations (
	ref TEXT COLLATE "C" NOT NULL,
	location TEXT COLLATE "C" NOT NULL,
	lines TEXT NOT NULL,
	state TEXT NOT NULL,
	expires BIGINT NOT NULL,
	attempt BIGINT NOT NULL,
	version BIGINT NOT NULL,
	PRIMARY KEY (ref)
);

CREATE INDEX flywheel_inventory_reservations_due
	ON flywheel_inventory_reservations (expires, ref)
	WHERE state NOT IN ('committed', 'released', 'expired');

-- +goose Down

DROP TABLE flywheel_inventory_reservations;
DROP TABLE flywheel_inventory_movements;
DROP TABLE flywheel_inventory_levels;
