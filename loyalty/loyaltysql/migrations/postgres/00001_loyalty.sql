-- +goose Up

-- The sums of each member. Times are microseconds since 1970; due is the next
-- instant at which time alone changes something, mark that of the last save.
CREATE TABLE flywheel_loyalty_accounts (
	member TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	mark TEXT NOT NULL,
	settled BIGINT NOT NULL DEFAULT 0,
	sequence BIGINT NOT NULL DEFAULT 0,
	spendable BIGINT NOT NULL DEFAULT 0,
	pending BIGINT NOT NULL DEFAULT 0,
	held BIGINT NOT NULL DEFAULT 0,
	debt BIGINT NOT NULL DEFAULT 0,
	redeemed BIGINT NOT NULL DEFAULT 0,
	expired BIGINT NOT NULL DEFAULT 0,
	written_off BIGINT NOT NULL DEFAULT 0,
	tier TEXT NOT NULL DEFAULT '',
	fall BIGINT,
	due BIGINT,
	PRIMARY KEY (member)
);

CREATE INDEX flywheel_loyalty_accounts_due
	ON flywheel_loyalty_accounts (due, member) WHERE due IS NOT NULL;

-- The lots. expires is the largest integer for points that never do.
CREATE TABLE flywheel_loyalty_lots (
	member TEXT COLLATE "C" NOT NULL,
	id TEXT COLLATE "C" NOT NULL,
	sequence BIGINT NOT NULL,
	earned BIGINT NOT NULL,
	available BIGINT NOT NULL,
	expires BIGINT NOT NULL,
	points BIGINT NOT NULL,
	remaining BIGINT NOT NULL,
	expired BIGINT NOT NULL,
	origin TEXT COLLATE "C" NOT NULL,
	of_order TEXT COLLATE "C" NOT NULL,
	due BIGINT,
	PRIMARY KEY (member, id)
);

CREATE INDEX flywheel_loyalty_lots_age
	ON flywheel_loyalty_lots (member, earned, sequence) WHERE remaining > 0;
CREATE INDEX flywheel_loyalty_lots_expiry
	ON flywheel_loyalty_lots (member, expires, earned, sequence) WHERE remaining > 0;
CREATE INDEX flywheel_loyalty_lots_due
	ON flywheel_loyalty_lots (member, due) WHERE due IS NOT NULL;
CREATE INDEX flywheel_loyalty_lots_origin
	ON flywheel_loyalty_lots (member, origin) WHERE origin <> '';
CREATE INDEX flywheel_loyalty_lots_order
	ON flywheel_loyalty_lots (member, of_order) WHERE of_order <> '' AND (remaining > 0 OR expired > 0);

-- Points held for orders that are not paid yet; due is when an open hold is over.
CREATE TABLE flywheel_loyalty_holds (
	member TEXT COLLATE "C" NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	due BIGINT,
	body TEXT NOT NULL,
	PRIMARY KEY (member, key)
);

CREATE INDEX flywheel_loyalty_holds_due
	ON flywheel_loyalty_holds (member, due) WHERE due IS NOT NULL;

CREATE TABLE flywheel_loyalty_orders (
	member TEXT COLLATE "C" NOT NULL,
	ref TEXT COLLATE "C" NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (member, ref)
);

-- n orders the rows of a member by when they were saved.
CREATE TABLE flywheel_loyalty_receipts (
	member TEXT COLLATE "C" NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	n BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (member, key)
);

CREATE UNIQUE INDEX flywheel_loyalty_receipts_n
	ON flywheel_loyalty_receipts (member, n);

CREATE TABLE flywheel_loyalty_activity (
	member TEXT COLLATE "C" NOT NULL,
	n BIGINT NOT NULL,
	at BIGINT NOT NULL,
	amount BIGINT NOT NULL,
	reverses BIGINT,
	PRIMARY KEY (member, n)
);

CREATE INDEX flywheel_loyalty_activity_at
	ON flywheel_loyalty_activity (member, at);

-- The bookings. Rows are only ever added.
CREATE TABLE flywheel_loyalty_entries (
	member TEXT COLLATE "C" NOT NULL,
	n BIGINT NOT NULL,
	key TEXT NOT NULL,
	at BIGINT NOT NULL,
	lot TEXT NOT NULL,
	from_book TEXT NOT NULL,
	to_book TEXT NOT NULL,
	points BIGINT NOT NULL,
	PRIMARY KEY (member, n)
);

-- The lists of programs. Rows are only ever added.
CREATE TABLE flywheel_loyalty_programs (
	number BIGINT NOT NULL,
	recorded BIGINT NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (number)
);

-- +goose Down

DROP TABLE flywheel_loyalty_programs;
DROP TABLE flywheel_loyalty_entries;
DROP TABLE flywheel_loyalty_activity;
DROP TABLE flywheel_loyalty_receipts;
DROP TABLE flywheel_loyalty_orders;
DROP TABLE flywheel_loyalty_holds;
DROP TABLE flywheel_loyalty_lots;
DROP TABLE flywheel_loyalty_accounts;
