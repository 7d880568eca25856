-- +goose Up

-- Units of orders that were not shipped, and units promised from what will come.
-- The row of a SKU at the location "*" counts the latter at all places.
ALTER TABLE flywheel_inventory_levels ADD COLUMN allocated BIGINT NOT NULL DEFAULT 0;
ALTER TABLE flywheel_inventory_levels ADD COLUMN backordered BIGINT NOT NULL DEFAULT 0;
ALTER TABLE flywheel_inventory_movements ADD COLUMN key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE flywheel_inventory_movements ADD COLUMN allocated BIGINT NOT NULL DEFAULT 0;
ALTER TABLE flywheel_inventory_movements ADD COLUMN backordered BIGINT NOT NULL DEFAULT 0;
ALTER TABLE flywheel_inventory_movements ADD COLUMN allocated_after BIGINT NOT NULL DEFAULT 0;
ALTER TABLE flywheel_inventory_movements ADD COLUMN backordered_after BIGINT NOT NULL DEFAULT 0;

-- A JSON array of {"sku", "location", "quantity", "backordered", "date", "kit"}; empty
-- for a reservation of lines at one location.
ALTER TABLE flywheel_inventory_reservations ADD COLUMN units TEXT NOT NULL DEFAULT '';

DROP INDEX flywheel_inventory_reservations_due;
CREATE INDEX flywheel_inventory_reservations_due
	ON flywheel_inventory_reservations (expires, ref)
	WHERE state NOT IN ('committed', 'released', 'expired', 'allocated');

-- What a shop decides about a SKU: the item as JSON.
CREATE TABLE flywheel_inventory_items (
	sku TEXT COLLATE "C" NOT NULL,
	item TEXT NOT NULL,
	PRIMARY KEY (sku)
);

-- +goose Down

DROP TABLE flywheel_inventory_items;
DROP INDEX flywheel_inventory_reservations_due;
CREATE INDEX flywheel_inventory_reservations_due
	ON flywheel_inventory_reservations (expires, ref)
	WHERE state NOT IN ('committed', 'released', 'expired');
ALTER TABLE flywheel_inventory_reservations DROP COLUMN units;
ALTER TABLE flywheel_inventory_movements DROP COLUMN backordered_after;
ALTER TABLE flywheel_inventory_movements DROP COLUMN allocated_after;
ALTER TABLE flywheel_inventory_movements DROP COLUMN backordered;
ALTER TABLE flywheel_inventory_movements DROP COLUMN allocated;
ALTER TABLE flywheel_inventory_movements DROP COLUMN key;
ALTER TABLE flywheel_inventory_levels DROP COLUMN backordered;
ALTER TABLE flywheel_inventory_levels DROP COLUMN allocated;
