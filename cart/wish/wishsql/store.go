package wishsql

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/wish"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

//go:embed migrations
var migrations embed.FS

// Store is a wish.Store in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ wish.Store        = (*Store)(nil)
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
	return []flywheel.Migrations{{Package: "wish", Files: migrations}, effect.Migrations, cursor.Migrations}
}

// Get implements wish.Store.
func (s *Store) Get(ctx context.Context, owner flywheel.Person) (wish.List, error) {
	l, err := scan(s.db.Read(ctx).QueryRowContext(ctx, `SELECT body FROM flywheel_wishes WHERE owner = ?`, string(owner)))
	if errors.Is(err, sql.ErrNoRows) {
		return wish.List{Owner: owner}, nil
	}
	return l, err
}

// ByToken implements wish.Store.
func (s *Store) ByToken(ctx context.Context, token string) (wish.List, error) {
	l, err := scan(s.db.Read(ctx).QueryRowContext(ctx, `SELECT body FROM flywheel_wishes WHERE token <> '' AND token = ?`, token))
	if errors.Is(err, sql.ErrNoRows) {
		return l, fmt.Errorf("wish: list: %w", flywheel.ErrNotFound)
	}
	return l, err
}

func scan(r sqldb.Row) (l wish.List, err error) {
	var body string
	if err = r.Scan(&body); err == nil {
		err = json.Unmarshal([]byte(body), &l)
	}
	return l, err
}

// Save implements wish.Store.
func (s *Store) Save(ctx context.Context, l wish.List) (wish.List, error) {
	before, mark := l.Version, newid.New()
	l = l.Clone()
	l.Version++
	body, err := json.Marshal(l)
	if err != nil {
		return wish.List{}, fmt.Errorf("wishsql: list: %w", err)
	}
	args := []any{l.Token, l.Version, mark, string(body), string(l.Owner)}
	query := `INSERT INTO flywheel_wishes (token, version, mark, body, owner) VALUES (?, ?, ?, ?, ?) ON CONFLICT (owner) DO NOTHING`
	if before != 0 {
		args = append(args, before)
		query = `UPDATE flywheel_wishes SET token = ?, version = ?, mark = ?, body = ? WHERE owner = ? AND version = ?`
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, query, args...)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, wish.ErrStale)
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_wish_watches WHERE owner = ?`, string(l.Owner)); err != nil {
			return err
		}
		for _, it := range l.Items {
			if it.Kind != wish.BackInStock && it.Kind != wish.CheaperThan {
				continue
			}
			if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_wish_watches (kind, sku, owner) VALUES (?, ?, ?)`, string(it.Kind), string(it.SKU), string(l.Owner)); err != nil {
				return err
			}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var version int64
			var kept string
			err := q.QueryRowContext(ctx, `SELECT version, mark FROM flywheel_wishes WHERE owner = ?`, string(l.Owner)).Scan(&version, &kept)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				return false, nil
			case err == nil && version > l.Version:
				return false, errors.New("wishsql: the list was saved again since")
			}
			return kept == mark, err
		})
		return nil
	})
	if err != nil {
		return wish.List{}, err
	}
	return l, nil
}

// Watches implements wish.Store.
func (s *Store) Watches(ctx context.Context, k wish.Kind, sku flywheel.SKU, after wish.Watch, limit int) ([]wish.Watch, error) {
	query, args := `SELECT sku, owner FROM flywheel_wish_watches WHERE kind = ? AND (sku > ? OR sku = ? AND owner > ?) ORDER BY sku, owner LIMIT ?`,
		[]any{string(k), string(after.SKU), string(after.SKU), string(after.Owner), limit}
	if sku != "" {
		if after.SKU > sku {
			return nil, nil
		}
		if after.SKU < sku {
			after.Owner = ""
		}
		query, args = `SELECT sku, owner FROM flywheel_wish_watches WHERE kind = ? AND sku = ? AND owner > ? ORDER BY owner LIMIT ?`,
			[]any{string(k), string(sku), string(after.Owner), limit}
	}
	return sqldb.Select(ctx, s.db.Read(ctx), query, args, func(r sqldb.Row) (w wish.Watch, err error) {
		return w, r.Scan((*string)(&w.SKU), (*string)(&w.Owner))
	})
}

// Forget implements wish.Store.
func (s *Store) Forget(ctx context.Context, owner flywheel.Person) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, query := range []string{`DELETE FROM flywheel_wish_watches WHERE owner = ?`, `DELETE FROM flywheel_wishes WHERE owner = ?`} {
			if _, err := tx.ExecContext(ctx, query, string(owner)); err != nil {
				return err
			}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT count(*) FROM flywheel_wishes WHERE owner = ?`, string(owner)).Scan(&n)
			return n == 0, err
		})
		return nil
	})
}
