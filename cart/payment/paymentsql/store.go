package paymentsql

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing/money"
)

//go:embed migrations
var migrations embed.FS

// Store is a payment.NoticeStore in a SQL database. It is safe for concurrent use.
type Store struct{ db *flywheel.SQL }

var (
	_ payment.NoticeStore = (*Store)(nil)
	_ flywheel.SQLStore   = (*Store)(nil)
)

// New returns the store in db. It does no I/O; call [flywheel.Migrate] before the
// first use.
func New(db *flywheel.SQL) *Store { return &Store{db: db} }

// Handle implements flywheel.Stored: the database, which is the store's Transactor.
func (s *Store) Handle() flywheel.Transactor { return s.db }

// InTx implements flywheel.Transactor with the database's.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return s.db.InTx(ctx, fn)
}

// Migrations implements flywheel.SQLStore.
func (s *Store) Migrations() []flywheel.Migrations {
	return []flywheel.Migrations{{Package: "payment", Files: migrations}}
}

// Claim implements payment.NoticeStore.
func (s *Store) Claim(ctx context.Context, n payment.Notice, now, until time.Time) (claimed bool, err error) {
	n.At = n.At.UTC().Truncate(time.Microsecond)
	body, err := json.Marshal(n)
	if err != nil {
		return false, err
	}
	mark := newid.New()
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		claimed, err = tx.Changed(ctx, `INSERT INTO flywheel_payment_notices (id, type, amount, currency, body, until, mark) VALUES (?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET type = excluded.type, amount = excluded.amount, currency = excluded.currency, body = excluded.body,
				until = excluded.until, mark = excluded.mark
			WHERE flywheel_payment_notices.applied IS NULL AND flywheel_payment_notices.until <= ?`,
			n.ID, string(n.Type), n.Amount.Minor(), n.Amount.Currency().String(), string(body), sqldb.Micros(until), mark, sqldb.Micros(now))
		if claimed || err != nil {
			tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
				return sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_payment_notices WHERE id = ? AND mark = ?`, n.ID, mark)
			})
			return err
		}
		applied, err := sqldb.Exists(ctx, tx, `SELECT 1 FROM flywheel_payment_notices WHERE id = ? AND applied IS NOT NULL`, n.ID)
		if err == nil && !applied {
			err = fmt.Errorf("paymentsql: %q: %w", n.ID, payment.ErrBusy)
		}
		return err
	})
	return claimed && err == nil, err
}

// Settle implements payment.NoticeStore.
func (s *Store) Settle(ctx context.Context, id string, applied bool, at time.Time) error {
	return s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		query, args := `DELETE FROM flywheel_payment_notices WHERE id = ? AND applied IS NULL`, []any{id}
		if applied {
			query, args = `UPDATE flywheel_payment_notices SET applied = ?, until = NULL WHERE id = ? AND applied IS NULL`, []any{sqldb.Micros(at), id}
		}
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			open, err := sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_payment_notices WHERE id = ? AND applied IS NULL`, id)
			return !open, err
		})
		return nil
	})
}

// Notices implements payment.NoticeStore.
func (s *Store) Notices(ctx context.Context, from time.Time) iter.Seq2[payment.Received, error] {
	first := sqldb.Micros(from)
	if from.Nanosecond()%1000 != 0 {
		first++ // stored times are cut off
	}
	return sqldb.Pages(ctx, s.db, `SELECT body, amount, currency, applied FROM flywheel_payment_notices
		WHERE applied IS NOT NULL AND (applied, id) > (?, ?) ORDER BY applied, id LIMIT ?`,
		func(last *payment.Received) []any {
			if last.ID == "" {
				return []any{first - 1, "\U0010ffff"}
			}
			return []any{sqldb.Micros(last.Received), last.ID}
		}, scan)
}

func scan(r sqldb.Row) (n payment.Received, err error) {
	var body, currency string
	var amount, applied int64
	if err := r.Scan(&body, &amount, &currency, &applied); err != nil {
		return n, err
	}
	if err := json.Unmarshal([]byte(body), &n.Notice); err != nil {
		return n, fmt.Errorf("paymentsql: notice: %w", err)
	}
	n.At, n.Received = n.At.UTC(), sqldb.Time(applied)
	if currency != "" {
		c, err := money.ParseCurrency(currency)
		n.Amount = money.New(amount, c)
		return n, err
	}
	return n, nil
}

// Trim implements payment.NoticeStore.
func (s *Store) Trim(ctx context.Context, before time.Time, limit int) (n int, err error) {
	micros := sqldb.Micros(before)
	if before.Nanosecond()%1000 != 0 {
		micros++
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.ExecContext(ctx, `DELETE FROM flywheel_payment_notices WHERE id IN (
			SELECT id FROM flywheel_payment_notices WHERE applied < ? ORDER BY applied, id LIMIT ?)`, micros, limit)
		if err != nil {
			return err
		}
		deleted, err := res.RowsAffected()
		n = int(deleted)
		return err // when its answer is lost nothing tells: another may have trimmed
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
