package segmentsql

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
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
	"github.com/flywheel-go/flywheel/segment/live"
)

// Live is a segment.LiveStore and a flywheel.Transactor.
type Live struct{ db *flywheel.SQL }

// NewLive returns the live segments in db. It does no I/O; call [flywheel.Migrate] before
// the first use.
func NewLive(db *flywheel.SQL) *Live { return &Live{db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Live) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Live) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Live) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "segment", Files: migrations}, cursor.Migrations, effect.Migrations}
}

func (s *Live) in(column string) string { return sqldb.In(s.db.Dialect(), column) }

// Load implements segment.LiveStore.
func (s *Live) Load(ctx context.Context, aliases ...flywheel.Person) ([]segment.LiveState, error) {
	list := make([]segment.LiveState, len(aliases))
	at := make(map[flywheel.Person][]int, len(aliases))
	visitors, customers := []string{}, []string{}
	for i, a := range aliases {
		list[i].Alias = a
		at[a] = append(at[a], i)
		if v := a.Visitor(); v != "" {
			visitors = append(visitors, string(v))
		} else if c := a.Customer(); c != "" {
			customers = append(customers, string(c))
		}
	}
	arg, err := argument(aliases)
	if err != nil || len(aliases) == 0 {
		return list, cmp.Or(err, ctx.Err())
	}
	q := s.db.Read(ctx)
	err = sqldb.Each(ctx, q, `SELECT alias, version, due, body FROM flywheel_live_states WHERE `+s.in("alias"), []any{arg}, func(r sqldb.Row) error {
		state, err := scanLive(r)
		for _, i := range at[state.Alias] {
			list[i] = state
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	err = sqldb.Each(ctx, q, `SELECT person, segment FROM flywheel_live_members WHERE `+s.in("person")+` ORDER BY person, segment`, []any{arg}, func(r sqldb.Row) error {
		var m memberRow
		err := r.Scan(&m.Person, &m.Segment)
		for _, i := range at[m.Person] {
			list[i].Segments = append(list[i].Segments, m.Segment)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range list {
		slices.Sort(list[i].Segments) // a database may order texts otherwise
	}
	for column, ids := range map[string][]string{"visitor": visitors, "customer": customers} {
		if len(ids) == 0 {
			continue
		}
		if arg, err = argument(ids); err != nil {
			return nil, err
		}
		err := sqldb.Each(ctx, q, `SELECT visitor, customer FROM flywheel_live_links WHERE `+s.in(column)+` ORDER BY visitor, place`, []any{arg}, func(r sqldb.Row) error {
			var visitor, customer string
			err := r.Scan(&visitor, &customer)
			key, other := flywheel.PersonOf("", flywheel.VisitorID(visitor)), customer
			if column == "customer" {
				key, other = flywheel.PersonOf(flywheel.CustomerID(customer), ""), visitor
			}
			for _, i := range at[key] {
				list[i].Linked = append(list[i].Linked, other)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for i := range list {
		if list[i].Alias.Customer() != "" {
			slices.Sort(list[i].Linked)
		}
	}
	return list, nil
}

func scanLive(r sqldb.Row) (s segment.LiveState, err error) {
	var alias, body string
	var at sql.NullInt64
	if err = r.Scan(&alias, &s.Version, &at, &body); err != nil {
		return s, err
	}
	s.Alias = flywheel.Person(alias)
	if at.Valid {
		s.Due = sqldb.Time(at.Int64)
	}
	if s.Data, err = base64.StdEncoding.DecodeString(body); err != nil {
		err = fmt.Errorf("segmentsql: stored state of %q: %w: %w", alias, flywheel.ErrInvalid, err)
	}
	return s, err
}

type liveRow struct {
	Alias   flywheel.Person `json:"alias"`
	Version int64           `json:"version"` // the new one
	Due     *int64          `json:"due"`
	Body    string          `json:"body"`
}

// Save implements segment.LiveStore.
func (s *Live) Save(ctx context.Context, states ...segment.LiveState) error {
	var rows, gone []liveRow
	for i := range states {
		row := liveRow{Alias: states[i].Alias, Version: states[i].Version + 1}
		switch {
		case states[i].Data != nil:
			if !states[i].Due.IsZero() {
				at := sqldb.Micros(states[i].Due)
				row.Due = &at
			}
			row.Body = base64.StdEncoding.EncodeToString(states[i].Data)
			rows = append(rows, row)
		case states[i].Version > 0:
			gone = append(gone, row)
		}
	}
	if len(states) == 0 {
		return ctx.Err()
	}
	// In one order, so that two transactions do not wait for each other in a ring; new
	// ones keep theirs, which is that of List.
	slices.SortStableFunc(rows, func(a, b liveRow) int {
		if a.Version == 1 || b.Version == 1 {
			return cmp.Compare(a.Version, b.Version)
		}
		return cmp.Compare(a.Alias, b.Alias)
	})
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.saveRows(ctx, tx, rows); err != nil {
			return err
		}
		for _, row := range gone {
			res, err := tx.ExecContext(ctx, `DELETE FROM flywheel_live_states WHERE alias = ? AND version = ?`, string(row.Alias), row.Version-1)
			if err != nil {
				return err
			}
			if n, err := res.RowsAffected(); err != nil {
				return err
			} else if n == 0 {
				return fmt.Errorf("segment: the state of %q is at another version: %w", row.Alias, flywheel.ErrStale)
			}
		}
		if len(rows) == 0 && len(gone) > 0 {
			tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (there bool, err error) {
				err = q.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM flywheel_live_states WHERE alias = ? AND version = ?)`,
					string(gone[0].Alias), gone[0].Version-1).Scan(&there)
				return !there, err
			})
		}
		now := make([]membership, len(states))
		for i := range states {
			if now[i].person = states[i].Alias; states[i].Data != nil {
				now[i].segments = states[i].Segments
			}
		}
		if err := saveMembers(ctx, tx, s.db.Dialect(), "flywheel_live_members", now); err != nil {
			return err
		}
		for i := range states {
			if v := states[i].Alias.Visitor(); v != "" && (states[i].Relinked || states[i].Data == nil) {
				if err := saveLiveLinks(ctx, tx, string(v), states[i].Linked); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (s *Live) saveRows(ctx context.Context, tx *sqldb.Tx, rows []liveRow) error {
	if len(rows) == 0 {
		return nil
	}
	arg, err := argument(rows)
	if err != nil {
		return err
	}
	saved, err := sqldb.Select(ctx, tx, `INSERT INTO flywheel_live_states (alias, version, due, body)
		SELECT x.alias, x.version, x.due, x.body FROM `+sqldb.Recordset(s.db.Dialect(), "alias text", "version bigint", "due bigint", "body text")+`
		WHERE x.version = 1 OR (SELECT p.version FROM flywheel_live_states p WHERE p.alias = x.alias) IS NOT NULL
		ON CONFLICT (alias) DO UPDATE SET version = excluded.version, due = excluded.due, body = excluded.body
		WHERE flywheel_live_states.version = excluded.version - 1 RETURNING alias`, []any{arg}, scanPerson)
	if err != nil {
		return err
	}
	if len(saved) != len(rows) {
		return fmt.Errorf("segment: a state of %d is at another version: %w", len(rows), flywheel.ErrStale)
	}
	first := rows[0]
	tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		var body string
		err := q.QueryRowContext(ctx, `SELECT body FROM flywheel_live_states WHERE alias = ? AND version = ?`, string(first.Alias), first.Version).Scan(&body)
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return body == first.Body, err
	})
	return nil
}

func saveLiveLinks(ctx context.Context, tx *sqldb.Tx, visitor string, customers []string) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_live_links WHERE visitor = ?`, visitor); err != nil {
		return err
	}
	for i, c := range customers {
		if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_live_links (visitor, place, customer) VALUES (?, ?, ?)`, visitor, i, c); err != nil {
			return err
		}
	}
	return nil
}

// List implements segment.LiveStore.
func (s *Live) List(ctx context.Context, of string) iter.Seq2[segment.LiveState, error] {
	type numbered struct {
		number int64
		segment.LiveState
	}
	where, args := "", []any{}
	if of != "" {
		where, args = ` AND EXISTS (SELECT 1 FROM flywheel_live_members m WHERE m.segment = ? AND m.person = p.alias)`, []any{of}
	}
	pages := sqldb.Pages(ctx, s.db, `SELECT number, alias, version, due, body FROM flywheel_live_states p WHERE number > ?`+where+` ORDER BY number LIMIT ?`,
		func(last *numbered) []any { return append([]any{last.number}, args...) }, func(r sqldb.Row) (n numbered, err error) {
			n.LiveState, err = scanLive(numberedRow{r, &n.number})
			return n, err
		})
	return func(yield func(segment.LiveState, error) bool) {
		for n, err := range pages {
			if !yield(n.LiveState, err) {
				return
			}
		}
	}
}

// Due implements segment.LiveStore.
func (s *Live) Due(ctx context.Context, now time.Time, limit int, keep func(flywheel.Person) bool) ([]flywheel.Person, error) {
	return due.Claim(ctx, s.db.DB, due.Query{Columns: "alias", From: "flywheel_live_states", Due: "due", Key: "alias"}, now, limit, scanPerson, keep)
}

// Clear implements segment.LiveStore.
func (s *Live) Clear(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, table := range []string{"states", "members", "links"} {
			if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_live_`+table); err != nil {
				return err
			}
		}
		return nil
	})
}

// Definitions implements segment.LiveStore.
func (s *Live) Definitions(ctx context.Context, name string, known int64) (d segment.LiveDefined, err error) {
	var configured, body string
	d.Version, configured, body, err = definitions(ctx, s.db, "flywheel_live_definitions", "live", name, known)
	if err != nil || body == "" {
		return d, err
	}
	if err = errors.Join(json.Unmarshal([]byte(configured), &d.Configured), json.Unmarshal([]byte(body), &d.Definitions)); err != nil {
		err = fmt.Errorf("segmentsql: stored definitions of %q: %w", name, err)
	}
	return d, err
}

// Define implements segment.LiveStore.
func (s *Live) Define(ctx context.Context, name string, d segment.LiveDefined) error {
	configured, err := argument[live.Definition](d.Configured)
	if err != nil {
		return err
	}
	body, err := argument[live.Definition](d.Definitions)
	if err != nil {
		return err
	}
	return define(ctx, s.db, "flywheel_live_definitions", "live", name, d.Version, configured, body)
}
