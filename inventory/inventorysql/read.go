package inventorysql

import (
	"context"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/inventory"
)

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
	return sqldb.Pages(ctx, s.db, query, func(last *inventory.Level) []any {
		return append(args[:len(args):len(args)], string(last.SKU), string(last.Location))
	}, scanLevel)
}

// Ledger implements inventory.Store.
func (s *Store) Ledger(ctx context.Context, sku flywheel.SKU, location inventory.Location, after int64) iter.Seq2[inventory.Movement, error] {
	query := `SELECT ` + movementColumns + ` FROM flywheel_inventory_movements
		WHERE sku = ? AND location = ? AND seq > ? ORDER BY seq LIMIT ?`
	return sqldb.Pages(ctx, s.db, query, func(last *inventory.Movement) []any {
		return []any{string(sku), string(location), max(after, last.Seq)}
	}, scanMovement)
}

func scanLevel(r sqldb.Row) (l inventory.Level, err error) {
	err = r.Scan((*string)(&l.SKU), (*string)(&l.Location), &l.OnHand, &l.Reserved, &l.Allocated, &l.Backordered, &l.Backorder, &l.Seq)
	return l, err
}

func scanMovement(r sqldb.Row) (m inventory.Movement, err error) {
	var at int64
	err = r.Scan((*string)(&m.SKU), (*string)(&m.Location), &m.Seq, (*string)(&m.Kind), &m.Ref, &m.Attempt, &m.Key,
		&m.OnHand, &m.Reserved, &m.Allocated, &m.Backordered, &m.Reason, &at,
		&m.OnHandAfter, &m.ReservedAfter, &m.AllocatedAfter, &m.BackorderedAfter)
	m.At = sqldb.Time(at)
	return m, err
}

// SetBackorder implements inventory.Store.
func (s *Store) SetBackorder(ctx context.Context, sku flywheel.SKU, location inventory.Location, limit int64) error {
	return s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		delete(tx.Local(), seenKey{})
		_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_inventory_levels (sku, location, backorder) VALUES (?, ?, ?)
			ON CONFLICT (sku, location) DO UPDATE SET backorder = excluded.backorder`,
			string(sku), string(location), limit)
		return err
	})
}

var _ inventory.HistoryStore = (*Store)(nil)

// LevelAt implements inventory.HistoryStore.
func (s *Store) LevelAt(ctx context.Context, sku flywheel.SKU, location inventory.Location, at time.Time) (inventory.Level, error) {
	l := inventory.Level{SKU: sku, Location: location}
	err := s.db.Read(ctx).QueryRowContext(ctx, `SELECT CAST(COALESCE(SUM(on_hand), 0) AS bigint), CAST(COALESCE(SUM(reserved), 0) AS bigint),
			CAST(COALESCE(SUM(allocated), 0) AS bigint), CAST(COALESCE(SUM(backordered), 0) AS bigint), COUNT(*)
		FROM flywheel_inventory_movements WHERE sku = ? AND location = ? AND at <= ?`,
		string(sku), string(location), sqldb.Micros(at)).Scan(&l.OnHand, &l.Reserved, &l.Allocated, &l.Backordered, &l.Seq)
	return l, err
}
