-- +goose Up

-- The lists of owners. mark is that of the last save, body the list as JSON.
CREATE TABLE flywheel_wishes (
	owner TEXT COLLATE "C" NOT NULL,
	token TEXT COLLATE "C" NOT NULL,
	version BIGINT NOT NULL,
	mark TEXT COLLATE "C" NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (owner)
);

CREATE UNIQUE INDEX flywheel_wishes_token ON flywheel_wishes (token) WHERE token <> '';

-- Who waits for what.
CREATE TABLE flywheel_wish_watches (
	kind TEXT COLLATE "C" NOT NULL,
	sku TEXT COLLATE "C" NOT NULL,
	owner TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (kind, sku, owner)
);

CREATE INDEX flywheel_wish_watches_owner ON flywheel_wish_watches (owner);

-- +goose Down

DROP TABLE flywheel_wish_watches;
DROP TABLE flywheel_wishes;
