-- +goose Up

-- What is on hand of each lot at each place. expires is a date as in 2026-04-03,
-- "9999-99-99" for a lot that never does.
CREATE TABLE flywheel_inventory_lots (
	sku TEXT COLLATE "C" NOT NULL,
	location TEXT COLLATE "C" NOT NULL,
	lot TEXT COLLATE "C" NOT NULL,
	expires TEXT COLLATE "C" NOT NULL,
	on_hand BIGINT NOT NULL,
	PRIMARY KEY (sku, location, lot)
);

CREATE INDEX flywheel_inventory_lots_fefo
	ON flywheel_inventory_lots (sku, expires, lot, location) WHERE on_hand > 0;
CREATE INDEX flywheel_inventory_lots_expired
	ON flywheel_inventory_lots (expires, sku, location, lot) WHERE on_hand > 0;

-- Which lots a movement took or brought. Rows are only ever added.
CREATE TABLE flywheel_inventory_lot_moves (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	sku TEXT COLLATE "C" NOT NULL,
	location TEXT COLLATE "C" NOT NULL,
	lot TEXT COLLATE "C" NOT NULL,
	expires TEXT COLLATE "C" NOT NULL,
	kind TEXT NOT NULL,
	ref TEXT COLLATE "C" NOT NULL,
	attempt BIGINT NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	on_hand BIGINT NOT NULL,
	at BIGINT NOT NULL
);

CREATE UNIQUE INDEX flywheel_inventory_lot_moves_key
	ON flywheel_inventory_lot_moves (ref, kind, attempt, key, sku, location, lot);
CREATE INDEX flywheel_inventory_lot_moves_lot
	ON flywheel_inventory_lot_moves (sku, lot, id);

-- The lots that are recalled.
CREATE TABLE flywheel_inventory_recalls (
	sku TEXT COLLATE "C" NOT NULL,
	lot TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (sku, lot)
);

-- +goose Down

DROP TABLE flywheel_inventory_recalls;
DROP TABLE flywheel_inventory_lot_moves;
DROP TABLE flywheel_inventory_lots;
