package campaignsql

import (
	"cmp"
	"context"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

func scanContact(r sqldb.Row) (c campaign.Contact, err error) {
	var id, body string
	var version int64
	if err := r.Scan(&id, &version, &body); err != nil {
		return c, err
	}
	c, err = scanned[campaign.Contact](body)
	c.Version = version
	return c, err
}

// Load implements [campaign.Store]: one statement each for contacts, runs, and
// entries where they are asked for.
func (s *Store) Load(ctx context.Context, ask campaign.Ask) ([]campaign.State, error) {
	if len(ask.Contacts) == 0 {
		return nil, nil
	}
	query := s.sql.contacts
	switch {
	case ask.Lock && ask.Skip:
		query = s.sql.skipContacts
	case ask.Lock:
		query = s.sql.lockContacts
	}
	found := map[flywheel.Person]*campaign.State{}
	err := s.each(ctx, s.db.Read(ctx), query, ask.Contacts, func(r sqldb.Row) error {
		c, err := scanContact(r)
		found[c.ID] = &campaign.State{Contact: c}
		return err
	})
	if err != nil {
		return nil, err
	}
	missing := len(found) < len(ask.Contacts)
	runs, err := s.runsOf(ctx, ask.Contacts)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if st := found[r.Contact]; st != nil {
			st.Runs = append(st.Runs, r)
		}
	}
	if err := s.entries(ctx, ask, found); err != nil {
		return nil, err
	}
	there := map[flywheel.Person]bool{}
	if missing && ask.Skip { // locked or not there
		err := s.each(ctx, s.db.Read(ctx), s.sql.contacts, ask.Contacts, func(r sqldb.Row) error {
			c, err := scanContact(r)
			there[c.ID] = true
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	states := make([]campaign.State, 0, len(ask.Contacts))
	for _, id := range ask.Contacts {
		switch st := found[id]; {
		case st != nil:
			states = append(states, *st)
		case !there[id]:
			states = append(states, campaign.State{Contact: campaign.Contact{ID: id}})
		}
	}
	return states, nil
}

// runsOf returns the runs of contacts in the order of their entries.
func (s *Store) runsOf(ctx context.Context, contacts []flywheel.Person) ([]campaign.Run, error) {
	var runs []campaign.Run
	err := s.each(ctx, s.db.Read(ctx), s.sql.runs, contacts, func(r sqldb.Row) error {
		var body string
		if err := r.Scan(&body); err != nil {
			return err
		}
		run, err := scanned[campaign.Run](body)
		runs = append(runs, run)
		return err
	})
	slices.SortFunc(runs, func(a, b campaign.Run) int {
		return cmp.Or(a.Entered.Compare(b.Entered), cmp.Compare(a.Position, b.Position), cmp.Compare(a.Journey, b.Journey), cmp.Compare(a.ID, b.ID))
	})
	return runs, err
}

func (s *Store) entries(ctx context.Context, ask campaign.Ask, found map[flywheel.Person]*campaign.State) error {
	var keys []entryRow
	for id, of := range ask.Keys {
		for _, k := range of {
			if found[id] != nil {
				keys = append(keys, entryRow{Contact: id, Journey: k.Journey, Key: k.Key})
			}
		}
	}
	if len(keys) == 0 {
		return nil
	}
	return s.each(ctx, s.db.Read(ctx), s.sql.entries, keys, func(r sqldb.Row) error {
		var contact flywheel.Person
		var e campaign.Entry
		var at int64
		err := r.Scan(&contact, &e.Journey, &e.Key, &at)
		e.At = sqldb.Time(at)
		found[contact].Entries = append(found[contact].Entries, e)
		return err
	})
}

func scanFound(r sqldb.Row) (f campaign.Found, err error) {
	var entered int64
	err = r.Scan(&f.Run, &f.Contact, &entered, &f.Position)
	f.Entered = sqldb.Time(entered)
	return f, err
}

// Find implements [campaign.Store].
func (s *Store) Find(ctx context.Context, q campaign.Query) ([]campaign.Found, error) {
	keep := func(f campaign.Found) bool { return q.Held == nil || !q.Held(f.Contact) }
	where, args := "true", []any{}
	for _, id := range q.Without {
		where, args = where+" AND journey <> ?", append(args, string(id))
	}
	if len(q.Only) > 0 {
		arg, err := text(q.Only)
		if err != nil {
			return nil, err
		}
		where, args = where+" AND "+sqldb.In(s.db.Dialect(), "journey"), append(args, arg)
	}
	switch {
	case !q.Due.IsZero():
		return due.Claim(ctx, s.db.DB, due.Query{
			Columns: foundColumns, From: "flywheel_campaign_runs", Due: "due", Key: "id", Where: where, Args: args,
		}, q.Due, q.Limit, scanFound, keep)
	case q.Acts > 0:
		found, err := sqldb.Select(ctx, s.db.Read(ctx), `SELECT `+foundColumns+` FROM flywheel_campaign_runs
			WHERE journey = ? AND acts < ? ORDER BY id LIMIT ?`, []any{string(q.Journey), q.Acts, q.Limit}, scanFound)
		return slices.DeleteFunc(found, func(f campaign.Found) bool { return !keep(f) }), err
	}
	arg, err := text(q.Subjects)
	if err != nil || len(q.Subjects) == 0 {
		return nil, err
	}
	args = append([]any{arg, sqldb.Micros(q.After.Entered), q.After.Position, q.After.Run}, args...)
	found, err := sqldb.Select(ctx, s.db.Read(ctx), `SELECT `+foundColumns+` FROM flywheel_campaign_runs
		WHERE `+sqldb.In(s.db.Dialect(), "subject")+` AND (entered, position, id) > (?, ?, ?) AND `+where+`
		ORDER BY entered, position, id LIMIT ?`, append(args, q.Limit), scanFound)
	return slices.DeleteFunc(found, func(f campaign.Found) bool { return !keep(f) }), err
}
