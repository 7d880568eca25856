-- +goose Up

-- The lists of owners. mark is that of the last save, body the list as JSON.
CREATE TABLE flywheel_wishes (
	owner TEXT NOT NULL,
	token TEXT NOT NULL,
	version INTEGER NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (owner)
) WITHOUT ROWID;

CREATE UNIQUE INDEX flywheel_wishes_token ON flywheel_wishes (token) WHERE token <> '';

-- Who waits for what.
CREATE TABLE flywheel_wish_watches (
	kind TEXT NOT NULL,
	sku TEXT NOT NULL,
	owner TEXT NOT NULL,
	PRIMARY KEY (kind, sku, owner)
) WITHOUT ROWID;

CREATE INDEX flywheel_wish_watches_owner ON flywheel_wish_watches (owner);

-- +goose Down

DROP TABLE flywheel_wish_watches;
DROP TABLE flywheel_wishes;
