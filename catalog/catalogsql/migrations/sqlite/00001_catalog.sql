-- +goose Up

-- The catalog. Products are heads without variants; edits counts the changes of a
-- product and of its variants, mark is that of the last. body is the rest as JSON.
CREATE TABLE flywheel_catalog_products (
	id TEXT NOT NULL,
	edits INTEGER NOT NULL,
	variants INTEGER NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE TABLE flywheel_catalog_variants (
	sku TEXT NOT NULL,
	product TEXT NOT NULL,
	place INTEGER NOT NULL,
	combination TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (sku)
) WITHOUT ROWID;

CREATE INDEX flywheel_catalog_variants_product ON flywheel_catalog_variants (product, place);
CREATE INDEX flywheel_catalog_variants_combination ON flywheel_catalog_variants (product, combination);

CREATE TABLE flywheel_catalog_slugs (
	channel TEXT NOT NULL,
	locale TEXT NOT NULL,
	slug TEXT NOT NULL,
	product TEXT NOT NULL,
	redirect INTEGER NOT NULL,
	PRIMARY KEY (channel, locale, slug)
) WITHOUT ROWID;

-- Entries of the index, valid from from_at up to until_at, in microseconds since 1970.
CREATE TABLE flywheel_catalog_index (
	space TEXT NOT NULL,
	entry TEXT NOT NULL,
	id TEXT NOT NULL,
	from_at INTEGER NOT NULL,
	until_at INTEGER NOT NULL,
	PRIMARY KEY (space, entry, id)
) WITHOUT ROWID;

-- Definitions; revision is that of the last change, body is NULL where it was removed.
CREATE TABLE flywheel_catalog_definitions (
	kind TEXT NOT NULL,
	code TEXT NOT NULL,
	revision INTEGER NOT NULL,
	body TEXT,
	PRIMARY KEY (kind, code)
) WITHOUT ROWID;

CREATE INDEX flywheel_catalog_definitions_revision ON flywheel_catalog_definitions (revision);

-- One row: the revision of the definitions.
CREATE TABLE flywheel_catalog_revision (
	one INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	mark TEXT NOT NULL,
	PRIMARY KEY (one)
) WITHOUT ROWID;

INSERT INTO flywheel_catalog_revision (one, revision, mark) VALUES (1, 0, '');

-- +goose Down

DROP TABLE flywheel_catalog_revision;
DROP TABLE flywheel_catalog_definitions;
DROP TABLE flywheel_catalog_index;
DROP TABLE flywheel_catalog_slugs;
DROP TABLE flywheel_catalog_variants;
DROP TABLE flywheel_catalog_products;
