package inventorysql

import (
	"context"
	"database/sql"
	"iter"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/inventory"
)

// page is how many rows a listing reads at a time. Between pages it holds
// nothing, so that whoever ranges over it may call the store or stop.
const page = 500

// Levels implements inventory.Store.
func (s *Store) Levels(ctx context.Context, sku flywheel.SKU, location inventory.Location) iter.Seq2[inventory.Level, error] {
	query, args := `SELECT `+levelColumns+` FROM flywheel_inventory_levels WHERE (seq > 0 OR backorder > 0)`, []any{}
	if sku != "" {
		query, args = query+` AND sku = ?`, append(args, string(sku))
	}
	if location != "" {
		query, args = query+` AND location = ?`, append(args, string(location))
	}
	query += ` AND (sku, location) > (?, ?) ORDER BY sku, location LIMIT ?`
	return pages(ctx, s, query, scanLevel, func(last *inventory.Level) []any {
		return append(args[:len(args):len(args)], string(last.SKU), string(last.Location))
	})
}

// Ledger implements inventory.Store.
func (s *Store) Ledger(ctx context.Context, sku flywheel.SKU, location inventory.Location, after int64) iter.Seq2[inventory.Movement, error] {
	query := `SELECT ` + movementColumns + ` FROM flywheel_inventory_movements
		WHERE sku = ? AND location = ? AND seq > ? ORDER BY seq LIMIT ?`
	return pages(ctx, s, query, scanMovement, func(last *inventory.Movement) []any {
		return []any{string(sku), string(location), max(after, last.Seq)}
	})
}

// pages yields the rows of a query page by page. Arguments come from the last
// row of the page before, at first the zero row, and the length of a page.
func pages[T any](ctx context.Context, s *Store, query string, scan func(*sql.Rows) (T, error), arguments func(last *T) []any) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero, last T
		for {
			var rows []T
			err := each(func() (*sql.Rows, error) {
				return s.db.Read(ctx).QueryContext(ctx, query, append(arguments(&last), page)...)
			}, func(r *sql.Rows) error {
				row, err := scan(r)
				rows = append(rows, row)
				return err
			})
			if err != nil {
				yield(zero, err)
				return
			}
			for _, row := range rows {
				if !yield(row, nil) {
					return
				}
			}
			if len(rows) < page {
				return
			}
			last = rows[page-1]
		}
	}
}

// each calls fn for each row and closes the rows.
func each(query func() (*sql.Rows, error), fn func(*sql.Rows) error) error {
	rows, err := query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func scanLevel(rows *sql.Rows) (l inventory.Level, err error) {
	err = rows.Scan((*string)(&l.SKU), (*string)(&l.Location), &l.OnHand, &l.Reserved, &l.Backorder, &l.Seq)
	return l, err
}

func scanMovement(rows *sql.Rows) (m inventory.Movement, err error) {
	var at int64
	err = rows.Scan((*string)(&m.SKU), (*string)(&m.Location), &m.Seq, (*string)(&m.Kind), &m.Ref, &m.Attempt,
		&m.OnHand, &m.Reserved, &m.Reason, &at, &m.OnHandAfter, &m.ReservedAfter)
	m.At = sqldb.Time(at)
	return m, err
}

// SetBackorder implements inventory.Store.
func (s *Store) SetBackorder(ctx context.Context, sku flywheel.SKU, location inventory.Location, limit int64) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_inventory_levels (sku, location, backorder) VALUES (?, ?, ?)
			ON CONFLICT (sku, location) DO UPDATE SET backorder = excluded.backorder`,
			string(sku), string(location), limit)
		return err
	})
}
