package ordersql

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/keyedhash"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// Forget implements order.Store.
func (s *Store) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if customer == "" {
		return nil
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		// What is there stays: of two processes that begin, one writes it.
		if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_orders_secret (id, secret) VALUES (1, ?) ON CONFLICT (id) DO NOTHING`,
			keyedhash.NewSecret()); err != nil {
			return err
		}
		var secret []byte
		if err := tx.QueryRowContext(ctx, `SELECT secret FROM flywheel_orders_secret WHERE id = 1`).Scan(&secret); err != nil {
			return err
		}
		orders, err := sqldb.Select(ctx, tx, `SELECT `+columns+` FROM flywheel_orders WHERE customer <> '' AND customer = ? ORDER BY placed_at, id`,
			[]any{customer}, func(r sqldb.Row) (order.Order, error) { return scan(r) })
		if err != nil {
			return err
		}
		for _, o := range orders {
			if err := s.erase(ctx, tx, &o, secret); err != nil {
				return err
			}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT count(*) FROM flywheel_orders WHERE customer = ?`, customer).Scan(&n)
			return n == 0, err
		})
		return nil
	})
	if err != nil {
		return wrap(err)
	}
	return nil
}

func (s *Store) erase(ctx context.Context, tx *sqldb.Tx, o *order.Order, secret []byte) error {
	e := o.Erased(func(text string) string { return keyedhash.Of(secret, text) })
	body, err := encodeBody(&e)
	if err != nil {
		return err
	}
	var res sql.Result
	res, err = tx.ExecContext(ctx, `UPDATE flywheel_orders SET customer = ?, visitor = ?, guest = ?, request_key = ?, fingerprint = ?,
		version = version + 1, body = ? WHERE id = ? AND version = ?`,
		e.Customer, e.Visitor, e.Buyer().Visitor, e.Key, e.Fingerprint, body, e.ID, o.Version)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return fmt.Errorf("order %q changed meanwhile: %w", o.ID, order.ErrStale)
	}
	if o.Mode == "" {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM flywheel_order_terms WHERE order_id = ?`, o.ID); err != nil {
		return err
	}
	return s.addTerms(ctx, tx, e.ID, e.Terms())
}
