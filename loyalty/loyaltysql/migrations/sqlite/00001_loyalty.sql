-- +goose Up

-- The sums of each member. Times are microseconds since 1970; due is the next
-- instant at which time alone changes something, mark that of the last save.
CREATE TABLE flywheel_loyalty_accounts (
	member TEXT NOT NULL,
	version INTEGER NOT NULL,
	mark TEXT NOT NULL,
	settled INTEGER NOT NULL DEFAULT 0,
	sequence INTEGER NOT NULL DEFAULT 0,
	spendable INTEGER NOT NULL DEFAULT 0,
	pending INTEGER NOT NULL DEFAULT 0,
	held INTEGER NOT NULL DEFAULT 0,
	debt INTEGER NOT NULL DEFAULT 0,
	redeemed INTEGER NOT NULL DEFAULT 0,
	expired INTEGER NOT NULL DEFAULT 0,
	written_off INTEGER NOT NULL DEFAULT 0,
	tier TEXT NOT NULL DEFAULT '',
	fall INTEGER,
	due INTEGER,
	PRIMARY KEY (member)
) WITHOUT ROWID;

CREATE INDEX flywheel_loyalty_accounts_due
	ON flywheel_loyalty_accounts (due, member) WHERE due IS NOT NULL;

-- The lots. expires is the largest integer for points that never do.
CREATE TABLE flywheel_loyalty_lots (
	member TEXT NOT NULL,
	id TEXT NOT NULL,
	sequence INTEGER NOT NULL,
	earned INTEGER NOT NULL,
	available INTEGER NOT NULL,
	expires INTEGER NOT NULL,
	points INTEGER NOT NULL,
	remaining INTEGER NOT NULL,
	expired INTEGER NOT NULL,
	origin TEXT NOT NULL,
	of_order TEXT NOT NULL,
	due INTEGER,
	PRIMARY KEY (member, id)
) WITHOUT ROWID;

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
	member TEXT NOT NULL,
	key TEXT NOT NULL,
	due INTEGER,
	body TEXT NOT NULL,
	PRIMARY KEY (member, key)
) WITHOUT ROWID;

CREATE INDEX flywheel_loyalty_holds_due
	ON flywheel_loyalty_holds (member, due) WHERE due IS NOT NULL;

CREATE TABLE flywheel_loyalty_orders (
	member TEXT NOT NULL,
	ref TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (member, ref)
) WITHOUT ROWID;

-- n orders the rows of a member by when they were saved.
CREATE TABLE flywheel_loyalty_receipts (
	member TEXT NOT NULL,
	key TEXT NOT NULL,
	n INTEGER NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (member, key)
) WITHOUT ROWID;

CREATE UNIQUE INDEX flywheel_loyalty_receipts_n
	ON flywheel_loyalty_receipts (member, n);

CREATE TABLE flywheel_loyalty_activity (
	member TEXT NOT NULL,
	n INTEGER NOT NULL,
	at INTEGER NOT NULL,
	amount INTEGER NOT NULL,
	reverses INTEGER,
	PRIMARY KEY (member, n)
) WITHOUT ROWID;

CREATE INDEX flywheel_loyalty_activity_at
	ON flywheel_loyalty_activity (member, at);

-- The bookings. Rows are only ever added.
CREATE TABLE flywheel_loyalty_entries (
	member TEXT NOT NULL,
	n INTEGER NOT NULL,
	key TEXT NOT NULL,
	at INTEGER NOT NULL,
	lot TEXT NOT NULL,
	from_book TEXT NOT NULL,
	to_book TEXT NOT NULL,
	points INTEGER NOT NULL,
	PRIMARY KEY (member, n)
) WITHOUT ROWID;

-- The lists of programs. Rows are only ever added.
CREATE TABLE flywheel_loyalty_programs (
	number INTEGER NOT NULL,
	recorded INTEGER NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (number)
) WITHOUT ROWID;

-- +goose Down

DROP TABLE flywheel_loyalty_programs;
DROP TABLE flywheel_loyalty_entries;
DROP TABLE flywheel_loyalty_activity;
DROP TABLE flywheel_loyalty_receipts;
DROP TABLE flywheel_loyalty_orders;
DROP TABLE flywheel_loyalty_holds;
DROP TABLE flywheel_loyalty_lots;
DROP TABLE flywheel_loyalty_accounts;
