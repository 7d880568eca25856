package campaignsql

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is a campaign.Store in a SQL database. It is safe for concurrent use.
type Store struct {
	db  *flywheel.SQL
	sql statements
}

var (
	_ campaign.Store    = (*Store)(nil)
	_ flywheel.SQLStore = (*Store)(nil)
)

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the
// first use.
func New(db *flywheel.SQL) *Store { return &Store{db, statementsOf(db.Dialect())} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "campaign", Files: migrations}, effect.Migrations, cursor.Migrations}
}

// text is the JSON of an argument or a column.
func text(v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("campaignsql: %w: %w", flywheel.ErrInvalid, err)
	}
	return string(b), nil
}

// scanned reads JSON of a column.
func scanned[T any](body string) (v T, err error) {
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		return v, fmt.Errorf("campaignsql: stored JSON: %w", err)
	}
	return v, nil
}

// Save implements [campaign.Store]: one statement for contacts, and one each for
// runs, ended runs and entries where there are some.
func (s *Store) Save(ctx context.Context, changes ...campaign.Change) error {
	rows, err := rowsOf(changes)
	if err != nil || len(rows.contacts) == 0 {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		saved := 0
		err := s.each(ctx, tx, s.sql.saveContacts, rows.contacts, func(r sqldb.Row) error { saved++; return nil })
		if err != nil {
			return err
		}
		if saved < len(rows.contacts) {
			return fmt.Errorf("campaign: %d of %d contacts have other versions: %w", len(rows.contacts)-saved, len(rows.contacts), flywheel.ErrStale)
		}
		tx.ReadBack(s.saved(changes[0].Contact))
		for _, w := range [...]struct {
			query string
			rows  any
			n     int
		}{{s.sql.saveRuns, rows.runs, len(rows.runs)}, {s.sql.endRuns, rows.ended, len(rows.ended)}, {s.sql.saveEntries, rows.entries, len(rows.entries)}} {
			if w.n == 0 {
				continue
			}
			arg, err := text(w.rows)
			if err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, w.query, arg); err != nil {
				return err
			}
		}
		return nil
	})
}

// saved asks whether a contact has the version and content that a transaction gave
// it, or a later version: the transaction may have gone on with it.
func (s *Store) saved(c campaign.Contact) func(context.Context, sqldb.Queryer) (bool, error) {
	return func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		want, err := text(c)
		if err != nil {
			return false, err
		}
		var n int
		err = q.QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_campaign_contacts WHERE id = ? AND (version = ? AND body = ? OR version > ?)`,
			string(c.ID), c.Version+1, want, c.Version+1).Scan(&n)
		return n > 0, err
	}
}

// each runs a query whose one argument is JSON.
func (s *Store) each(ctx context.Context, q sqldb.Queryer, query string, rows any, fn func(r sqldb.Row) error) error {
	arg, err := text(rows)
	if err != nil {
		return err
	}
	return sqldb.Each(ctx, q, query, []any{arg}, fn)
}

// Acts implements [campaign.Store].
func (s *Store) Acts(ctx context.Context, after int64) ([]campaign.Act, error) {
	return sqldb.Select(ctx, s.db.Read(ctx), `SELECT body FROM flywheel_campaign_acts WHERE seq > ? ORDER BY seq`, []any{after},
		func(r sqldb.Row) (a campaign.Act, err error) {
			var body string
			if err := r.Scan(&body); err != nil {
				return a, err
			}
			return scanned[campaign.Act](body)
		})
}

// Record implements [campaign.Store].
func (s *Store) Record(ctx context.Context, a campaign.Act) error {
	body, err := text(a)
	if err != nil {
		return err
	}
	recorded := func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		var n int
		err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_campaign_acts WHERE seq = ? AND body = ?`, a.Seq, body).Scan(&n)
		return n > 0, err
	}
	known := func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		var n int
		err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM flywheel_campaign_acts WHERE seq = ?`, a.Seq).Scan(&n)
		return n > 0, err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var last int64
		if err := tx.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM flywheel_campaign_acts`).Scan(&last); err != nil {
			return err
		}
		stale := fmt.Errorf("campaign: act %d behind the last, %d: %w", a.Seq, last, flywheel.ErrStale)
		switch {
		case a.Seq < 1 || a.Seq > last+1:
			return stale
		case a.Seq <= last:
			_, err := tx.ExecContext(ctx, `UPDATE flywheel_campaign_acts SET body = ? WHERE seq = ?`, body, a.Seq)
			tx.ReadBack(known) // progress that was lost is made again
			return err
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO flywheel_campaign_acts (seq, body) VALUES (?, ?) ON CONFLICT (seq) DO NOTHING`, a.Seq, body)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return cmpErr(err, stale)
		}
		tx.ReadBack(recorded)
		return nil
	})
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

// Delete implements [campaign.Store].
func (s *Store) Delete(ctx context.Context, contacts ...flywheel.Person) error {
	arg, err := text(contacts)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, table := range [...]struct{ name, column string }{
			{"flywheel_campaign_contacts", "id"}, {"flywheel_campaign_runs", "contact"}, {"flywheel_campaign_entries", "contact"},
		} {
			where, args := ``, []any(nil)
			if len(contacts) > 0 {
				where, args = ` WHERE `+sqldb.In(s.db.Dialect(), table.column), []any{arg}
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM `+table.name+where, args...); err != nil {
				return err
			}
			tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
				var left int
				err := q.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+table.name+where, args...).Scan(&left)
				return left == 0, err
			})
		}
		return nil
	})
}

// List implements [campaign.Store]. It reads pages of contacts and holds nothing
// in between.
func (s *Store) List(ctx context.Context) iter.Seq2[campaign.State, error] {
	pages := sqldb.Pages(ctx, s.db, `SELECT id, version, body FROM flywheel_campaign_contacts WHERE id > ? ORDER BY id LIMIT ?`,
		func(last *campaign.Contact) []any { return []any{string(last.ID)} }, scanContact)
	return func(yield func(campaign.State, error) bool) {
		for c, err := range pages {
			var st campaign.State
			if err == nil {
				st.Contact = c
				st.Runs, err = s.runsOf(ctx, []flywheel.Person{c.ID})
			}
			if !yield(st, err) || err != nil {
				return
			}
		}
	}
}
