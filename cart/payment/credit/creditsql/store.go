package creditsql

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"iter"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/internal/keyedhash"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing/money"
)

//go:embed migrations
var migrations embed.FS

// Store is a credit.Store in a SQL database. It is safe for concurrent use.
type Store struct {
	db     *flywheel.SQL
	secret atomic.Pointer[[]byte] // of forgotten names, once it was read
}

var (
	_ credit.Store      = (*Store)(nil)
	_ flywheel.SQLStore = (*Store)(nil)
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
	return []flywheel.Migrations{{Package: "credit", Files: migrations}}
}

// names returns the two names that an account may have: its own and that by which
// it is known when it was forgotten. The secret is written with the first grant, so
// without it there are no accounts.
func (s *Store) names(ctx context.Context, q sqldb.Queryer, account string) (own, hash string, err error) {
	if kept := s.secret.Load(); kept != nil {
		return account, keyedhash.Of(*kept, account), nil
	}
	var secret []byte
	err = q.QueryRowContext(ctx, `SELECT secret FROM flywheel_credit_secret WHERE id = 1`).Scan(&secret)
	if errors.Is(err, sql.ErrNoRows) {
		return account, account, nil
	}
	if err != nil {
		return "", "", err
	}
	// A row of this transaction may come to nothing, one that was there before stays.
	if _, own := q.(*sqldb.Tx); !own {
		s.secret.Store(&secret)
	}
	return account, keyedhash.Of(secret, account), nil
}

// Balance implements credit.Store.
func (s *Store) Balance(ctx context.Context, account string, currency money.Currency, at time.Time) (credit.Balance, error) {
	q := s.db.Read(ctx)
	own, hash, err := s.names(ctx, q, account)
	if err != nil {
		return credit.Balance{}, err
	}
	var spendable, live, over int64
	now := sqldb.Micros(at)
	err = q.QueryRowContext(ctx, `SELECT a.spendable, COALESCE(SUM(CASE WHEN m.until > ? THEN m.amount END), 0), COALESCE(SUM(CASE WHEN m.until <= ? THEN m.amount END), 0)
		FROM flywheel_credit_accounts a LEFT JOIN flywheel_credit_moves m ON m.account = a.account AND m.currency = a.currency AND m.state = 'open'
		WHERE a.account IN (?, ?) AND a.currency = ? GROUP BY a.account, a.spendable`, now, now, own, hash, currency.String()).Scan(&spendable, &live, &over)
	if errors.Is(err, sql.ErrNoRows) {
		return credit.Balance{}, missing(account)
	}
	return credit.Balance{Spendable: money.New(spendable+over, currency), Held: money.New(live, currency)}, err
}

func missing(account string) error {
	return fmt.Errorf("creditsql: account %q: %w", account, flywheel.ErrNotFound)
}

// errNothing ends a transaction that has nothing to commit, whose outcome cannot be
// unknown then.
var errNothing = errors.New("creditsql: nothing new")

// Apply implements credit.Store.
func (s *Store) Apply(ctx context.Context, m credit.Move) (answer credit.Move, err error) {
	m = m.Stored()
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		m := m // the transaction may run again
		account, spendable, err := s.lock(ctx, tx, &m)
		if err != nil {
			return err
		}
		m.Account = account
		if spendable, err = reclaim(ctx, tx, &m, spendable); err != nil {
			return err
		}
		before, of, err := rows(ctx, tx, &m)
		if err != nil {
			return err
		}
		c, err := credit.Decide(m, before, of, spendable)
		if err != nil {
			return err
		}
		if answer = c.Move; c.Nothing {
			return errNothing
		}
		if err := put(ctx, tx, &c.Move); err != nil {
			return err
		}
		if c.Of != nil {
			if err := put(ctx, tx, c.Of); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `UPDATE flywheel_credit_accounts SET spendable = ? WHERE account = ? AND currency = ?`,
			c.Spendable, account, m.Amount.Currency().String())
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			return sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_credit_moves WHERE account = ? AND key = ? AND at = ? AND amount = ?`,
				account, m.Key, sqldb.Micros(m.At), m.Amount.Minor())
		})
		return err
	})
	if err != nil && !errors.Is(err, errNothing) {
		return credit.Move{}, err
	}
	return answer, nil
}

// lock locks the balance that a move changes, and opens it for a grant, and for
// what is given back to an account that has others. It returns the name of the
// account in it.
func (s *Store) lock(ctx context.Context, tx *sqldb.Tx, m *credit.Move) (account string, spendable int64, err error) {
	query := `SELECT account, spendable FROM flywheel_credit_accounts WHERE account IN (?, ?) AND currency = ?`
	if tx.Dialect() == flywheel.Postgres {
		query += ` FOR UPDATE`
	}
	own, hash, err := s.names(ctx, tx, m.Account)
	if err != nil {
		return "", 0, err
	}
	currency := m.Amount.Currency().String()
	err = tx.QueryRowContext(ctx, query, own, hash, currency).Scan(&account, &spendable)
	if !errors.Is(err, sql.ErrNoRows) {
		return account, spendable, err
	}
	if m.Kind != credit.Grant {
		return "", 0, missing(m.Account)
	}
	if own == hash { // the first grant of all
		if _, err := tx.ExecContext(ctx, `INSERT INTO flywheel_credit_secret (id, secret) VALUES (1, ?) ON CONFLICT (id) DO NOTHING`, keyedhash.NewSecret()); err != nil {
			return "", 0, err
		}
		if own, hash, err = s.names(ctx, tx, m.Account); err != nil {
			return "", 0, err
		}
	}
	// In another currency it may be known by its hash.
	forgotten, err := sqldb.Exists(ctx, tx, `SELECT 1 FROM flywheel_credit_accounts WHERE account = ? LIMIT 1`, hash)
	if err != nil {
		return "", 0, err
	}
	if forgotten {
		own = hash
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO flywheel_credit_accounts (account, currency, spendable) VALUES (?, ?, 0) ON CONFLICT (account, currency) DO NOTHING`, own, currency)
	if err == nil {
		err = tx.QueryRowContext(ctx, query, own, hash, currency).Scan(&account, &spendable)
	}
	return account, spendable, err
}

