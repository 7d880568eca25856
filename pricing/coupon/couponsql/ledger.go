package couponsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing/coupon"
)

// Redemption implements coupon.Store.
func (s *Store) Redemption(ctx context.Context, key string) (coupon.Redemption, error) {
	return redemption(ctx, s.db.Read(ctx), key)
}

const redemptionColumns = `key, code, campaign, customer, ref, amount, currency, at, held, cancelled, uses`

func redemption(ctx context.Context, q sqldb.Queryer, key string) (coupon.Redemption, error) {
	r, err := scanRedemption(q.QueryRowContext(ctx, `SELECT `+redemptionColumns+` FROM flywheel_coupon_redemptions WHERE key = ?`, key))
	if errors.Is(err, sql.ErrNoRows) {
		return coupon.Redemption{}, fmt.Errorf("couponsql: redemption %q: %w", key, flywheel.ErrNotFound)
	}
	return r, err
}

func scanRedemption(from sqldb.Row) (r coupon.Redemption, err error) {
	var minor, at int64
	var held, cancelled sql.NullInt64
	var currency string
	var uses []byte
	err = from.Scan(&r.Key, &r.Code, &r.Campaign, (*string)(&r.Customer), &r.Ref, &minor, &currency, &at, &held, &cancelled, &uses)
	if err != nil {
		return coupon.Redemption{}, err
	}
	r.At = sqldb.Time(at)
	if held.Valid {
		r.Held = sqldb.Time(held.Int64)
	}
	if cancelled.Valid {
		r.Canceled = sqldb.Time(cancelled.Int64)
	}
	if r.Amount, err = amount(minor, currency); err != nil {
		return coupon.Redemption{}, err
	}
	return r, json.Unmarshal(uses, &r.Uses)
}

// Redemptions implements coupon.Store.
func (s *Store) Redemptions(ctx context.Context, campaign string, held bool) iter.Seq2[coupon.Redemption, error] {
	only := ``
	if held {
		only = ` AND held IS NOT NULL AND cancelled IS NULL`
	}
	return sqldb.Pages(ctx, s.db, `SELECT `+redemptionColumns+` FROM flywheel_coupon_redemptions
		WHERE campaign = ?`+only+` AND (at, key) > (?, ?) ORDER BY at, key LIMIT ?`,
		func(last *coupon.Redemption) []any {
			if last.Key == "" { // the first page
				return []any{campaign, int64(math.MinInt64), ""}
			}
			return []any{campaign, sqldb.Micros(last.At), last.Key}
		}, scanRedemption)
}

// Redeem implements coupon.Store.
func (s *Store) Redeem(ctx context.Context, r coupon.Redemption) (coupon.Redemption, error) {
	r = r.Stored()
	answer, done, err := s.refused(ctx, &r)
	if err != nil || done {
		return answer, err
	}
	uses, err := json.Marshal(r.Uses)
	if err != nil {
		return coupon.Redemption{}, err
	}
	held := sql.NullInt64{Int64: sqldb.Micros(r.Held), Valid: !r.Held.IsZero()}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		answer = r
		isNew, err := tx.Once(ctx, `INSERT INTO flywheel_coupon_redemptions
			(key, code, campaign, customer, ref, amount, currency, at, held, uses) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING`,
			[]any{r.Key, r.Code, r.Campaign, string(r.Customer), r.Ref, r.Amount.Minor(), r.Amount.Currency().String(), sqldb.Micros(r.At), held, string(uses)},
			`SELECT 1 FROM flywheel_coupon_redemptions WHERE key = ? AND code = ? AND customer = ? AND at = ?`,
			r.Key, r.Code, string(r.Customer), sqldb.Micros(r.At))
		if err != nil {
			return err
		}
		if !isNew {
			answer, err = again(ctx, tx, &r)
			return err
		}
		return addAll(ctx, tx, r.Campaign, r.Uses)
	})
	if err != nil && !errors.Is(err, errNothingNew) {
		return coupon.Redemption{}, err
	}
	return answer, nil
}

// errNothingNew ends a transaction that has nothing to commit, whose outcome
// cannot be unknown then.
var errNothingNew = errors.New("couponsql: nothing new")

// refused answers what reading alone can: a redemption whose tallies are used up
// at this moment, unless it already exists.
func (s *Store) refused(ctx context.Context, r *coupon.Redemption) (answer coupon.Redemption, done bool, err error) {
	if len(r.Uses) == 0 {
		return answer, false, nil
	}
	q := s.db.Read(ctx)
	args := []any{r.Campaign}
	for i := range r.Uses {
		args = append(args, r.Uses[i].Name)
	}
	known := map[string]int64{}
	err = sqldb.Each(ctx, q, `SELECT name, used FROM flywheel_coupon_tallies WHERE campaign = ? AND name IN `+sqldb.Values(1, len(r.Uses)), args, func(row sqldb.Row) error {
		var name string
		var used int64
		err := row.Scan(&name, &used)
		known[name] = used
		return err
	})
	if err != nil {
		return answer, true, err
	}
	for i := range r.Uses {
		if _, full := r.Uses[i].After(known[r.Uses[i].Name]); full != nil {
			// The last use may have been that of the key itself, a moment ago.
			before, err := redemption(ctx, q, r.Key)
			if errors.Is(err, flywheel.ErrNotFound) {
				err = full
			}
			if err != nil {
				return answer, true, err
			}
			next, add, err := r.Again(&before)
			switch {
			case err != nil:
				return answer, true, fmt.Errorf("couponsql: %q: %w", r.Key, err)
			case add:
				return answer, true, full
			}
			return next, next.Held.Equal(before.Held), nil // else a hold that lasts longer
		}
	}
	return answer, false, nil
}

