package reviewsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// Note implements review.PurchaseStore.
func (s *Store) Note(ctx context.Context, purchases ...review.Purchase) error {
	if len(purchases) == 0 {
		return ctx.Err()
	}
	mark, last := newid.New(), purchases[len(purchases)-1]
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, p := range purchases {
			if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_review_purchases (customer, sku, order_ref, quantity, bought_at, mark) VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (customer, sku, order_ref) DO UPDATE SET quantity = flywheel_review_purchases.quantity + excluded.quantity, mark = excluded.mark`,
				string(p.Customer), string(p.SKU), p.Order, p.Quantity, sqldb.Micros(p.At), mark); err != nil {
				return err
			}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var kept string
			err := q.QueryRowContext(ctx, `SELECT mark FROM flywheel_review_purchases WHERE customer = ? AND sku = ? AND order_ref = ?`,
				string(last.Customer), string(last.SKU), last.Order).Scan(&kept)
			switch {
			case errors.Is(err, sql.ErrNoRows):
				return false, nil
			case err == nil && kept != mark:
				return false, fmt.Errorf("reviewsql: the purchase of %q was changed before or since", last.SKU)
			}
			return err == nil, err
		})
		return nil
	})
}

// Bought implements review.PurchaseStore.
func (s *Store) Bought(ctx context.Context, customer flywheel.CustomerID, skus ...flywheel.SKU) ([]review.Purchase, error) {
	query, args := `SELECT customer, sku, order_ref, quantity, bought_at FROM flywheel_review_purchases WHERE customer = ?`, []any{string(customer)}
	if len(skus) > 0 {
		names, err := json.Marshal(skus)
		if err != nil {
			return nil, err
		}
		query, args = query+` AND `+sqldb.In(s.db.Dialect(), "sku"), append(args, string(names))
	}
	return sqldb.Select(ctx, s.db.Read(ctx), query+` ORDER BY bought_at, order_ref, sku`, args, func(r sqldb.Row) (p review.Purchase, err error) {
		var at int64
		err = r.Scan(&p.Customer, &p.SKU, &p.Order, &p.Quantity, &at)
		p.At = sqldb.Time(at)
		return p, err
	})
}

// ForgetPurchases implements review.PurchaseStore.
func (s *Store) ForgetPurchases(ctx context.Context, customer flywheel.CustomerID) error {
	return s.remove(ctx, `customer = ?`, string(customer))
}

// ClearPurchases implements review.PurchaseStore.
func (s *Store) ClearPurchases(ctx context.Context) error { return s.remove(ctx, `1 = 1`) }

func (s *Store) remove(ctx context.Context, condition string, args ...any) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_review_purchases WHERE `+condition, args...); err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			there, err := sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_review_purchases WHERE `+condition+` LIMIT 1`, args...)
			return !there, err
		})
		return nil
	})
}
