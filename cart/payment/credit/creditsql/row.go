package creditsql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/pricing/money"
)

const columns = `account, key, kind, amount, currency, state, until, returned, of_key, reason, at, settled`

func scan(r sqldb.Row) (m credit.Move, err error) {
	var minor, at int64
	var currency string
	var until, settled sql.NullInt64
	if err = r.Scan(&m.Account, &m.Key, (*string)(&m.Kind), &minor, &currency, (*string)(&m.State), &until, &m.Returned, &m.Of, &m.Reason, &at, &settled); err != nil {
		return credit.Move{}, err
	}
	c, err := money.ParseCurrency(currency)
	m.Amount, m.At = money.New(minor, c), sqldb.Time(at)
	if until.Valid {
		m.Until = sqldb.Time(until.Int64)
	}
	if settled.Valid {
		m.Settled = sqldb.Time(settled.Int64)
	}
	return m, err
}

// move returns the move of a key under either name of its account.
func move(ctx context.Context, q sqldb.Queryer, own, hash, key string) (credit.Move, error) {
	m, err := scan(q.QueryRowContext(ctx, `SELECT `+columns+` FROM flywheel_credit_moves WHERE account IN (?, ?) AND key = ?`, own, hash, key))
	if errors.Is(err, sql.ErrNoRows) {
		return credit.Move{}, fmt.Errorf("creditsql: %q of account %q: %w", key, own, flywheel.ErrNotFound)
	}
	return m, err
}

// rows returns what is there under the key of a move and that of its hold.
func rows(ctx context.Context, tx *sqldb.Tx, m *credit.Move) (before, of *credit.Move, err error) {
	query := `SELECT ` + columns + ` FROM flywheel_credit_moves WHERE account = ? AND key IN (?, ?)`
	if tx.Dialect() == flywheel.Postgres {
		query += ` FOR UPDATE` // a commit does not lock the balance
	}
	list, err := sqldb.Select(ctx, tx, query, []any{m.Account, m.Key, m.Of}, scan)
	for i := range list {
		if list[i].Key == m.Key {
			before = &list[i]
		} else {
			of = &list[i]
		}
	}
	return before, of, err
}

// put writes a move over the one of its key.
func put(ctx context.Context, tx *sqldb.Tx, m *credit.Move) error {
	until := sql.NullInt64{Int64: sqldb.Micros(m.Until), Valid: !m.Until.IsZero()}
	settled := sql.NullInt64{Int64: sqldb.Micros(m.Settled), Valid: !m.Settled.IsZero()}
	_, err := tx.ExecContext(ctx, `INSERT INTO flywheel_credit_moves (`+columns+`) VALUES `+sqldb.Values(1, 12)+`
		ON CONFLICT (account, key) DO UPDATE SET state = excluded.state, until = excluded.until, returned = excluded.returned, at = excluded.at, settled = excluded.settled`,
		m.Account, m.Key, string(m.Kind), m.Amount.Minor(), m.Amount.Currency().String(), string(m.State), until, m.Returned, m.Of, m.Reason, sqldb.Micros(m.At), settled)
	return err
}
