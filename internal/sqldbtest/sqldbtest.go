// Package sqldbtest opens fresh databases for the tests of SQL stores.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestSQL(t *testing.T) {
//		sqldbtest.Each(t, func(t *testing.T, open sqldbtest.Opener, d sqldb.Dialect) {
//			itemtest.Run(t, func(t *testing.T) item.Store { return sqldbtest.Store(t, open(t), d, itemsql.New) })
//		})
//	}
package sqldbtest

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// Opener opens a database that is empty and this test's own.
type Opener func(t testing.TB) *sql.DB

// Each runs fn as a sub-test for each dialect.
func Each(t *testing.T, fn func(t *testing.T, open Opener, d sqldb.Dialect)) {
	t.Run("sqlite", func(t *testing.T) { fn(t, OpenSQLite, sqldb.SQLite) })
	t.Run("postgres", func(t *testing.T) { fn(t, OpenPostgres, sqldb.Postgres) })
}

// OpenPostgres opens a schema of its own (see pgtest.DSN).
func OpenPostgres(t testing.TB) *sql.DB {
	t.Helper()
	return open(t, "pgx", pgtest.DSN(t))
}

// OpenSQLite opens a file in the test's directory, as SQLite should be opened.
func OpenSQLite(t testing.TB) *sql.DB {
	t.Helper()
	return open(t, "sqlite", flywheel.SQLiteDSN(filepath.Join(t.TempDir(), "test.db")))
}

// Store makes a store on a pool and its tables.
func Store[S flywheel.SQLStore](t testing.TB, pool *sql.DB, d flywheel.Dialect, newStore func(db *flywheel.SQL) S) S {
	t.Helper()
	db := flywheel.OpenSQL(pool, d)
	s := newStore(db)
	if err := flywheel.Migrate(t.Context(), db, s); err != nil {
		t.Fatal(err)
	}
	return s
}

// Join returns a context that carries a transaction of the pool that the test began.
func Join(t testing.TB, pool *sql.DB, d flywheel.Dialect, tx *sql.Tx) context.Context {
	ctx, end := flywheel.OpenSQL(pool, d).Join(t.Context(), tx)
	t.Cleanup(func() { end(true) })
	return ctx
}

func open(t testing.TB, driver, dsn string) *sql.DB {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16) // else most are opened for one call
	t.Cleanup(func() { db.Close() })
	return db
}
