package checkoutsql

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
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is a checkout.SessionStore in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ checkout.SessionStore = (*Store)(nil)
	_ flywheel.SQLStore     = (*Store)(nil)
)

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the
// first use.
func New(db *flywheel.SQL) *Store { return &Store{db: db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "checkout", Files: migrations}, effect.Migrations}
}

// Session implements checkout.SessionStore.
func (s *Store) Session(ctx context.Context, id checkout.SessionID) (checkout.Session, error) {
	return s.one(ctx, fmt.Sprintf("session %q", id), `SELECT body FROM flywheel_checkout_sessions WHERE id = ?`, string(id))
}

// OpenSession implements checkout.SessionStore.
func (s *Store) OpenSession(ctx context.Context, of cart.ID) (checkout.Session, error) {
	return s.one(ctx, fmt.Sprintf("open session of cart %q", of),
		`SELECT body FROM flywheel_checkout_sessions WHERE cart = ? AND closed = ''`, string(of))
}

func (s *Store) one(ctx context.Context, what, query string, args ...any) (checkout.Session, error) {
	of, err := scan(s.db.Read(ctx).QueryRowContext(ctx, query, args...))
	if errors.Is(err, sql.ErrNoRows) {
		return of, fmt.Errorf("checkout: %s: %w", what, flywheel.ErrNotFound)
	}
	return of, err
}

func scan(r sqldb.Row) (of checkout.Session, err error) {
	var body string
	if err = r.Scan(&body); err == nil {
		err = json.Unmarshal([]byte(body), &of)
	}
	return of.Normal(), err
}

// SaveSession implements checkout.SessionStore.
func (s *Store) SaveSession(ctx context.Context, of checkout.Session) (checkout.Session, error) {
	before, mark := of.Revision, newid.New()
	of = of.Normal()
	of = of.Clone()
	of.Revision++
	body, err := json.Marshal(of)
	if err != nil {
		return checkout.Session{}, fmt.Errorf("checkoutsql: session %q: %w", of.ID, err)
	}
	pending := 0
	if of.Pending() {
		pending = 1
	}
	args := []any{
		string(of.Cart), string(of.Customer), string(of.Closed), of.Claim.Owner, of.Claim.Key,
		sql.NullInt64{Int64: sqldb.Micros(of.Due), Valid: !of.Due.IsZero()}, pending, of.Revision, mark, string(body), string(of.ID),
	}
	query := `INSERT INTO flywheel_checkout_sessions (cart, customer, closed, claim_owner, claim_key, due, pending, revision, mark, body, id)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
	if before != 0 {
		args = append(args, before, of.Claim.Owner, of.Claim.Key, string(of.ID), string(of.Closed), string(of.Cart), string(of.ID))
		query = `UPDATE flywheel_checkout_sessions SET cart = ?, customer = ?, closed = ?, claim_owner = ?, claim_key = ?, due = ?, pending = ?,
			revision = ?, mark = ?, body = ? WHERE id = ? AND revision = ?
			AND NOT EXISTS (SELECT 1 FROM flywheel_checkout_sessions k WHERE k.claim_owner = ? AND k.claim_key = ? AND k.claim_key <> '' AND k.id <> ?)
			AND (? <> '' OR NOT EXISTS (SELECT 1 FROM flywheel_checkout_sessions o WHERE o.cart = ? AND o.closed = '' AND o.id <> ?))`
	}
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, query, args...)
		if sqldb.IsUnique(err) {
			// Another transaction was a moment faster. PostgreSQL names the index, SQLite the column.
			if text := err.Error(); strings.Contains(text, "sessions_open") || strings.Contains(text, "sessions.cart") {
				return checkout.ErrOpen
			}
			return checkout.ErrKeyTaken
		}
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return err
		}
		if n == 0 {
			return inTheWay(ctx, tx, &of, before)
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) { return isKept(ctx, q, &of, mark) })
		return nil
	})
	if err != nil {
		return checkout.Session{}, err
	}
	return of, nil
}

// inTheWay says why a session was not written.
func inTheWay(ctx context.Context, tx *sqldb.Tx, of *checkout.Session, before int64) error {
	var revision int64
	err := tx.QueryRowContext(ctx, `SELECT revision FROM flywheel_checkout_sessions WHERE id = ?`, string(of.ID)).Scan(&revision)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if revision != before {
		return checkout.ErrSessionStale
	}
	open, err := sqldb.Exists(ctx, tx, `SELECT 1 FROM flywheel_checkout_sessions WHERE cart = ? AND closed = '' AND id <> ?`, string(of.Cart), string(of.ID))
	if err != nil || open && of.Closed == "" {
		return errors.Join(err, checkout.ErrOpen)
	}
	return checkout.ErrKeyTaken
}

// isKept reports whether a save took effect.
func isKept(ctx context.Context, q sqldb.Queryer, of *checkout.Session, mark string) (bool, error) {
	var revision int64
	var kept string
	err := q.QueryRowContext(ctx, `SELECT revision, mark FROM flywheel_checkout_sessions WHERE id = ?`, string(of.ID)).Scan(&revision, &kept)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err == nil && revision > of.Revision:
		return false, fmt.Errorf("checkoutsql: session %q was saved again since", of.ID)
	}
	return kept == mark, err
}

// KeyHolder implements checkout.SessionStore.
func (s *Store) KeyHolder(ctx context.Context, owner, key string) (checkout.SessionID, error) {
	var id string
	err := s.db.Read(ctx).QueryRowContext(ctx,
		`SELECT id FROM flywheel_checkout_sessions WHERE claim_owner = ? AND claim_key = ? AND claim_key <> ''`, owner, key).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("checkout: key %q: %w", key, flywheel.ErrNotFound)
	}
	return checkout.SessionID(id), err
}

// DueSessions implements checkout.SessionStore.
func (s *Store) DueSessions(ctx context.Context, at time.Time, limit int) ([]checkout.Session, error) {
	return due.Claim(ctx, s.db.DB, due.Query{Columns: "body", From: "flywheel_checkout_sessions", Due: "due", Key: "id"}, at, limit, scan, nil)
}

// PendingSessions implements checkout.SessionStore.
func (s *Store) PendingSessions(ctx context.Context, after checkout.SessionID, limit int) ([]checkout.Session, error) {
	return sqldb.Select(ctx, s.db.Read(ctx),
		`SELECT body FROM flywheel_checkout_sessions WHERE pending = 1 AND id > ? ORDER BY id LIMIT ?`, []any{string(after), limit}, scan)
}

// Forget implements checkout.SessionStore.
func (s *Store) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM flywheel_checkout_sessions WHERE customer <> '' AND customer = ?`, string(customer))
		if err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			there, err := sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_checkout_sessions WHERE customer <> '' AND customer = ?`, string(customer))
			return !there, err
		})
		return nil
	})
}
