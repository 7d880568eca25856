package draftsql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/draft"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is a draft.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ draft.Store       = (*Store)(nil)
	_ flywheel.SQLStore = (*Store)(nil)
)

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the first
// use.
func New(db *flywheel.SQL) *Store { return &Store{db: db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "draft", Files: migrations}, effect.Migrations}
}

// Get implements draft.Store.
func (s *Store) Get(ctx context.Context, id draft.ID) (draft.Draft, error) {
	return s.one(ctx, fmt.Sprintf("%q", id), `SELECT body FROM flywheel_drafts WHERE id = ?`, string(id))
}

// ByKey implements draft.Store.
func (s *Store) ByKey(ctx context.Context, key string) (draft.Draft, error) {
	return s.one(ctx, fmt.Sprintf("key %q", key), `SELECT body FROM flywheel_drafts WHERE idem_key = ?`, key)
}

func (s *Store) one(ctx context.Context, what, query string, args ...any) (draft.Draft, error) {
	d, err := scan(s.db.Read(ctx).QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return d, fmt.Errorf("draft %s: %w", what, flywheel.ErrNotFound)
	}
	return d, err
}

func scan(r sqldb.Row) (d draft.Draft, err error) {
	var body string
	if err = r.Scan(&body); err == nil {
		err = json.Unmarshal([]byte(body), &d)
	}
	return d, err
}

// Save implements draft.Store.
func (s *Store) Save(ctx context.Context, d draft.Draft) (draft.Draft, error) {
	before, mark := d.Version, newid.New()
	d.Version++
	d = d.Normal()
	body, err := json.Marshal(d)
	if err != nil {
		return draft.Draft{}, fmt.Errorf("draftsql: draft %q: %w", d.ID, err)
	}
	var next any
	if !d.Due.IsZero() {
		next = sqldb.Micros(d.Due)
	}
	args := []any{d.Key, string(d.Status), string(d.Customer), d.By, next, d.Version, mark, string(body), string(d.ID)}
	query := `INSERT INTO flywheel_drafts (idem_key, status, customer, made_by, due, version, mark, body, id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	if before != 0 {
		args = append(args, before)
		query = `UPDATE flywheel_drafts SET idem_key = ?, status = ?, customer = ?, made_by = ?, due = ?, version = ?, mark = ?, body = ?
			WHERE id = ? AND version = ?`
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, query, args...)
		if sqldb.IsUnique(err) {
			return draft.ErrKeyTaken
		}
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 {
			if before != 0 {
				return draft.ErrStale
			}
			there, err := sqldb.Exists(ctx, tx, `SELECT 1 FROM flywheel_drafts WHERE id = ?`, string(d.ID))
			if err != nil || there {
				return errors.Join(err, draft.ErrStale)
			}
			return draft.ErrKeyTaken
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var version int64
			var kept string
			err := q.QueryRowContext(ctx, `SELECT version, mark FROM flywheel_drafts WHERE id = ?`, string(d.ID)).Scan(&version, &kept)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				return false, nil
			case err == nil && version > d.Version:
				return false, fmt.Errorf("draftsql: draft %q was saved again since", d.ID)
			}
			return kept == mark, err
		})
		return nil
	})
	if err != nil {
		return draft.Draft{}, err
	}
	return d, nil
}

// List implements draft.Store.
func (s *Store) List(ctx context.Context, f draft.Filter, after draft.ID, limit int) ([]draft.Draft, error) {
	conditions, args := []string{"id > ?"}, []any{string(after)}
	for _, c := range []struct{ column, value string }{{"status", string(f.Status)}, {"customer", string(f.Customer)}, {"made_by", f.By}} {
		if c.value == "" {
			continue
		}
		condition := c.column + " = ?"
		if c.column == "customer" {
			condition += " AND customer <> ''" // the index has no others
		}
		conditions, args = append(conditions, condition), append(args, c.value)
	}
	query := `SELECT body FROM flywheel_drafts WHERE ` + strings.Join(conditions, " AND ") + ` ORDER BY id LIMIT ?`
	return sqldb.Select(ctx, s.db.Read(ctx), query, append(args, limit), scan)
}

// DueDrafts implements draft.Store.
func (s *Store) DueDrafts(ctx context.Context, at time.Time, limit int) ([]draft.Draft, error) {
	return due.Claim(ctx, s.db.DB, due.Query{Columns: "body", From: "flywheel_drafts", Due: "due", Key: "id"}, at, limit, scan, nil)
}

// Forget implements draft.Store.
func (s *Store) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_drafts WHERE customer <> '' AND customer = ?`, string(customer)); err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			there, err := sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_drafts WHERE customer <> '' AND customer = ?`, string(customer))
			return !there, err
		})
		return nil
	})
}
