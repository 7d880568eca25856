-- +goose Up

-- The draft orders. Times are microseconds since 1970; due is when time changes one
-- next, made_by the member of staff, mark that of the last save. body is the rest as
-- JSON.
CREATE TABLE flywheel_drafts (
	id TEXT NOT NULL,
	idem_key TEXT NOT NULL,
	status TEXT NOT NULL,
	customer TEXT NOT NULL,
	made_by TEXT NOT NULL,
	due INTEGER,
	version INTEGER NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE UNIQUE INDEX flywheel_drafts_key ON flywheel_drafts (idem_key);
CREATE INDEX flywheel_drafts_status ON flywheel_drafts (status, id);
CREATE INDEX flywheel_drafts_customer ON flywheel_drafts (customer, id) WHERE customer <> '';
CREATE INDEX flywheel_drafts_made_by ON flywheel_drafts (made_by, id);
CREATE INDEX flywheel_drafts_due ON flywheel_drafts (due, id) WHERE due IS NOT NULL;

-- +goose Down

DROP TABLE flywheel_drafts;
