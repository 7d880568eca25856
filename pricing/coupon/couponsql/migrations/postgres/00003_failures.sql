-- +goose Up

-- The codes that failed, by who tried them and by campaign. Times are microseconds
-- since 1970: from until on a failure need not be known.
CREATE TABLE flywheel_coupon_failures (
	key TEXT COLLATE "C" NOT NULL,
	at BIGINT NOT NULL,
	id TEXT COLLATE "C" NOT NULL,
	until BIGINT NOT NULL,
	PRIMARY KEY (key, at, id)
);

CREATE INDEX flywheel_coupon_failures_until ON flywheel_coupon_failures (until, id);
CREATE UNIQUE INDEX flywheel_coupon_failures_id ON flywheel_coupon_failures (id);

-- +goose Down

DROP TABLE flywheel_coupon_failures;
