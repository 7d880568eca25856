-- +goose Up

-- The price lists. body is the JSON of the list without its entries.
CREATE TABLE flywheel_pricing_lists (
	id TEXT NOT NULL PRIMARY KEY,
	version BIGINT NOT NULL,
	body TEXT NOT NULL
);

-- The entries of each list in their order, n from 0. unit and floor are decimals
-- with the code of their currency; floor is empty where there is none.
CREATE TABLE flywheel_pricing_entries (
	list TEXT NOT NULL,
	n BIGINT NOT NULL,
	sku TEXT NOT NULL,
	unit TEXT NOT NULL,
	min_quantity BIGINT NOT NULL,
	max_quantity BIGINT NOT NULL,
	floor TEXT NOT NULL,
	PRIMARY KEY (list, n)
);

CREATE INDEX flywheel_pricing_entries_sku ON flywheel_pricing_entries (sku, list);

-- The promotions. body is the JSON of the promotion.
CREATE TABLE flywheel_pricing_promotions (
	id TEXT NOT NULL PRIMARY KEY,
	version BIGINT NOT NULL,
	body TEXT NOT NULL
);

-- +goose Down

DROP TABLE flywheel_pricing_promotions;
DROP TABLE flywheel_pricing_entries;
DROP TABLE flywheel_pricing_lists;
