-- +goose Up

-- The posts. Times are microseconds since 1970. due is when a post that waits for
-- moderation is to be decided, helpful the lower bound of the share of helpful votes
-- in parts of a billion, mark that of the last save. body is the rest as JSON.
CREATE TABLE flywheel_review_posts (
	id TEXT NOT NULL,
	kind TEXT NOT NULL,
	product TEXT NOT NULL,
	parent TEXT NOT NULL,
	author TEXT NOT NULL,
	visible INTEGER NOT NULL,
	language TEXT NOT NULL,
	rating INTEGER NOT NULL,
	verified INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	due INTEGER,
	up INTEGER NOT NULL,
	down INTEGER NOT NULL,
	helpful INTEGER NOT NULL,
	version INTEGER NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX flywheel_review_posts_newest ON flywheel_review_posts (product, kind, created_at, id);
CREATE INDEX flywheel_review_posts_helpful ON flywheel_review_posts (product, kind, helpful, created_at, id);
CREATE INDEX flywheel_review_posts_rating ON flywheel_review_posts (product, kind, rating, created_at, id);
CREATE INDEX flywheel_review_posts_parent ON flywheel_review_posts (parent, created_at, id) WHERE parent <> '';
CREATE INDEX flywheel_review_posts_author ON flywheel_review_posts (author, created_at, id) WHERE author <> '';
CREATE INDEX flywheel_review_posts_due ON flywheel_review_posts (due, id) WHERE due IS NOT NULL;
CREATE UNIQUE INDEX flywheel_review_posts_once ON flywheel_review_posts (product, author) WHERE kind = 'review' AND author <> '';

-- The tallies of the visible posts of a product: of all of them in month 0, and by
-- the month in which they were written. n counts reviews by stars, v those of
-- verified buyers among them, i those for which the author got something.
CREATE TABLE flywheel_review_tallies (
	product TEXT NOT NULL,
	month INTEGER NOT NULL,
	n1 INTEGER NOT NULL,
	n2 INTEGER NOT NULL,
	n3 INTEGER NOT NULL,
	n4 INTEGER NOT NULL,
	n5 INTEGER NOT NULL,
	v1 INTEGER NOT NULL,
	v2 INTEGER NOT NULL,
	v3 INTEGER NOT NULL,
	v4 INTEGER NOT NULL,
	v5 INTEGER NOT NULL,
	i1 INTEGER NOT NULL,
	i2 INTEGER NOT NULL,
	i3 INTEGER NOT NULL,
	i4 INTEGER NOT NULL,
	i5 INTEGER NOT NULL,
	questions INTEGER NOT NULL,
	answers INTEGER NOT NULL,
	PRIMARY KEY (product, month)
) WITHOUT ROWID;

-- What people did to posts: act is vote, with the value 1 or -1, or report.
CREATE TABLE flywheel_review_acts (
	post TEXT NOT NULL,
	person TEXT NOT NULL,
	act TEXT NOT NULL,
	value INTEGER NOT NULL,
	PRIMARY KEY (post, act, person)
) WITHOUT ROWID;

CREATE INDEX flywheel_review_acts_person ON flywheel_review_acts (person, act, post);

-- How much of a SKU a customer has from an order, less what was refunded; mark is
-- that of the last change.
CREATE TABLE flywheel_review_purchases (
	customer TEXT NOT NULL,
	sku TEXT NOT NULL,
	order_ref TEXT NOT NULL,
	quantity INTEGER NOT NULL,
	bought_at INTEGER NOT NULL,
	mark TEXT NOT NULL,
	PRIMARY KEY (customer, sku, order_ref)
) WITHOUT ROWID;

-- +goose Down

DROP TABLE flywheel_review_purchases;
DROP TABLE flywheel_review_acts;
DROP TABLE flywheel_review_tallies;
DROP TABLE flywheel_review_posts;
