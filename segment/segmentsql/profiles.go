package segmentsql

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/segment"
)

// Profiles is a segment.ProfileStore and a flywheel.Transactor.
type Profiles struct{ db *flywheel.SQL }

// NewProfiles returns the profiles in db. It does no I/O; call [flywheel.Migrate]
// before the first use.
func NewProfiles(db *flywheel.SQL) *Profiles { return &Profiles{db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Profiles) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Profiles) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Profiles) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "segment", Files: migrations}, cursor.Migrations, effect.Migrations}
}

func (s *Profiles) in(column string) string { return sqldb.In(s.db.Dialect(), column) }

func (s *Profiles) rows(columns ...string) string { return sqldb.Recordset(s.db.Dialect(), columns...) }

// argument is many rows or texts as one JSON argument.
func argument[T any](rows []T) (string, error) {
	data, err := json.Marshal(append([]T{}, rows...)) // never null
	if err != nil {
		return "", fmt.Errorf("segmentsql: %w: %w", flywheel.ErrInvalid, err)
	}
	return string(data), nil
}

// Load implements segment.ProfileStore.
func (s *Profiles) Load(ctx context.Context, persons ...flywheel.Person) ([]segment.Profile, error) {
	list := make([]segment.Profile, len(persons))
	at := make(map[flywheel.Person][]int, len(persons))
	visitors, customers := []string{}, []string{}
	for i, person := range persons {
		list[i].Person = person
		at[person] = append(at[person], i)
		if v := person.Visitor(); v != "" {
			visitors = append(visitors, string(v))
		} else {
			customers = append(customers, string(person.Customer()))
		}
	}
	arg, err := argument(persons)
	if err != nil || len(persons) == 0 {
		return list, cmp.Or(err, ctx.Err())
	}
	q := s.db.Read(ctx)
	err = sqldb.Each(ctx, q, `SELECT person, version, body FROM flywheel_profiles WHERE `+s.in("person"), []any{arg}, func(r sqldb.Row) error {
		p, err := scanProfile(r)
		for _, i := range at[p.Person] {
			list[i] = p
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for column, ids := range map[string][]string{"visitor": visitors, "customer": customers} {
		if len(ids) == 0 {
			continue
		}
		if arg, err = argument(ids); err != nil {
			return nil, err
		}
		links, err := sqldb.Select(ctx, q, `SELECT visitor, customer, since, position FROM flywheel_profile_links WHERE `+s.in(column)+
			` ORDER BY visitor, since, position`, []any{arg}, scanLink)
		if err != nil {
			return nil, err
		}
		for _, l := range links {
			person := flywheel.PersonOf("", l.Visitor)
			if column == "customer" {
				person = flywheel.PersonOf(l.Customer, "")
			}
			for _, i := range at[person] {
				list[i].Links = append(list[i].Links, l)
			}
		}
	}
	return list, nil
}

func scanProfile(r sqldb.Row) (p segment.Profile, err error) {
	var person, body string
	var version int64
	if err = r.Scan(&person, &version, &body); err == nil {
		if err = json.Unmarshal([]byte(body), &p); err != nil {
			err = fmt.Errorf("segmentsql: stored profile: %w", err)
		}
	}
	p.Person, p.Version = flywheel.Person(person), version
	return p, err
}

type profileRow struct {
	Person  flywheel.Person `json:"person"`
	Version int64           `json:"version"` // the new one
	Due     *int64          `json:"due"`
	Body    string          `json:"body"`
}

// Save implements segment.ProfileStore.
func (s *Profiles) Save(ctx context.Context, profiles ...segment.Profile) error {
	rows := make([]profileRow, len(profiles))
	for i := range profiles {
		p := profiles[i]
		rows[i] = profileRow{Person: p.Person, Version: p.Version + 1}
		if !p.Due.IsZero() {
			at := sqldb.Micros(p.Due)
			rows[i].Due = &at
		}
		body, err := json.Marshal(p)
		if err != nil {
			return fmt.Errorf("segmentsql: profile %q: %w: %w", p.Person, flywheel.ErrInvalid, err)
		}
		rows[i].Body = string(body)
	}
	if len(rows) == 0 {
		return ctx.Err()
	}
	// In one order, so that two transactions do not wait for each other in a ring;
	// new ones keep theirs, which is that of List.
	slices.SortStableFunc(rows, func(a, b profileRow) int {
		if a.Version == 1 || b.Version == 1 {
			return cmp.Compare(a.Version, b.Version)
		}
		return cmp.Compare(a.Person, b.Person)
	})
	arg, err := argument(rows)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		saved, err := sqldb.Select(ctx, tx, `INSERT INTO flywheel_profiles (person, version, due, body)
			SELECT x.person, x.version, x.due, x.body FROM `+s.rows("person text", "version bigint", "due bigint", "body text")+`
			WHERE x.version = 1 OR (SELECT p.version FROM flywheel_profiles p WHERE p.person = x.person) IS NOT NULL
			ON CONFLICT (person) DO UPDATE SET version = excluded.version, due = excluded.due, body = excluded.body
			WHERE flywheel_profiles.version = excluded.version - 1 RETURNING person`, []any{arg}, scanPerson)
		if err != nil {
			return err
		}
		if len(saved) != len(rows) {
			return fmt.Errorf("segment: a profile of %d is at another version: %w", len(rows), flywheel.ErrStale)
		}
		first := rows[0]
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var body string
			err := q.QueryRowContext(ctx, `SELECT body FROM flywheel_profiles WHERE person = ? AND version = ?`, string(first.Person), first.Version).Scan(&body)
			if err == sql.ErrNoRows {
				return false, nil
			}
			return body == first.Body, err
		})
		now := make([]membership, len(profiles))
		for i := range profiles {
			now[i] = membership{profiles[i].Person, profiles[i].Segments}
		}
		if err := saveMembers(ctx, tx, s.db.Dialect(), "flywheel_profile_members", now); err != nil {
			return err
		}
		if err := s.saveLinks(ctx, tx, profiles); err != nil {
			return err
		}
		if err := s.saveMoments(ctx, tx, profiles); err != nil {
			return err
		}
		return s.saveValues(ctx, tx, profiles)
	})
}