// tallyRow is a tally that may be counted for the first time.
type tallyRow struct {
	N     int    `json:"n"`
	Name  string `json:"name"`
	Add   int64  `json:"plus"`
	Least int64  `json:"least"`
	Most  int64  `json:"most"`
}

// addAll adds to tallies if their limits allow. Those that may be counted for the first
// time are one statement, in their order. After an error some may be written: the
// caller is undone.
func addAll(ctx context.Context, tx *sqldb.Tx, campaign string, tallies []coupon.Tally) error {
	rows, rest := make([]tallyRow, 0, len(tallies)), []int(nil)
	named := make(map[string]bool, len(tallies))
	for i := range tallies {
		t := &tallies[i]
		if _, err := t.After(0); err != nil || named[t.Name] {
			rest = append(rest, i)
			continue
		}
		least, most := between(t)
		named[t.Name] = true
		rows = append(rows, tallyRow{i, t.Name, t.Add, least, most})
	}
	if len(rows) == 1 {
		rows, rest = nil, append([]int{rows[0].N}, rest...)
	}
	if len(rows) > 0 {
		arg, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		table := sqldb.Recordset(tx.Dialect(), "n bigint", "name text", "plus bigint", "least bigint", "most bigint")
		written, err := sqldb.Select(ctx, tx, `INSERT INTO flywheel_coupon_tallies (used, campaign, name)
			SELECT x.plus, ?, x.name FROM `+table+` WHERE true ORDER BY x.n
			ON CONFLICT (campaign, name) DO UPDATE SET used = flywheel_coupon_tallies.used + excluded.used
			WHERE (SELECT flywheel_coupon_tallies.used BETWEEN y.least AND y.most FROM `+strings.ReplaceAll(table, " AS x", " AS y")+` WHERE y.name = excluded.name)
			RETURNING name`, []any{campaign, string(arg), string(arg)}, func(r sqldb.Row) (name string, err error) { return name, r.Scan(&name) })
		if err != nil {
			return err
		}
		for _, row := range rows {
			if !slices.Contains(written, row.Name) {
				return isFull(ctx, tx, campaign, &tallies[row.N])
			}
		}
	}
	for _, i := range rest {
		if err := addTo(ctx, tx, campaign, &tallies[i]); err != nil {
			return err
		}
	}
	return nil
}

// between is what a tally must be for its limit to allow what is added. Written so that
// no sum overflows: used is never below 0.
func between(t *coupon.Tally) (least, most int64) {
	least, most = max(0, -t.Add), t.Limit
	if most == coupon.Unlimited {
		most = 1<<63 - 1
	}
	if t.Add > 0 {
		most -= t.Add
	}
	return least, most
}

// addTo adds to a tally if its limit allows, check and write in one statement.
func addTo(ctx context.Context, tx *sqldb.Tx, campaign string, t *coupon.Tally) error {
	least, most := between(t)
	query := `UPDATE flywheel_coupon_tallies SET used = used + ? WHERE campaign = ? AND name = ? AND used >= ? AND used <= ?`
	args := []any{t.Add, campaign, t.Name, least, most}
	if _, err := t.After(0); err == nil { // it may be the first
		query = `INSERT INTO flywheel_coupon_tallies (used, campaign, name) VALUES (?, ?, ?)
			ON CONFLICT (campaign, name) DO UPDATE SET used = flywheel_coupon_tallies.used + excluded.used
			WHERE flywheel_coupon_tallies.used >= ? AND flywheel_coupon_tallies.used <= ?`
	}
	written, err := tx.Changed(ctx, query, args...)
	if err != nil || written {
		return err
	}
	return isFull(ctx, tx, campaign, t)
}

func isFull(ctx context.Context, tx *sqldb.Tx, campaign string, t *coupon.Tally) error {
	now, err := used(ctx, tx, campaign, t.Name)
	if err != nil {
		return err
	}
	return &coupon.TallyError{Tally: *t, Used: now}
}

// Cancel implements coupon.Store.
func (s *Store) Cancel(ctx context.Context, key string, at time.Time) (r coupon.Redemption, err error) {
	micros := sqldb.Micros(at)
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		first, err := tx.Changed(ctx, `UPDATE flywheel_coupon_redemptions SET cancelled = ? WHERE key = ? AND cancelled IS NULL`, micros, key)
		if err != nil {
			return err
		}
		if r, err = redemption(ctx, tx, key); err != nil {
			return err
		}
		if !first {
			return errNothingNew
		}
		if err := giveBack(ctx, tx, r); err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			now, err := redemption(ctx, q, key)
			return sqldb.Micros(now.Canceled) == micros, err
		})
		return nil
	})
	if err != nil && !errors.Is(err, errNothingNew) {
		return coupon.Redemption{}, err
	}
	return r, nil
}

// Used implements coupon.Store.
func (s *Store) Used(ctx context.Context, campaign, tally string) (int64, error) {
	return used(ctx, s.db.Read(ctx), campaign, tally)
}

func used(ctx context.Context, q sqldb.Queryer, campaign, tally string) (n int64, err error) {
	err = q.QueryRowContext(ctx, `SELECT used FROM flywheel_coupon_tallies WHERE campaign = ? AND name = ?`, campaign, tally).Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}
