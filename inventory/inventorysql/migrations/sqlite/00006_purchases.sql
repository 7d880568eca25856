-- +goose Up

-- What is expected knows the kind of its paper, the line of a purchase order, and the
-- range of its day: earliest and latest are dates, '' where none is given.
ALTER TABLE flywheel_inventory_incoming RENAME TO flywheel_inventory_incoming_before;
DROP INDEX flywheel_inventory_incoming_ref;
CREATE TABLE flywheel_inventory_incoming (
	kind TEXT NOT NULL,
	sku TEXT NOT NULL,
	due TEXT NOT NULL,
	earliest TEXT NOT NULL,
	latest TEXT NOT NULL,
	location TEXT NOT NULL,
	ref TEXT NOT NULL,
	line TEXT NOT NULL,
	origin TEXT NOT NULL,
	quantity INTEGER NOT NULL,
	PRIMARY KEY (sku, ref, line, kind)
) WITHOUT ROWID;
INSERT INTO flywheel_inventory_incoming (kind, sku, due, earliest, latest, location, ref, line, origin, quantity)
	SELECT 'incoming', sku, due, '', '', location, ref, '', origin, quantity FROM flywheel_inventory_incoming_before;
DROP TABLE flywheel_inventory_incoming_before;
CREATE INDEX flywheel_inventory_incoming_ref ON flywheel_inventory_incoming (ref, kind);

-- +goose Down

ALTER TABLE flywheel_inventory_incoming RENAME TO flywheel_inventory_incoming_after;
DROP INDEX flywheel_inventory_incoming_ref;
CREATE TABLE flywheel_inventory_incoming (
	sku TEXT NOT NULL,
	due TEXT NOT NULL,
	location TEXT NOT NULL,
	ref TEXT NOT NULL,
	origin TEXT NOT NULL,
	quantity INTEGER NOT NULL,
	PRIMARY KEY (sku, ref)
) WITHOUT ROWID;
INSERT INTO flywheel_inventory_incoming (sku, due, location, ref, origin, quantity)
	SELECT sku, due, location, ref, origin, quantity FROM flywheel_inventory_incoming_after WHERE kind = 'incoming';
DROP TABLE flywheel_inventory_incoming_after;
CREATE INDEX flywheel_inventory_incoming_ref ON flywheel_inventory_incoming (ref);
