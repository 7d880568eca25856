-- +goose Up

-- What can be spent of each account in each currency, in minor units: open holds
-- are taken off, those that are over too until they are counted back.
CREATE TABLE flywheel_credit_accounts (
	account TEXT COLLATE "C" NOT NULL,
	currency TEXT NOT NULL,
	spendable BIGINT NOT NULL,
	PRIMARY KEY (account, currency)
);

-- The moves. kind is grant, hold or return; state that of a hold: open, committed,
-- released or expired. Times are microseconds since 1970.
CREATE TABLE flywheel_credit_moves (
	account TEXT COLLATE "C" NOT NULL,
	key TEXT COLLATE "C" NOT NULL,
	kind TEXT NOT NULL,
	amount BIGINT NOT NULL,
	currency TEXT NOT NULL,
	state TEXT NOT NULL,
	until BIGINT,
	returned BIGINT NOT NULL,
	of_key TEXT NOT NULL,
	reason TEXT NOT NULL,
	at BIGINT NOT NULL,
	settled BIGINT,
	PRIMARY KEY (account, key)
);

CREATE INDEX flywheel_credit_moves_open ON flywheel_credit_moves (account, currency, until) WHERE state = 'open';

-- The secret under which forgotten names are hashed, one row.
CREATE TABLE flywheel_credit_secret (
	id INTEGER NOT NULL,
	secret BYTEA NOT NULL,
	PRIMARY KEY (id)
);

-- +goose Down

DROP TABLE flywheel_credit_secret;
DROP TABLE flywheel_credit_moves;
DROP TABLE flywheel_credit_accounts;
