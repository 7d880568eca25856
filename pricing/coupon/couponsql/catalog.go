package couponsql

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Campaign implements coupon.Store.
func (s *Store) Campaign(ctx context.Context, id string) (c coupon.Campaign, err error) {
	var body []byte
	var version int64
	err = s.db.Read(ctx).QueryRowContext(ctx, `SELECT body, version FROM flywheel_coupon_campaigns WHERE id = ?`, id).Scan(&body, &version)
	if errors.Is(err, sql.ErrNoRows) {
		return c, fmt.Errorf("couponsql: campaign %q: %w", id, flywheel.ErrNotFound)
	}
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return coupon.Campaign{}, fmt.Errorf("couponsql: campaign %q: %w", id, err)
	}
	c.Version = version
	return c.Stored(), nil
}

// SaveCampaign implements coupon.Store.
func (s *Store) SaveCampaign(ctx context.Context, c coupon.Campaign) (coupon.Campaign, error) {
	c = c.Stored()
	next := c.Version + 1
	body, err := json.Marshal(c)
	if err != nil {
		return coupon.Campaign{}, err
	}
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		query, args := `UPDATE flywheel_coupon_campaigns SET version = ?, body = ? WHERE id = ? AND version = ?`, []any{next, string(body), c.ID, c.Version}
		if c.Version == 0 {
			query = `INSERT INTO flywheel_coupon_campaigns (version, body, id) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING`
			args = args[:3]
		}
		written, err := tx.Once(ctx, query, args,
			`SELECT 1 FROM flywheel_coupon_campaigns WHERE id = ? AND version = ? AND body = ?`, c.ID, next, string(body))
		if err == nil && !written {
			err = fmt.Errorf("couponsql: campaign %q is not at version %d: %w", c.ID, c.Version, coupon.ErrStale)
		}
		return err
	})
	if err != nil {
		return coupon.Campaign{}, err
	}
	c.Version = next
	return c, nil
}

// atOnce is how many codes one statement adds: SQLite and PostgreSQL both take ten
// times as many arguments.
const atOnce = 500

// AddCodes implements coupon.Store.
func (s *Store) AddCodes(ctx context.Context, codes []coupon.Code) error {
	if len(codes) == 0 {
		return ctx.Err()
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for chunk := range slices.Chunk(codes, atOnce) {
			args := make([]any, 0, 5*len(chunk))
			for _, c := range chunk {
				args = append(args, c.Code, c.Campaign, string(c.Customer), c.Value.Minor(), c.Value.Currency().String())
			}
			result, err := tx.ExecContext(ctx, `INSERT INTO flywheel_coupon_codes (code, campaign, customer, value, currency) VALUES `+
				sqldb.Values(len(chunk), 5)+` ON CONFLICT (code) DO NOTHING`, args...)
			if err != nil {
				return err
			}
			if n, err := result.RowsAffected(); err != nil || n < int64(len(chunk)) {
				return errors.Join(err, fmt.Errorf("couponsql: %d of %d codes: %w", int64(len(chunk))-n, len(chunk), coupon.ErrTaken))
			}
		}
		first := codes[0].Code
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			var n int
			err := q.QueryRowContext(ctx, `SELECT count(*) FROM flywheel_coupon_codes WHERE code = ?`, first).Scan(&n)
			return n > 0, err
		})
		return nil
	})
}

// Code implements coupon.Store.
func (s *Store) Code(ctx context.Context, code string) (c coupon.Code, err error) {
	c, err = scanCode(s.db.Read(ctx).QueryRowContext(ctx, `SELECT `+codeColumns+` FROM flywheel_coupon_codes WHERE code = ?`, code))
	if errors.Is(err, sql.ErrNoRows) {
		return coupon.Code{}, fmt.Errorf("couponsql: code %q: %w", code, flywheel.ErrNotFound)
	}
	return c, err
}

const codeColumns = `code, campaign, customer, value, currency`

// row is a *sql.Row or *sql.Rows.
func scanCode(r sqldb.Row) (c coupon.Code, err error) {
	var value int64
	var currency string
	if err = r.Scan(&c.Code, &c.Campaign, (*string)(&c.Customer), &value, &currency); err == nil {
		c.Value, err = amount(value, currency)
	}
	return c, err
}

// Codes implements coupon.Store.
func (s *Store) Codes(ctx context.Context, campaign string) iter.Seq2[coupon.Code, error] {
	return sqldb.Pages(ctx, s.db, `SELECT `+codeColumns+` FROM flywheel_coupon_codes WHERE campaign = ? AND code > ? ORDER BY code LIMIT ?`,
		func(last *coupon.Code) []any { return []any{campaign, last.Code} }, scanCode)
}

// amount makes an amount from its columns.
func amount(minor int64, currency string) (money.Amount, error) {
	if currency == "" {
		return money.New(minor, money.Currency{}), nil
	}
	c, err := money.ParseCurrency(currency)
	return money.New(minor, c), err
}
