package couponsql

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// again makes of a redemption that is there what coupon.Redemption.Again says.
func again(ctx context.Context, tx *sqldb.Tx, r *coupon.Redemption) (coupon.Redemption, error) {
	query := `SELECT ` + redemptionColumns + ` FROM flywheel_coupon_redemptions WHERE key = ?`
	if tx.Dialect() == flywheel.Postgres {
		query += ` FOR UPDATE`
	}
	before, err := scanRedemption(tx.QueryRowContext(ctx, query, r.Key))
	if err != nil {
		return coupon.Redemption{}, err
	}
	next, add, err := r.Again(&before)
	if err != nil {
		return coupon.Redemption{}, err
	}
	if !add && next.Held.Equal(before.Held) {
		return next, errNothingNew
	}
	uses, err := json.Marshal(next.Uses)
	if err != nil {
		return coupon.Redemption{}, err
	}
	held := sqldb.Micros(next.Held)
	if _, err := tx.ExecContext(ctx, `UPDATE flywheel_coupon_redemptions SET at = ?, held = ?, cancelled = NULL, uses = ? WHERE key = ?`,
		sqldb.Micros(next.At), held, string(uses), next.Key); err != nil {
		return coupon.Redemption{}, err
	}
	tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
		return sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_coupon_redemptions WHERE key = ? AND (held = ? OR held IS NULL)`, next.Key, held)
	})
	if !add {
		return next, nil
	}
	return next, addAll(ctx, tx, next.Campaign, next.Uses)
}

// Settle implements coupon.Store. A commit is one statement.
func (s *Store) Settle(ctx context.Context, key string, commit bool, at time.Time) (r coupon.Redemption, err error) {
	micros := sqldb.Micros(at)
	write := s.db.Write
	if commit {
		write = s.db.WriteFirst
	}
	err = write(ctx, func(tx *sqldb.Tx) error {
		query, args := `UPDATE flywheel_coupon_redemptions SET held = NULL WHERE key = ? AND held > ? AND cancelled IS NULL RETURNING `+redemptionColumns, []any{key, micros}
		if !commit {
			query = `UPDATE flywheel_coupon_redemptions SET cancelled = ? WHERE key = ? AND held IS NOT NULL AND cancelled IS NULL RETURNING ` + redemptionColumns
			args = []any{micros, key}
		}
		changed, err := sqldb.Select(ctx, tx, query, args, scanRedemption)
		if err != nil {
			return err
		}
		if len(changed) == 0 {
			if r, err = redemption(ctx, tx, key); err != nil {
				return err
			}
			next, stale, err := r.Settled(commit, sqldb.Time(micros))
			switch r = next; {
			case err != nil:
				return err
			case stale: // it was taken again meanwhile
				return flywheel.ErrStale
			}
			return errNothingNew
		}
		r = changed[0]
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			now, err := redemption(ctx, q, key)
			return now.Held.Equal(r.Held) && now.Canceled.Equal(r.Canceled), err
		})
		if commit {
			return nil
		}
		return giveBack(ctx, tx, r)
	})
	if err != nil && !errors.Is(err, errNothingNew) {
		return coupon.Redemption{}, err
	}
	return r, nil
}

// Expire implements coupon.Store.
func (s *Store) Expire(ctx context.Context, campaign string, at time.Time) (over int64, err error) {
	micros := sqldb.Micros(at)
	const due = ` campaign = ? AND held <= ? AND cancelled IS NULL`
	if any, err := sqldb.Exists(ctx, s.db.Read(ctx), `SELECT 1 FROM flywheel_coupon_redemptions WHERE`+due+` LIMIT 1`, campaign, micros); err != nil || !any {
		return 0, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		list, err := sqldb.Select(ctx, tx, `UPDATE flywheel_coupon_redemptions SET cancelled = ? WHERE`+due+` RETURNING `+redemptionColumns,
			[]any{micros, campaign, micros}, scanRedemption)
		if over = int64(len(list)); err != nil || over == 0 {
			return err
		}
		if err := giveBack(ctx, tx, list...); err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			r, err := redemption(ctx, q, list[0].Key)
			return sqldb.Micros(r.Canceled) == micros, err
		})
		return nil
	})
	if err != nil {
		return 0, err
	}
	return over, nil
}

// giveBack takes the uses of canceled redemptions of one campaign from their
// tallies, in the order of their names, each once.
func giveBack(ctx context.Context, tx *sqldb.Tx, list ...coupon.Redemption) error {
	sums := map[string]int64{}
	for _, r := range list {
		for _, t := range r.Uses {
			sums[t.Name] -= t.Add
		}
	}
	tallies := make([]coupon.Tally, 0, len(sums))
	for name, n := range sums {
		tallies = append(tallies, coupon.Tally{Name: name, Add: n, Limit: coupon.Unlimited})
	}
	slices.SortFunc(tallies, func(a, b coupon.Tally) int { return cmp.Compare(a.Name, b.Name) })
	for i := range tallies {
		if err := addTo(ctx, tx, list[0].Campaign, &tallies[i]); err != nil {
			return err
		}
	}
	return nil
}
