-- +goose Up

-- Goods that are expected, transfers, and counts that wait for approval, as JSON.
CREATE TABLE flywheel_inventory_papers (
	kind TEXT NOT NULL,
	ref TEXT NOT NULL,
	is_open INTEGER NOT NULL,
	body TEXT NOT NULL,
	version INTEGER NOT NULL,
	PRIMARY KEY (kind, ref)
) WITHOUT ROWID;

CREATE INDEX flywheel_inventory_papers_open
	ON flywheel_inventory_papers (kind, ref) WHERE is_open = 1;

-- What open papers still expect; a row goes when its goods have come. due is a date,
-- "9999-99-99" where none is known.
CREATE TABLE flywheel_inventory_incoming (
	sku TEXT NOT NULL,
	due TEXT NOT NULL,
	location TEXT NOT NULL,
	ref TEXT NOT NULL,
	origin TEXT NOT NULL,
	quantity INTEGER NOT NULL,
	PRIMARY KEY (sku, ref)
) WITHOUT ROWID;

CREATE INDEX flywheel_inventory_incoming_ref ON flywheel_inventory_incoming (ref);

-- +goose Down

DROP TABLE flywheel_inventory_incoming;
DROP TABLE flywheel_inventory_papers;
