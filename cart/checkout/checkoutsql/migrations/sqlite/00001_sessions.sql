-- +goose Up

-- The checkout sessions. Times are microseconds since 1970; closed is the final
-- status, empty while a session is open; claim_owner and claim_key are the
-- idempotency key that it has; due is the next instant at which time alone changes
-- it, pending is 1 while its try is to be resumed, mark that of the last save. body
-- is the rest as JSON.
CREATE TABLE flywheel_checkout_sessions (
	id TEXT NOT NULL,
	cart TEXT NOT NULL,
	customer TEXT NOT NULL,
	closed TEXT NOT NULL,
	claim_owner TEXT NOT NULL,
	claim_key TEXT NOT NULL,
	due INTEGER,
	pending INTEGER NOT NULL,
	revision INTEGER NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX flywheel_checkout_sessions_open ON flywheel_checkout_sessions (cart) WHERE closed = '';
CREATE UNIQUE INDEX flywheel_checkout_sessions_claim ON flywheel_checkout_sessions (claim_owner, claim_key) WHERE claim_key <> '';
CREATE INDEX flywheel_checkout_sessions_customer ON flywheel_checkout_sessions (customer) WHERE customer <> '';
CREATE INDEX flywheel_checkout_sessions_due ON flywheel_checkout_sessions (due, id) WHERE due IS NOT NULL;
CREATE INDEX flywheel_checkout_sessions_pending ON flywheel_checkout_sessions (id) WHERE pending = 1;

-- +goose Down

DROP TABLE flywheel_checkout_sessions;
