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
	written, err := tx.Once(ctx, query, args,
		`SELECT 1 FROM `+string(t)+` WHERE id = ? AND version = ? AND body = ?`, id, version+1, body)
	if err == nil && !written {
		err = fmt.Errorf("%w: %q", pricing.ErrVersion, id)
	}
	return err
}

// remove deletes the row of that version.
func (t table) remove(ctx context.Context, tx *sqldb.Tx, id string, version int64) error {
	gone, err := tx.Changed(ctx, `DELETE FROM `+string(t)+` WHERE id = ? AND version = ?`, id, version)
	if err != nil || gone {
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
