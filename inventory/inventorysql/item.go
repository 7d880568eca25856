package inventorysql

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/inventory"
)

var _ inventory.ItemStore = (*Store)(nil)

// Items implements inventory.ItemStore.
func (s *Store) Items(ctx context.Context, skus []flywheel.SKU) (items []inventory.Item, err error) {
	err = s.ofSKUs(ctx, s.statements.items, skus, func(r sqldb.Row) error {
		var text string
		if err := r.Scan(&text); err != nil {
			return err
		}
		var item inventory.Item
		if err := json.Unmarshal([]byte(text), &item); err != nil {
			return fmt.Errorf("inventorysql: an item: %w: %w", flywheel.ErrInvalid, err)
		}
		items = append(items, item)
		return nil
	})
	return items, err
}

// LevelsOf implements inventory.ItemStore.
func (s *Store) LevelsOf(ctx context.Context, skus []flywheel.SKU) (levels []inventory.Level, err error) {
	err = s.ofSKUs(ctx, s.statements.levelsOf, skus, func(r sqldb.Row) error {
		l, err := scanLevel(r)
		levels = append(levels, l)
		return err
	})
	return levels, err
}

// ofSKUs reads the rows of a statement whose argument is SKUs.
func (s *Store) ofSKUs(ctx context.Context, statement string, skus []flywheel.SKU, scan func(sqldb.Row) error) error {
	if len(skus) == 0 {
		return ctx.Err()
	}
	arg, err := json.Marshal(skus)
	if err != nil {
		return err
	}
	return sqldb.Each(ctx, s.db.Read(ctx), statement, []any{string(arg)}, scan)
}

// SaveItem implements inventory.ItemStore.
func (s *Store) SaveItem(ctx context.Context, item inventory.Item) error {
	text, err := json.Marshal(item)
	if err != nil {
		return err
	}
	return s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_inventory_items (sku, item) VALUES (?, ?)
			ON CONFLICT (sku) DO UPDATE SET item = excluded.item`, string(item.SKU), string(text))
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (there bool, err error) {
			err = q.QueryRowContext(ctx, `SELECT count(*) > 0 FROM flywheel_inventory_items WHERE sku = ? AND item = ?`,
				string(item.SKU), string(text)).Scan(&there)
			return there, err
		})
		return err
	})
}

// Document implements inventory.ItemStore.
func (s *Store) Document(ctx context.Context, ref string) (ms []inventory.Movement, err error) {
	err = sqldb.Each(ctx, s.db.Read(ctx), `SELECT `+movementColumns+` FROM flywheel_inventory_movements
		WHERE ref = ? ORDER BY sku, location, seq`, []any{ref}, func(r sqldb.Row) error {
		m, err := scanMovement(r)
		ms = append(ms, m)
		return err
	})
	return ms, err
}
