-- +goose Up

-- The campaigns. body is JSON.
CREATE TABLE flywheel_coupon_campaigns (
	id TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
);

-- The codes in normal form. value is in minor units, with a currency for gift
-- cards only.
CREATE TABLE flywheel_coupon_codes (
	code TEXT COLLATE "C" NOT NULL,
	campaign TEXT COLLATE "C" NOT NULL,
	customer TEXT COLLATE "C" NOT NULL,
	value BIGINT NOT NULL,
	currency TEXT NOT NULL,
	PRIMARY KEY (code)
);

CREATE INDEX flywheel_coupon_codes_campaign ON flywheel_coupon_codes (campaign, code);

-- What was used of each limit and budget.
CREATE TABLE flywheel_coupon_tallies (
	campaign TEXT COLLATE "C" NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	used BIGINT NOT NULL,
	PRIMARY KEY (campaign, name)
);

-- The uses of codes. uses is a JSON array of tallies; times are microseconds since
-- 1970, cancelled is null while it was not.
CREATE TABLE flywheel_coupon_redemptions (
	key TEXT COLLATE "C" NOT NULL,
	code TEXT COLLATE "C" NOT NULL,
	campaign TEXT COLLATE "C" NOT NULL,
	customer TEXT COLLATE "C" NOT NULL,
	ref TEXT COLLATE "C" NOT NULL,
	amount BIGINT NOT NULL,
	currency TEXT NOT NULL,
	at BIGINT NOT NULL,
	cancelled BIGINT,
	uses TEXT NOT NULL,
	PRIMARY KEY (key)
);

CREATE INDEX flywheel_coupon_redemptions_campaign ON flywheel_coupon_redemptions (campaign, at, key);

-- +goose Down

DROP TABLE flywheel_coupon_redemptions;
DROP TABLE flywheel_coupon_tallies;
DROP TABLE flywheel_coupon_codes;
DROP TABLE flywheel_coupon_campaigns;
