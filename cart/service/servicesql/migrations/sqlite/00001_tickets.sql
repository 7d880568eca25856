-- +goose Up

-- The tickets. Times are microseconds since 1970; due is the next instant at which
-- time alone changes the ticket, mark that of the last save. body is the rest as
-- JSON.
CREATE TABLE flywheel_tickets (
	id TEXT NOT NULL,
	customer TEXT NOT NULL,
	order_id TEXT NOT NULL,
	status TEXT NOT NULL,
	priority TEXT NOT NULL,
	assignee TEXT NOT NULL,
	opened INTEGER NOT NULL,
	due INTEGER,
	version INTEGER NOT NULL,
	mark TEXT NOT NULL,
	body TEXT NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

CREATE INDEX flywheel_tickets_opened ON flywheel_tickets (opened, id);
CREATE INDEX flywheel_tickets_status ON flywheel_tickets (status, opened, id);
CREATE INDEX flywheel_tickets_customer ON flywheel_tickets (customer, opened, id) WHERE customer <> '';
CREATE INDEX flywheel_tickets_order ON flywheel_tickets (order_id, opened, id) WHERE order_id <> '';
CREATE INDEX flywheel_tickets_assignee ON flywheel_tickets (assignee, opened, id) WHERE assignee <> '';
CREATE INDEX flywheel_tickets_due ON flywheel_tickets (due, id) WHERE due IS NOT NULL;

-- What happened to tickets, in the order of n. key is null where nothing repeats it.
CREATE TABLE flywheel_ticket_entries (
	ticket TEXT NOT NULL,
	n INTEGER NOT NULL,
	key TEXT,
	action TEXT NOT NULL,
	actor TEXT NOT NULL,
	text TEXT NOT NULL,
	at INTEGER NOT NULL,
	PRIMARY KEY (ticket, n)
) WITHOUT ROWID;

CREATE UNIQUE INDEX flywheel_ticket_entries_key ON flywheel_ticket_entries (ticket, key);

-- The secret under which forgotten names are hashed, one row.
CREATE TABLE flywheel_ticket_secret (
	id INTEGER NOT NULL,
	secret BLOB NOT NULL,
	PRIMARY KEY (id)
) WITHOUT ROWID;

-- +goose Down

DROP TABLE flywheel_ticket_secret;
DROP TABLE flywheel_ticket_entries;
DROP TABLE flywheel_tickets;
