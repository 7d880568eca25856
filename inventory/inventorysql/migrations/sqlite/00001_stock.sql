-- +goose Up

-- The stock of an item, that is of a SKU at a location.
CREATE TABLE flywheel_inventory_levels (
	sku TEXT NOT NULL,
	location TEXT NOT NULL,
	on_hand INTEGER NOT NULL DEFAULT 0,
	reserved INTEGER NOT NULL DEFAULT 0,
	backorder INTEGER NOT NULL DEFAULT 0,
	seq INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (sku, location)
) WITHOUT ROWID;

-- The ledger of each item. Rows are only ever added.
CREATE TABLE flywheel_inventory_movements (
	sku TEXT NOT NULL,
	location TEXT NOT NULL,
	seq INTEGER NOT NULL,
	kind TEXT NOT NULL,
	ref TEXT NOT NULL,
	attempt INTEGER NOT NULL,
	on_hand INTEGER NOT NULL,
	reserved INTEGER NOT NULL,
	reason TEXT NOT NULL,
	at INTEGER NOT NULL,
	on_hand_after INTEGER NOT NULL,
	reserved_after INTEGER NOT NULL,
	PRIMARY KEY (sku, location, seq)
) WITHOUT ROWID;

CREATE UNIQUE INDEX flywheel_inventory_movements_key
	ON flywheel_inventory_movements (ref, attempt, sku, location, kind);

-- The promises. lines is a JSON array of {"sku", "quantity"}; times are
-- microseconds since 1970.
CREATE TABLE flywheel_inventory_reservations (
	ref TEXT NOT NULL,
	location TEXT NOT NULL,
	lines TEXT NOT NULL,
	state TEXT NOT NULL,
	expires INTEGER NOT NULL,
	attempt INTEGER NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (ref)
) WITHOUT ROWID;

CREATE INDEX flywheel_inventory_reservations_due
	ON flywheel_inventory_reservations (expires, ref)
	WHERE state NOT IN ('committed', 'released', 'expired');

-- +goose Down

DROP TABLE flywheel_inventory_reservations;
DROP TABLE flywheel_inventory_movements;
DROP TABLE flywheel_inventory_levels;
