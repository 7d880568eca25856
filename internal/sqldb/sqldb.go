package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"runtime"

	"github.com/flywheel-go/flywheel/internal/kind"
	"github.com/flywheel-go/flywheel/internal/memlock"
	"github.com/flywheel-go/flywheel/internal/txhook"
)

// DB is a database: its pool, its dialect and what is prepared on it. It is a
// flywheel.Transactor; all DBs over one *sql.DB share transactions. It is safe
// for concurrent use.
type DB struct {
	db      *sql.DB
	dialect Dialect
	binder  binder
	cache   *cache        // nil: statements are sent as text
	writer  *memlock.Lock // the one that SQLite has; nil: many
}

// New returns the database behind a pool, which the caller opened and closes. It
// does no I/O. Without a pool, or with a dialect that is unknown, each call
// answers an error matching flywheel.ErrInvalid.
func New(db *sql.DB, d Dialect) *DB {
	switch {
	case db == nil:
		return Refuse(d, fmt.Errorf("sqldb: no *sql.DB: %w", kind.ErrInvalid))
	case d != Postgres && d != SQLite:
		return Refuse(d, fmt.Errorf("sqldb: %v is unknown: %w", d, kind.ErrInvalid))
	}
	v := &DB{db: db, dialect: d}
	if d == SQLite {
		v.cache, v.writer = &cache{}, &memlock.Lock{}
		runtime.AddCleanup(v, (*cache).close, v.cache)
	}
	return v
}

// Refuse returns a database each call of which answers err.
func Refuse(d Dialect, err error) *DB { return &DB{db: sql.OpenDB(refuse{err}), dialect: d} }

// refuse is a database that cannot be connected to.
type refuse struct{ err error }

// Connect implements driver.Connector.
func (r refuse) Connect(context.Context) (driver.Conn, error) { return nil, r.err }

// Driver implements driver.Connector.
func (r refuse) Driver() driver.Driver { return nil }

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

// Joins reports whether a call with ctx joins a transaction.
func (d *DB) Joins(ctx context.Context) bool { return d.ambient(ctx) != nil }

// Join returns a context that carries tx, a transaction of the pool that the
// caller began and will end: stores on the database join it, each behind a
// savepoint. It is never committed, rolled back or run again here. Once it has
// ended the caller calls end, with true if it was committed or its outcome is
// unknown; until then what was given to flywheel.AfterCommit waits. After end the
// context serves no store any more.
func (d *DB) Join(ctx context.Context, tx *sql.Tx) (joined context.Context, end func(committed bool)) {
	ctx, scope := txhook.Begin(ctx)
	s := &txState{tx: tx, joined: true}
	return context.WithValue(ctx, txKey{d.db}, s), func(committed bool) {
		s.ended.Store(true)
		if committed {
			scope.Committed()
		} else {
			scope.RolledBack()
		}
	}
}
