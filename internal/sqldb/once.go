package sqldb

import (
	"context"
	"database/sql"
	"errors"
)

// Changed runs a statement and reports whether it changed a row.
func (t *Tx) Changed(ctx context.Context, query string, args ...any) (bool, error) {
	res, err := t.ExecContext(ctx, query, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Exists reports whether a query has a row.
func Exists(ctx context.Context, q Queryer, query string, args ...any) (bool, error) {
	var one int
	err := q.QueryRowContext(ctx, query, args...).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Once runs an INSERT … ON CONFLICT DO NOTHING and reports whether it added the
// row. If it did, a lost COMMIT is settled by the query "SELECT 1 FROM …", which
// asks for the row with its content. A row that was there before tells nothing of
// this transaction.
func (t *Tx) Once(ctx context.Context, insert string, args []any, there string, thereArgs ...any) (added bool, err error) {
	if added, err = t.Changed(ctx, insert, args...); added {
		t.ReadBack(func(ctx context.Context, q Queryer) (bool, error) { return Exists(ctx, q, there, thereArgs...) })
	}
	return added, err
}
