-- +goose Up

-- One movement of each key is kept by the lock of its item; the index is for
-- finding those of a document.
DROP INDEX flywheel_inventory_movements_key;
CREATE INDEX flywheel_inventory_movements_ref ON flywheel_inventory_movements (ref);

-- +goose Down

DROP INDEX flywheel_inventory_movements_ref;
CREATE UNIQUE INDEX flywheel_inventory_movements_key
	ON flywheel_inventory_movements (ref, attempt, sku, location, kind);
