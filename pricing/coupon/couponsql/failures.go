package couponsql

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

var _ coupon.Failures = (*Store)(nil)

// Fail implements coupon.Failures. It also removes two failures that are over, so that
// they go as they come.
func (s *Store) Fail(ctx context.Context, key string, at, until time.Time) error {
	id := newid.New()
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_coupon_failures (key, at, id, until) VALUES (?, ?, ?, ?)`,
			key, sqldb.Micros(at), id, sqldb.Micros(until)); err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			return sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_coupon_failures WHERE key = ? AND at = ? AND id = ?`, key, sqldb.Micros(at), id)
		})
		_, err := tx.ExecContext(ctx, `DELETE FROM flywheel_coupon_failures WHERE id IN (
			SELECT id FROM flywheel_coupon_failures WHERE until <= ? ORDER BY until, id LIMIT 2)`, sqldb.Micros(at))
		return err
	})
}

// Failed implements coupon.Failures.
func (s *Store) Failed(ctx context.Context, key string, after time.Time, most int) (n int, err error) {
	err = s.db.Read(ctx).QueryRowContext(ctx, `SELECT count(*) FROM (
		SELECT 1 FROM flywheel_coupon_failures WHERE key = ? AND at > ? LIMIT ?) AS recent`, key, sqldb.Micros(after), most).Scan(&n)
	return n, err
}
