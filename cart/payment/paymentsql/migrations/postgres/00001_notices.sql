-- +goose Up

-- The notices of gateways. Times are microseconds since 1970: until is the end of the
-- claim of a call that applies it, applied when it was. body is the rest as JSON.
CREATE TABLE flywheel_payment_notices (
	id TEXT COLLATE "C" NOT NULL,
	type TEXT NOT NULL,
	amount BIGINT NOT NULL,
	currency TEXT NOT NULL,
	body TEXT NOT NULL,
	until BIGINT,
	applied BIGINT,
	mark TEXT NOT NULL,
	PRIMARY KEY (id)
);

CREATE INDEX flywheel_payment_notices_applied ON flywheel_payment_notices (applied, id) WHERE applied IS NOT NULL;

-- +goose Down

DROP TABLE flywheel_payment_notices;