// reclaim counts back the holds that are over, and marks them.
func reclaim(ctx context.Context, tx *sqldb.Tx, m *credit.Move, spendable int64) (int64, error) {
	now := sqldb.Micros(m.At)
	over, err := sqldb.Select(ctx, tx, `UPDATE flywheel_credit_moves SET state = 'expired', settled = ?
		WHERE account = ? AND currency = ? AND state = 'open' AND until <= ? RETURNING amount`,
		[]any{now, m.Account, m.Amount.Currency().String(), now}, func(r sqldb.Row) (n int64, err error) { return n, r.Scan(&n) })
	for _, n := range over {
		spendable += n
	}
	return spendable, err
}

// Commit implements credit.Store.
func (s *Store) Commit(ctx context.Context, account, key string, at time.Time) (credit.Move, error) {
	return s.settle(ctx, account, key, true, at)
}

// Release implements credit.Store.
func (s *Store) Release(ctx context.Context, account, key string, at time.Time) (credit.Move, error) {
	return s.settle(ctx, account, key, false, at)
}

func (s *Store) settle(ctx context.Context, account, key string, commit bool, at time.Time) (after credit.Move, err error) {
	now := sqldb.Micros(at)
	own, hash, err := s.names(ctx, s.db.Read(ctx), account)
	if err != nil {
		return credit.Move{}, err
	}
	err = s.db.WriteFirst(ctx, func(tx *sqldb.Tx) error {
		// What can be settled is, in one statement; else the row says why not.
		query, args := `UPDATE flywheel_credit_moves SET settled = ?, state = CASE WHEN until <= ? THEN 'expired' ELSE 'released' END
			WHERE account IN (?, ?) AND key = ? AND kind = 'hold' AND state = 'open' RETURNING `+columns, []any{now, now, own, hash, key}
		if commit {
			query = `UPDATE flywheel_credit_moves SET settled = ?, state = 'committed'
				WHERE account IN (?, ?) AND key = ? AND kind = 'hold' AND state = 'open' AND until > ? RETURNING ` + columns
			args = []any{now, own, hash, key, now}
		}
		after, err = scan(tx.QueryRowContext(ctx, query, args...))
		if errors.Is(err, sql.ErrNoRows) {
			m, err := move(ctx, tx, own, hash, key)
			if err != nil {
				return err
			}
			settled, _, nothing, err := credit.Settle(m, commit, sqldb.Time(now))
			switch after = settled; {
			case err != nil:
				return err
			case nothing:
				return errNothing
			}
			return fmt.Errorf("creditsql: hold %q was taken again meanwhile: %w", key, flywheel.ErrStale)
		}
		if err != nil {
			return err
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			return sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_credit_moves WHERE account = ? AND key = ? AND settled = ?`, after.Account, key, now)
		})
		if commit {
			return nil
		}
		_, err = tx.ExecContext(ctx, `UPDATE flywheel_credit_accounts SET spendable = spendable + ? WHERE account = ? AND currency = ?`,
			after.Amount.Minor(), after.Account, after.Amount.Currency().String())
		return err
	})
	if err != nil && !errors.Is(err, errNothing) {
		return credit.Move{}, err
	}
	return after, nil
}

// Move implements credit.Store.
func (s *Store) Move(ctx context.Context, account, key string) (credit.Move, error) {
	q := s.db.Read(ctx)
	own, hash, err := s.names(ctx, q, account)
	if err != nil {
		return credit.Move{}, err
	}
	return move(ctx, q, own, hash, key)
}

// Moves implements credit.Store.
func (s *Store) Moves(ctx context.Context, account string) iter.Seq2[credit.Move, error] {
	own, hash, err := s.names(ctx, s.db.Read(ctx), account)
	if err != nil {
		return func(yield func(credit.Move, error) bool) { yield(credit.Move{}, err) }
	}
	return sqldb.Pages(ctx, s.db, `SELECT `+columns+` FROM flywheel_credit_moves WHERE account IN (?, ?) AND key > ? ORDER BY key LIMIT ?`,
		func(last *credit.Move) []any { return []any{own, hash, last.Key} }, scan)
}

// Forget implements credit.Store.
func (s *Store) Forget(ctx context.Context, account string) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		own, hash, err := s.names(ctx, tx, account)
		if err != nil || own == hash {
			return err // nobody has an account
		}
		for _, query := range []string{
			`UPDATE flywheel_credit_accounts SET account = ? WHERE account = ?`,
			`UPDATE flywheel_credit_moves SET account = ?, reason = '' WHERE account = ?`,
		} {
			if _, err := tx.ExecContext(ctx, query, hash, own); err != nil {
				return err
			}
		}
		tx.ReadBack(func(ctx context.Context, q sqldb.Queryer) (bool, error) {
			there, err := sqldb.Exists(ctx, q, `SELECT 1 FROM flywheel_credit_accounts WHERE account = ? LIMIT 1`, own)
			return !there, err
		})
		return nil
	})
}
