-- +goose Up

-- The watches of minimum prices, as JSON.
CREATE TABLE flywheel_market_watches (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

-- Their incidents, as JSON. Times are microseconds since 1970; is_open is 1 while the
-- incident is.
CREATE TABLE flywheel_market_breaches (
	watch TEXT NOT NULL,
	first_seen INTEGER NOT NULL,
	opened INTEGER NOT NULL,
	is_open INTEGER NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (watch, first_seen)
) WITHOUT ROWID;

CREATE INDEX flywheel_market_breaches_opened ON flywheel_market_breaches (opened, watch);
CREATE INDEX flywheel_market_breaches_open ON flywheel_market_breaches (opened, watch) WHERE is_open = 1;

-- +goose Down

DROP TABLE flywheel_market_breaches;
DROP TABLE flywheel_market_watches;
