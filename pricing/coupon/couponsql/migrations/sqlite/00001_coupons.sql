-- +goose Up

-- The campaigns. body is JSON.
CREATE TABLE flywheel_coupon_campaigns (
	id TEXT NOT NULL,
	version INTEGER NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

-- The codes in normal form. value is in minor units, with a currency for gift
-- cards only.
CREATE TABLE flywheel_coupon_codes (
	code TEXT NOT NULL,
	campaign TEXT NOT NULL,
	customer TEXT NOT NULL,
	value INTEGER NOT NULL,
	currency TEXT NOT NULL,
	PRIMARY KEY (code)
) WITHOUT ROWID;

CREATE INDEX flywheel_coupon_codes_campaign ON flywheel_coupon_codes (campaign, code);

-- What was used of each limit and budget.
CREATE TABLE flywheel_coupon_tallies (
	campaign TEXT NOT NULL,
	name TEXT NOT NULL,
	used INTEGER NOT NULL,
	PRIMARY KEY (campaign, name)
) WITHOUT ROWID;

-- The uses of codes. uses is a JSON array of tallies; times are microseconds since
-- 1970, cancelled is null while it was not.
CREATE TABLE flywheel_coupon_redemptions (
	key TEXT NOT NULL,
	code TEXT NOT NULL,
	campaign TEXT NOT NULL,
	customer TEXT NOT NULL,
	ref TEXT NOT NULL,
	amount INTEGER NOT NULL,
	currency TEXT NOT NULL,
	at INTEGER NOT NULL,
	cancelled INTEGER,
	uses TEXT NOT NULL,
	PRIMARY KEY (key)
) WITHOUT ROWID;

CREATE INDEX flywheel_coupon_redemptions_campaign ON flywheel_coupon_redemptions (campaign, at, key);

-- +goose Down

DROP TABLE flywheel_coupon_redemptions;
DROP TABLE flywheel_coupon_tallies;
DROP TABLE flywheel_coupon_codes;
DROP TABLE flywheel_coupon_campaigns;
