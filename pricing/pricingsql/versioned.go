package pricingsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing"
)

// table is one with columns id, version and body.
type table string

const (
	listTable      table = "flywheel_pricing_lists"
	promotionTable table = "flywheel_pricing_promotions"
)

// save writes a row where the stored version is the one before, and notes how
// the outcome can be read.
func (t table) save(ctx context.Context, tx *sqldb.Tx, id string, version int64, body string) error {
	query := `UPDATE ` + string(t) + ` SET version = ?, body = ? WHERE id = ? AND version = ?`
	args := []any{version + 1, body, id, version}
	if version == 0 {
		query = `INSERT INTO ` + string(t) + ` (version, body, id) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING`
		args = args[:3]
	}
	result, err := tx.ExecContext(ctx, query, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fmt.Errorf("%w: %q", pricing.ErrVersion, id))
	}
	tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		n := 0
		err := q.QueryRowContext(ctx, `SELECT count(*) FROM `+string(t)+` WHERE id = ? AND version = ? AND body = ?`, id, version+1, body).Scan(&n)
		return n > 0, err
	})
	return nil
}

// remove deletes the row of that version.
func (t table) remove(ctx context.Context, tx *sqldb.Tx, id string, version int64) error {
	result, err := tx.ExecContext(ctx, `DELETE FROM `+string(t)+` WHERE id = ? AND version = ?`, id, version)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err != nil || n > 0 {
		return err
	}
	var stored int64
	err = tx.QueryRowContext(ctx, `SELECT version FROM `+string(t)+` WHERE id = ?`, id).Scan(&stored)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("pricingsql: %q: %w", id, flywheel.ErrNotFound)
	}
	if err != nil {
		return err
	}
	return fmt.Errorf("%w: %q", pricing.ErrVersion, id)
}

// page is how many IDs a listing reads at a time. Between pages it holds nothing,
// so that whoever ranges over it may call the store or stop.
const page = 500

// each yields what read makes of each row, by ID. A row that is gone when its
// turn comes is left out.
func each[T any](ctx context.Context, s *Store, t table, read func(ctx context.Context, id string) (T, bool, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		last := ""
		for {
			ids, err := s.ids(ctx, t, last)
			if err != nil {
				yield(none, err)
				return
			}
			for _, id := range ids {
				v, there, err := read(ctx, id)
				if err != nil {
					yield(none, err)
					return
				}
				if there && !yield(v, nil) {
					return
				}
			}
			if len(ids) < page {
				return
			}
			last = ids[page-1]
		}
	}
}

func (s *Store) ids(ctx context.Context, t table, after string) ([]string, error) {
	return sqldb.Select(ctx, s.db.Read(ctx), `SELECT id FROM `+string(t)+` WHERE id > ? ORDER BY id LIMIT ?`, []any{after, page}, func(r sqldb.Row) (id string, err error) {
		err = r.Scan(&id)
		return id, err
	})
}
