package sqldbtest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/pgtest"
	"github.com/flywheel-go/flywheel/internal/sqldb"
)

// OpenFaulty opens a database, as Each does, whose driver is under the control of
// hook: it is called before and after each "BEGIN", "COMMIT" and "ROLLBACK" and
// each statement, by its text and whether prepared or not, and an error of hook is returned instead of the
// answer: before, without the effect; after, with the effect done, as when an
// answer is lost. A COMMIT that fails before its effect is rolled back, as a server
// does when the connection ends.
func OpenFaulty(t testing.TB, d sqldb.Dialect, hook func(op string, after bool) error) *sql.DB {
	t.Helper()
	name, dsn := "sqlite", flywheel.SQLiteDSN(filepath.Join(t.TempDir(), "test.db"))
	if d == sqldb.Postgres {
		name, dsn = "pgx", pgtest.DSN(t)
	}
	inner, err := sql.Open(name, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer inner.Close()
	db := sql.OpenDB(&faulty{inner.Driver(), dsn, hook})
	db.SetMaxOpenConns(16)
	db.SetMaxIdleConns(16)
	t.Cleanup(func() { db.Close() })
	return db
}

type faulty struct {
	driver driver.Driver
	dsn    string
	hook   func(op string, after bool) error
}

func (f *faulty) Driver() driver.Driver { return f.driver }

func (f *faulty) Connect(context.Context) (driver.Conn, error) {
	conn, err := f.driver.Open(f.dsn)
	if err != nil {
		return nil, err
	}
	return &faultyConn{conn, f}, nil
}

func (f *faulty) do(op string, fn func() error) error {
	if err := f.hook(op, false); err != nil {
		return err
	}
	if err := fn(); err != nil {
		return err
	}
	return f.hook(op, true)
}

type faultyConn struct {
	driver.Conn
	f *faulty
}

func (c *faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (tx driver.Tx, err error) {
	err = c.f.do("BEGIN", func() (err error) {
		begun, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
		if err == nil { // else it may be a nil of the driver's own type
			tx = begun
		}
		return err
	})
	if err != nil {
		if tx != nil {
			tx.Rollback()
		}
		return nil, err
	}
	return &faultyTx{tx, c.f}, nil
}

func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (res driver.Result, err error) {
	err = c.f.do(query, func() (err error) {
		res, err = c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
		return err
	})
	return res, err
}

func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = c.f.do(query, func() (err error) {
		rows, err = c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
		return err
	})
	if err != nil && rows != nil {
		rows.Close()
		rows = nil
	}
	return rows, err
}

// PrepareContext prepares a statement that is under control as the same text is.
// Preparing has no effect and is not told.
func (c *faultyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	return &faultyStmt{stmt, query, c.f}, nil
}

type faultyStmt struct {
	driver.Stmt
	query string
	f     *faulty
}

func (s *faultyStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (res driver.Result, err error) {
	err = s.f.do(s.query, func() (err error) {
		res, err = s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
		return err
	})
	return res, err
}

func (s *faultyStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (rows driver.Rows, err error) {
	err = s.f.do(s.query, func() (err error) {
		rows, err = s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
		return err
	})
	if err != nil && rows != nil {
		rows.Close()
		rows = nil
	}
	return rows, err
}

// CheckNamedValue lets the driver convert arguments.
func (c *faultyConn) CheckNamedValue(v *driver.NamedValue) error {
	if checker, ok := c.Conn.(driver.NamedValueChecker); ok {
		return checker.CheckNamedValue(v)
	}
	return driver.ErrSkip
}

// ResetSession and IsValid tell the pool what the driver tells of the connection.
func (c *faultyConn) ResetSession(ctx context.Context) error {
	if r, ok := c.Conn.(driver.SessionResetter); ok {
		return r.ResetSession(ctx)
	}
	return nil
}

// IsValid implements driver.Validator.
func (c *faultyConn) IsValid() bool {
	if v, ok := c.Conn.(driver.Validator); ok {
		return v.IsValid()
	}
	return true
}

type faultyTx struct {
	driver.Tx
	f *faulty
}

func (t *faultyTx) Commit() error {
	committed := false
	err := t.f.do("COMMIT", func() error {
		committed = true
		return t.Tx.Commit()
	})
	if err != nil && !committed {
		t.Tx.Rollback()
	}
	return err
}

func (t *faultyTx) Rollback() error {
	return t.f.do("ROLLBACK", t.Tx.Rollback)
}