func scanPerson(r sqldb.Row) (p flywheel.Person, err error) {
	err = r.Scan(&p)
	return p, err
}

type memberRow struct {
	Segment string          `json:"segment"`
	Person  flywheel.Person `json:"person"`
}

// membership is of which segments somebody is a member now.
type membership struct {
	person   flywheel.Person
	segments []string
}

// saveMembers brings the rows of memberships of a table to what is true now.
func saveMembers(ctx context.Context, tx *sqldb.Tx, d flywheel.Dialect, table string, now []membership) error {
	persons := make([]flywheel.Person, len(now))
	for i := range now {
		persons[i] = now[i].person
	}
	arg, err := argument(persons)
	if err != nil {
		return err
	}
	stored, err := sqldb.Select(ctx, tx, `SELECT segment, person FROM `+table+` WHERE `+sqldb.In(d, "person"), []any{arg},
		func(r sqldb.Row) (m memberRow, err error) { err = r.Scan(&m.Segment, &m.Person); return m, err })
	if err != nil {
		return err
	}
	gone := make(map[memberRow]bool, len(stored))
	for _, m := range stored {
		gone[m] = true
	}
	var come []memberRow
	for i := range now {
		for _, name := range now[i].segments {
			m := memberRow{name, now[i].person}
			if !gone[m] {
				come = append(come, m)
			}
			delete(gone, m)
		}
	}
	if len(come) > 0 {
		if arg, err = argument(come); err != nil {
			return err
		}
		if _, err = tx.ExecContext(ctx, `INSERT INTO `+table+` (segment, person) SELECT x.segment, x.person FROM `+
			sqldb.Recordset(d, "segment text", "person text"), arg); err != nil {
			return err
		}
	}
	for _, m := range stored {
		if !gone[m] {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE segment = ? AND person = ?`, m.Segment, string(m.Person)); err != nil {
			return err
		}
	}
	return nil
}

func (s *Profiles) saveLinks(ctx context.Context, tx *sqldb.Tx, profiles []segment.Profile) error {
	for i := range profiles {
		p := &profiles[i]
		if !p.Relinked {
			continue
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_profile_links WHERE visitor = ?`, string(p.Person.Visitor())); err != nil {
			return err
		}
		for _, l := range p.Links {
			if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_profile_links (visitor, position, customer, since) VALUES (?, ?, ?, ?)`,
				string(l.Visitor), int64(l.Position), string(l.Customer), sqldb.Micros(l.From)); err != nil {
				return err
			}
		}
	}
	return nil
}

type valueRow struct {
	Person flywheel.Person `json:"person"`
	Name   string          `json:"name"`
	Value  string          `json:"value"`
	Count  int64           `json:"count"`
}

func (s *Profiles) saveValues(ctx context.Context, tx *sqldb.Tx, profiles []segment.Profile) error {
	var rows []valueRow
	for i := range profiles {
		for _, c := range profiles[i].Counted {
			rows = append(rows, valueRow{profiles[i].Person, c.Of, c.Value, c.Count})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	arg, err := argument(rows)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO flywheel_profile_values (person, name, value, count) SELECT x.person, x.name, x.value, x.count FROM `+
		s.rows("person text", "name text", "value text", "count bigint")+` WHERE true
		ON CONFLICT (person, name, value) DO UPDATE SET count = excluded.count`, arg)
	return err
}

// List implements segment.ProfileStore.
func (s *Profiles) List(ctx context.Context, of string) iter.Seq2[segment.Profile, error] {
	type numbered struct {
		number int64
		segment.Profile
	}
	where, args := "", []any{}
	if of != "" {
		where, args = ` AND EXISTS (SELECT 1 FROM flywheel_profile_members m WHERE m.segment = ? AND m.person = p.person)`, []any{of}
	}
	pages := sqldb.Pages(ctx, s.db, `SELECT number, person, version, body FROM flywheel_profiles p WHERE number > ?`+where+` ORDER BY number LIMIT ?`,
		func(last *numbered) []any { return append([]any{last.number}, args...) }, func(r sqldb.Row) (n numbered, err error) {
			n.Profile, err = scanProfile(numberedRow{r, &n.number})
			return n, err
		})
	return func(yield func(segment.Profile, error) bool) {
		for n, err := range pages {
			if !yield(n.Profile, err) {
				return
			}
		}
	}
}

// numberedRow is a row whose first column is its number.
type numberedRow struct {
	row    sqldb.Row
	number *int64
}

func (n numberedRow) Scan(dest ...any) error { return n.row.Scan(append([]any{n.number}, dest...)...) }

// Values implements segment.ProfileStore.
func (s *Profiles) Values(ctx context.Context, of string, value *string, persons ...flywheel.Person) ([]segment.ValueCount, error) {
	arg, err := argument(persons)
	if err != nil {
		return nil, err
	}
	where, args := "", []any{of, arg}
	if value != nil {
		where, args = ` AND value = ?`, append(args, *value)
	}
	list, err := sqldb.Select(ctx, s.db.Read(ctx), `SELECT value, SUM(count) FROM flywheel_profile_values WHERE name = ? AND `+s.in("person")+where+
		` AND count > 0 GROUP BY value`, args, func(r sqldb.Row) (v segment.ValueCount, err error) {
		err = r.Scan(&v.Value, &v.Count)
		return v, err
	})
	slices.SortFunc(list, func(a, b segment.ValueCount) int { return cmp.Compare(a.Value, b.Value) })
	return list, err
}

// Due implements segment.ProfileStore.
func (s *Profiles) Due(ctx context.Context, now time.Time, limit int, keep func(flywheel.Person) bool) ([]flywheel.Person, error) {
	return due.Claim(ctx, s.db.DB, due.Query{Columns: "person", From: "flywheel_profiles", Due: "due", Key: "person"}, now, limit, scanPerson, keep)
}

// Forget implements segment.ProfileStore.
func (s *Profiles) Forget(ctx context.Context, persons ...flywheel.Person) error {
	customers := []string{}
	for _, p := range persons {
		if c := p.Customer(); c != "" {
			customers = append(customers, string(c))
		}
	}
	arg, err := argument(persons)
	if err != nil {
		return err
	}
	of, err := argument(customers)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, table := range []string{"profiles", "profile_members", "profile_values", "profile_moments"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_`+table+` WHERE `+s.in("person"), arg); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM flywheel_profile_links WHERE `+s.in("customer"), of)
		return err
	})
}

// Clear implements segment.ProfileStore.
func (s *Profiles) Clear(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, table := range []string{"profiles", "profile_members", "profile_values", "profile_moments", "profile_links"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_`+table); err != nil {
				return err
			}
		}
		return nil
	})
}
