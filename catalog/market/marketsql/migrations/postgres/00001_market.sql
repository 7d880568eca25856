-- +goose Up

-- The watches of minimum prices, as JSON.
CREATE TABLE flywheel_market_watches (
	id TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
);

-- Their incidents, as JSON. Times are microseconds since 1970; is_open is 1 while the
-- incident is.
CREATE TABLE flywheel_market_breaches (
	watch TEXT COLLATE "C" NOT NULL,
	first_seen BIGINT NOT NULL,
	opened BIGINT NOT NULL,
	is_open BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (watch, first_seen)
);

CREATE INDEX flywheel_market_breaches_opened ON flywheel_market_breaches (opened, watch);
CREATE INDEX flywheel_market_breaches_open ON flywheel_market_breaches (opened, watch) WHERE is_open = 1;

-- +goose Down

DROP TABLE flywheel_market_breaches;
DROP TABLE flywheel_market_watches;
