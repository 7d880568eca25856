-- +goose Up

-- What can be spent of each account in each currency, in minor units: open holds
-- are taken off, those that are over too until they are counted back.
CREATE TABLE flywheel_credit_accounts (
	account TEXT NOT NULL,
	currency TEXT NOT NULL,
	spendable INTEGER NOT NULL,
	PRIMARY KEY (account, currency)
) WITHOUT ROWID;

-- The moves. kind is grant, hold or return; state that of a hold: open, committed,
-- released or expired. Times are microseconds since 1970.
CREATE TABLE flywheel_credit_moves (
	account TEXT NOT NULL,
	key TEXT NOT NULL,
	kind TEXT NOT NULL,
	amount INTEGER NOT NULL,
	currency TEXT NOT NULL,
	state TEXT NOT NULL,
	until INTEGER,
	returned INTEGER NOT NULL,
	of_key TEXT NOT NULL,
	reason TEXT NOT NULL,
	at INTEGER NOT NULL,
	settled INTEGER,
	PRIMARY KEY (account, key)
) WITHOUT ROWID;

CREATE INDEX flywheel_credit_moves_open ON flywheel_credit_moves (account, currency, until) WHERE state = 'open';

-- The secret under which forgotten names are hashed, one row.
CREATE TABLE flywheel_credit_secret (
	id INTEGER NOT NULL,
	secret BLOB NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

-- +goose Down

DROP TABLE flywheel_credit_secret;
DROP TABLE flywheel_credit_moves;
DROP TABLE flywheel_credit_accounts;
