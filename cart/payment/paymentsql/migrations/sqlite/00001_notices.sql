-- +goose Up

-- The notices of gateways. Times are microseconds since 1970: until is the end of the
-- claim of a call that applies it, applied when it was. body is the rest as JSON.
CREATE TABLE flywheel_payment_notices (
	id TEXT NOT NULL,
	type TEXT NOT NULL,
	amount INTEGER NOT NULL,
	currency TEXT NOT NULL,
	body TEXT NOT NULL,
	until INTEGER,
	applied INTEGER,
	mark TEXT NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX flywheel_payment_notices_applied ON flywheel_payment_notices (applied, id) WHERE applied IS NOT NULL;

-- +goose Down

DROP TABLE flywheel_payment_notices;
