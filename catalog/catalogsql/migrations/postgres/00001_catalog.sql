-- +goose Up

-- The catalog. Products are heads without variants; edits counts the changes of a
-- product and of its variants, mark is that of the last. body is the rest as JSON.
CREATE TABLE flywheel_catalog_products (
	id TEXT COLLATE "C" NOT NULL,
	edits BIGINT NOT NULL,
	variants BIGINT NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE flywheel_catalog_variants (
	sku TEXT COLLATE "C" NOT NULL,
	product TEXT COLLATE "C" NOT NULL,
	place BIGINT NOT NULL,
	combination TEXT COLLATE "C" NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (sku)
);

CREATE INDEX flywheel_catalog_variants_product ON flywheel_catalog_variants (product, place);
CREATE INDEX flywheel_catalog_variants_combination ON flywheel_catalog_variants (product, combination);

CREATE TABLE flywheel_catalog_slugs (
	channel TEXT COLLATE "C" NOT NULL,
	locale TEXT COLLATE "C" NOT NULL,
	slug TEXT COLLATE "C" NOT NULL,
	product TEXT COLLATE "C" NOT NULL,
	redirect BIGINT NOT NULL,
	PRIMARY KEY (channel, locale, slug)
);

-- Entries of the index, valid from from_at up to until_at, in microseconds since 1970.
CREATE TABLE flywheel_catalog_index (
	space TEXT COLLATE "C" NOT NULL,
	entry TEXT COLLATE "C" NOT NULL,
	id TEXT COLLATE "C" NOT NULL,
	from_at BIGINT NOT NULL,
	until_at BIGINT NOT NULL,
	PRIMARY KEY (space, entry, id)
);

-- Definitions; revision is that of the last change, body is NULL where it was removed.
CREATE TABLE flywheel_catalog_definitions (
	kind TEXT COLLATE "C" NOT NULL,
	code TEXT COLLATE "C" NOT NULL,
	revision BIGINT NOT NULL,
	body TEXT,
	PRIMARY KEY (kind, code)
);

CREATE INDEX flywheel_catalog_definitions_revision ON flywheel_catalog_definitions (revision);

-- One row: the revision of the definitions.
CREATE TABLE flywheel_catalog_revision (
	one BIGINT NOT NULL,
	revision BIGINT NOT NULL,
	mark TEXT NOT NULL,
	PRIMARY KEY (one)
);

INSERT INTO flywheel_catalog_revision (one, revision, mark) VALUES (1, 0, '');

-- +goose Down

DROP TABLE flywheel_catalog_revision;
DROP TABLE flywheel_catalog_definitions;
DROP TABLE flywheel_catalog_index;
DROP TABLE flywheel_catalog_slugs;
DROP TABLE flywheel_catalog_variants;
DROP TABLE flywheel_catalog_products;
