-- +goose Up

-- What is on hand of each lot at each place. expires is a date as in 2026-04-03,
-- "9999-99-99" for a lot that never does.
CREATE TABLE flywheel_inventory_lots (
	sku TEXT NOT NULL,
	location TEXT NOT NULL,
	lot TEXT NOT NULL,
	expires TEXT NOT NULL,
	on_hand INTEGER NOT NULL,
	PRIMARY KEY (sku, location, lot)
) WITHOUT ROWID;

CREATE INDEX flywheel_inventory_lots_fefo
	ON flywheel_inventory_lots (sku, expires, lot, location) WHERE on_hand > 0;
CREATE INDEX flywheel_inventory_lots_expired
	ON flywheel_inventory_lots (expires, sku, location, lot) WHERE on_hand > 0;

-- Which lots a movement took or brought. Rows are only ever added.
CREATE TABLE flywheel_inventory_lot_moves (
	id INTEGER PRIMARY KEY AUTOINCREMENT,
	sku TEXT NOT NULL,
	location TEXT NOT NULL,
	lot TEXT NOT NULL,
	expires TEXT NOT NULL,
	kind TEXT NOT NULL,
	ref TEXT NOT NULL,
	attempt INTEGER NOT NULL,
	key TEXT NOT NULL,
	on_hand INTEGER NOT NULL,
	at INTEGER NOT NULL
);

CREATE UNIQUE INDEX flywheel_inventory_lot_moves_key
	ON flywheel_inventory_lot_moves (ref, kind, attempt, key, sku, location, lot);
CREATE INDEX flywheel_inventory_lot_moves_lot
	ON flywheel_inventory_lot_moves (sku, lot, id);

-- The lots that are recalled.
CREATE TABLE flywheel_inventory_recalls (
	sku TEXT NOT NULL,
	lot TEXT NOT NULL,
	PRIMARY KEY (sku, lot)
) WITHOUT ROWID;

-- +goose Down

DROP TABLE flywheel_inventory_recalls;
DROP TABLE flywheel_inventory_lot_moves;
DROP TABLE flywheel_inventory_lots;
