-- +goose Up

-- Goods that are expected, transfers, and counts that wait for approval, as JSON.
CREATE TABLE flywheel_inventory_papers (
	kind TEXT NOT NULL,
	ref TEXT COLLATE "C" NOT NULL,
	is_open BIGINT NOT NULL,
	body TEXT NOT NULL,
	version BIGINT NOT NULL,
	PRIMARY KEY (kind, ref)
);

CREATE INDEX flywheel_inventory_papers_open
	ON flywheel_inventory_papers (kind, ref) WHERE is_open = 1;

-- What open papers still expect; a row goes when its goods have come. due is a date,
-- "9999-99-99" where none is known.
CREATE TABLE flywheel_inventory_incoming (
	sku TEXT COLLATE "C" NOT NULL,
	due TEXT COLLATE "C" NOT NULL,
	location TEXT COLLATE "C" NOT NULL,
	ref TEXT COLLATE "C" NOT NULL,
	origin TEXT COLLATE "C" NOT NULL,
	quantity BIGINT NOT NULL,
	PRIMARY KEY (sku, ref)
);

CREATE INDEX flywheel_inventory_incoming_ref ON flywheel_inventory_incoming (ref);

-- +goose Down

DROP TABLE flywheel_inventory_incoming;
DROP TABLE flywheel_inventory_papers;
