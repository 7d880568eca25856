-- +goose Up

-- The posts. Times are microseconds since 1970. due is when a post that waits for
-- moderation is to be decided, helpful the lower bound of the share of helpful votes
-- in parts of a billion, mark that of the last save. body is the rest as JSON.
CREATE TABLE flywheel_review_posts (
	id TEXT COLLATE "C" NOT NULL,
	kind TEXT NOT NULL,
	product TEXT COLLATE "C" NOT NULL,
	parent TEXT COLLATE "C" NOT NULL,
	author TEXT COLLATE "C" NOT NULL,
	visible INTEGER NOT NULL,
	language TEXT COLLATE "C" NOT NULL,
	rating BIGINT NOT NULL,
	verified INTEGER NOT NULL,
	created_at BIGINT NOT NULL,
	due BIGINT,
	up BIGINT NOT NULL,
	down BIGINT NOT NULL,
	helpful BIGINT NOT NULL,
	version BIGINT NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
);

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
	product TEXT COLLATE "C" NOT NULL,
	month BIGINT NOT NULL,
	n1 BIGINT NOT NULL,
	n2 BIGINT NOT NULL,
	n3 BIGINT NOT NULL,
	n4 BIGINT NOT NULL,
	n5 BIGINT NOT NULL,
	v1 BIGINT NOT NULL,
	v2 BIGINT NOT NULL,
	v3 BIGINT NOT NULL,
	v4 BIGINT NOT NULL,
	v5 BIGINT NOT NULL,
	i1 BIGINT NOT NULL,
	i2 BIGINT NOT NULL,
	i3 BIGINT NOT NULL,
	i4 BIGINT NOT NULL,
	i5 BIGINT NOT NULL,
	questions BIGINT NOT NULL,
	answers BIGINT NOT NULL,
	PRIMARY KEY (product, month)
);

-- What people did to posts: act is vote, with the value 1 or -1, or report.
CREATE TABLE flywheel_review_acts (
	post TEXT COLLATE "C" NOT NULL,
	person TEXT COLLATE "C" NOT NULL,
	act TEXT NOT NULL,
	value BIGINT NOT NULL,
	PRIMARY KEY (post, act, person)
);

CREATE INDEX flywheel_review_acts_person ON flywheel_review_acts (person, act, post);

-- How much of a SKU a customer has from an order, less what was refunded; mark is
-- that of the last change.
CREATE TABLE flywheel_review_purchases (
	customer TEXT COLLATE "C" NOT NULL,
	sku TEXT COLLATE "C" NOT NULL,
	order_ref TEXT COLLATE "C" NOT NULL,
	quantity BIGINT NOT NULL,
	bought_at BIGINT NOT NULL,
	mark TEXT NOT NULL,
	PRIMARY KEY (customer, sku, order_ref)
);

-- +goose Down

DROP TABLE flywheel_review_purchases;
DROP TABLE flywheel_review_acts;
DROP TABLE flywheel_review_tallies;
DROP TABLE flywheel_review_posts;
