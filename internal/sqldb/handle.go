package sqldb

import (
	"context"
	"database/sql"
)

// Handle is the handle of a pool: equal for all views of it.
type Handle struct {
	Pool *sql.DB
	D    Dialect
}

// Handle returns the handle of the view's pool.
func (d *DB) Handle() Handle { return Handle{d.db, d.dialect} }

// InTx implements flywheel.Transactor.
func (h Handle) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return (&DB{db: h.Pool, dialect: h.D}).InTx(ctx, fn)
}
