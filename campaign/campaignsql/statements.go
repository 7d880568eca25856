package campaignsql

import (
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

const foundColumns = `id, contact, entered, position`

// statements are those for many rows, which are one JSON argument.
type statements struct {
	contacts, lockContacts, skipContacts, runs, entries string
	saveContacts, saveRuns, endRuns, saveEntries        string
}

func statementsOf(d flywheel.Dialect) statements {
	contacts := `SELECT id, version, body FROM flywheel_campaign_contacts WHERE ` + sqldb.In(d, "id") + ` ORDER BY id`
	lock, skip := "", ""
	if d == flywheel.Postgres {
		lock, skip = " FOR UPDATE", " FOR UPDATE SKIP LOCKED"
	}
	return statements{
		contacts: contacts, lockContacts: contacts + lock, skipContacts: contacts + skip,
		runs: `SELECT body FROM flywheel_campaign_runs WHERE ` + sqldb.In(d, "contact"),
		entries: `SELECT e.contact, e.journey, e.key, e.at FROM ` + sqldb.Recordset(d, "contact text", "journey text", "key text") + `
			CROSS JOIN flywheel_campaign_entries e WHERE e.contact = x.contact AND e.journey = x.journey AND e.key = x.key
			ORDER BY e.contact, e.journey, e.key`,
		saveContacts: `INSERT INTO flywheel_campaign_contacts (id, version, body)
			SELECT x.id, x.version, x.body FROM ` + sqldb.Recordset(d, "id text", "version bigint", "body text") + `
			WHERE x.version = 1 OR (SELECT c.version FROM flywheel_campaign_contacts c WHERE c.id = x.id) IS NOT NULL
			ON CONFLICT (id) DO UPDATE SET version = excluded.version, body = excluded.body
			WHERE flywheel_campaign_contacts.version = excluded.version - 1 RETURNING id`,
		saveRuns: `INSERT INTO flywheel_campaign_runs (id, contact, journey, entered, position, due, subject, acts, body)
			SELECT x.id, x.contact, x.journey, x.entered, x.position, x.due, x.subject, x.acts, x.body FROM ` +
			sqldb.Recordset(d, "id text", "contact text", "journey text", "entered bigint", "position bigint", "due bigint", "subject text", "acts bigint", "body text") + `
			WHERE true ON CONFLICT (id) DO UPDATE SET due = excluded.due, subject = excluded.subject, acts = excluded.acts, body = excluded.body`,
		endRuns: `DELETE FROM flywheel_campaign_runs WHERE ` + sqldb.In(d, "id"),
		saveEntries: `INSERT INTO flywheel_campaign_entries (contact, journey, key, at)
			SELECT x.contact, x.journey, x.key, x.at FROM ` + sqldb.Recordset(d, "contact text", "journey text", "key text", "at bigint") + `
			WHERE true ON CONFLICT (contact, journey, key) DO UPDATE SET at = excluded.at`,
	}
}

type contactRow struct {
	ID      flywheel.Person `json:"id"`
	Version int64           `json:"version"` // the new one
	Body    string          `json:"body"`
}

type runRow struct {
	ID       string            `json:"id"`
	Contact  flywheel.Person   `json:"contact"`
	Journey  campaign.ID       `json:"journey"`
	Entered  int64             `json:"entered"`
	Position flywheel.Position `json:"position"`
	Due      *int64            `json:"due"`
	Subject  *string           `json:"subject"`
	Acts     int64             `json:"acts"`
	Body     string            `json:"body"`
}

type entryRow struct {
	Contact flywheel.Person `json:"contact"`
	Journey campaign.ID     `json:"journey"`
	Key     string          `json:"key"`
	At      int64           `json:"at"`
}

type rows struct {
	contacts []contactRow
	runs     []runRow
	ended    []string
	entries  []entryRow
}

// rowsOf are the rows of changes. Of several entries under one key the last counts.
func rowsOf(changes []campaign.Change) (all rows, err error) {
	for i := range changes {
		c := &changes[i]
		if err := c.Validate(); err != nil {
			return all, err
		}
		body, err := text(c.Contact)
		if err != nil {
			return all, err
		}
		all.contacts = append(all.contacts, contactRow{c.Contact.ID, c.Contact.Version + 1, body})
		for j := range c.Runs {
			r := &c.Runs[j]
			body, err := text(r)
			if err != nil {
				return all, err
			}
			row := runRow{r.ID, r.Contact, r.Journey, sqldb.Micros(r.Entered), r.Position, micros(r.Due), nil, r.Acts, body}
			if r.Subject != "" {
				row.Subject = &r.Subject
			}
			all.runs = append(all.runs, row)
		}
		all.ended = append(all.ended, c.Ended...)
		last := map[campaign.EntryKey]int{}
		for _, e := range c.Entries {
			row := entryRow{c.Contact.ID, e.Journey, e.Key, sqldb.Micros(e.At)}
			if k, known := last[e.EntryKey]; known {
				all.entries[k] = row
				continue
			}
			last[e.EntryKey] = len(all.entries)
			all.entries = append(all.entries, row)
		}
	}
	return all, nil
}

func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	m := sqldb.Micros(t)
	return &m
}
