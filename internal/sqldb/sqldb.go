package sqldb

import (
	"context"
	"database/sql"
	"io/fs"
	"runtime"
)

// DB is one package's view of a database. It is a flywheel.Transactor; all DBs
// over the same *sql.DB share transactions. It is safe for concurrent use.
type DB struct {
	db         *sql.DB
	dialect    Dialect
	migrations fs.FS
	name       string
	binder     binder
	cache      *cache // nil: statements are sent as text
}

// Open returns the view of the package called name, whose migrations are the
// files of the folder named after the dialect, "postgres" or "sqlite", in
// migrations or in its sub-folder "migrations". It does no I/O.
func Open(db *sql.DB, d Dialect, migrations fs.FS, name string) *DB {
	v := &DB{db: db, dialect: d, migrations: migrations, name: name}
	if d == SQLite {
		v.cache = &cache{}
		runtime.AddCleanup(v, (*cache).close, v.cache)
	}
	return v
}

// Dialect returns the dialect.
func (d *DB) Dialect() Dialect { return d.dialect }

// Queryer runs statements written with ? placeholders.
type Queryer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// Read returns the Queryer for reading: the transaction of ctx, or else the
// database. Rows must be read to the end and closed before the next statement,
// since a transaction has one connection.
func (d *DB) Read(ctx context.Context) Queryer {
	if s := d.ambient(ctx); s != nil {
		return &Tx{db: d, state: s}
	}
	return plain{d}
}

// plain reads outside a transaction.
type plain struct{ d *DB }

func (p plain) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return nil, errOutside
}

func (p plain) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := p.d.statement(ctx, query); stmt != nil {
		defer runtime.KeepAlive(p.d) // with it the statement
		return stmt.QueryContext(ctx, args...)
	}
	return p.d.db.QueryContext(ctx, p.d.bind(query), args...)
}

func (p plain) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if stmt := p.d.statement(ctx, query); stmt != nil {
		defer runtime.KeepAlive(p.d) // with it the statement
		return stmt.QueryRowContext(ctx, args...)
	}
	return p.d.db.QueryRowContext(ctx, p.d.bind(query), args...)
}

func (d *DB) bind(query string) string {
	if d.dialect == Postgres {
		return d.binder.bind(query)
	}
	return query
}

// txKey finds the transaction of a database in a context.
type txKey struct{ db *sql.DB }

func (d *DB) ambient(ctx context.Context) *txState {
	s, _ := ctx.Value(txKey{d.db}).(*txState)
	return s
}

// WithTx returns a context that carries tx, a transaction of db that the caller
// began and will end: stores on db join it, each behind a savepoint. It is never
// committed, rolled back or run again here.
func WithTx(ctx context.Context, db *sql.DB, tx *sql.Tx) context.Context {
	return context.WithValue(ctx, txKey{db}, &txState{tx: tx})
}
