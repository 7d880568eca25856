-- +goose Up

-- The suppliers, as JSON.
CREATE TABLE flywheel_supplier_suppliers (
	id TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
);

-- The purchase orders, as JSON without their documents. placed is microseconds since
-- 1970; is_open is 1 while the order is neither closed nor canceled, behind while
-- inventory does not know all of its documents.
CREATE TABLE flywheel_supplier_orders (
	id TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	supplier TEXT COLLATE "C" NOT NULL,
	placed BIGINT NOT NULL,
	is_open BIGINT NOT NULL,
	behind BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX flywheel_supplier_orders_placed ON flywheel_supplier_orders (placed, id);
CREATE INDEX flywheel_supplier_orders_supplier ON flywheel_supplier_orders (supplier, placed, id);
CREATE INDEX flywheel_supplier_orders_open ON flywheel_supplier_orders (placed, id) WHERE is_open = 1;
CREATE INDEX flywheel_supplier_orders_behind ON flywheel_supplier_orders (placed, id) WHERE behind = 1;

-- What happened to each order, as JSON: rows are only added. version is that of the
-- order with which the document came.
CREATE TABLE flywheel_supplier_documents (
	order_id TEXT COLLATE "C" NOT NULL,
	seq BIGINT NOT NULL,
	version BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (order_id, seq)
);

-- +goose Down

DROP TABLE flywheel_supplier_documents;
DROP TABLE flywheel_supplier_orders;
DROP TABLE flywheel_supplier_suppliers;
