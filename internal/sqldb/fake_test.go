package sqldb_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
)

// fake is a database that keeps a set of keys and does what its script says.
// INSERT adds its argument, SELECT counts it.
type fake struct {
	mu     sync.Mutex
	keys   map[string]bool
	log    []string
	before func(op string) error // returned instead of the effect
	after  func(op string) error // returned although the effect took place

	prepared, closed int // statements
}

func openFake(t testing.TB) (*fake, *sql.DB) {
	f := &fake{keys: map[string]bool{}}
	db := sql.OpenDB(f)
	t.Cleanup(func() { db.Close() })
	return f, db
}

// do runs one operation under the script.
func (f *fake) do(op string, effect func()) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.log = append(f.log, op)
	if f.before != nil {
		if err := f.before(op); err != nil {
			return err
		}
	}
	effect()
	if f.after != nil {
		return f.after(op)
	}
	return nil
}

// ran counts the operations that begin with prefix.
func (f *fake) ran(prefix string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, op := range f.log {
		if strings.HasPrefix(op, prefix) {
			n++
		}
	}
	return n
}

func (f *fake) Connect(context.Context) (driver.Conn, error) {
	return &fakeConn{f: f}, f.do("CONNECT", func() {})
}
func (f *fake) Driver() driver.Driver { return nil }

type fakeConn struct {
	f       *fake
	pending map[string]bool   // nil outside a transaction
	saved   []map[string]bool // at each savepoint
}

func (c *fakeConn) Close() error              { return nil }
func (c *fakeConn) Begin() (driver.Tx, error) { panic("not used") }

// Prepare is not logged, so that a script means the same with and without it.
func (c *fakeConn) Prepare(query string) (driver.Stmt, error) {
	c.f.mu.Lock()
	defer c.f.mu.Unlock()
	c.f.prepared++
	return &fakeStmt{c, query}, nil
}

type fakeStmt struct {
	c     *fakeConn
	query string
}

func (s *fakeStmt) NumInput() int                              { return -1 }
func (s *fakeStmt) Exec([]driver.Value) (driver.Result, error) { panic("not used") }
func (s *fakeStmt) Query([]driver.Value) (driver.Rows, error)  { panic("not used") }

func (s *fakeStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.c.ExecContext(ctx, s.query, args)
}

func (s *fakeStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.c.QueryContext(ctx, s.query, args)
}

func (s *fakeStmt) Close() error {
	s.c.f.mu.Lock()
	defer s.c.f.mu.Unlock()
	s.c.f.closed++
	return nil
}

func (c *fakeConn) BeginTx(context.Context, driver.TxOptions) (driver.Tx, error) {
	return c, c.f.do("BEGIN", func() { c.pending = maps.Clone(c.f.keys) })
}

func (c *fakeConn) Commit() error {
	err := c.f.do("COMMIT", func() { c.f.keys, c.pending = c.pending, nil })
	if err != code(5) && err != code(13) { // after which SQLite has it open still
		c.pending = nil
	}
	return err
}

func (c *fakeConn) Rollback() error {
	return c.f.do("ROLLBACK", func() { c.pending, c.saved = nil, nil })
}

func (c *fakeConn) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if query == "ROLLBACK" {
		if c.pending == nil {
			return nil, code(1) // no transaction is active
		}
		return driver.RowsAffected(0), c.f.do("ROLLBACK statement", func() { c.pending = nil })
	}
	err := c.f.do(query, func() {
		last := len(c.saved) - 1
		switch {
		case c.pending == nil:
			panic("a write outside a transaction: " + query)
		case strings.HasPrefix(query, "SAVEPOINT"):
			c.saved = append(c.saved, maps.Clone(c.pending))
		case strings.HasPrefix(query, "ROLLBACK TO"):
			c.pending = maps.Clone(c.saved[last])
		case strings.HasPrefix(query, "RELEASE"):
			c.saved = c.saved[:last]
		default:
			c.pending[args[0].Value.(string)] = true
		}
	})
	return driver.RowsAffected(1), err
}

func (c *fakeConn) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows := &fakeRows{}
	err := c.f.do(query, func() {
		keys := c.f.keys
		if c.pending != nil {
			keys = c.pending
		}
		if keys[args[0].Value.(string)] {
			rows.n = 1
		}
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}

type fakeRows struct {
	n    int64
	done bool
}

func (r *fakeRows) Columns() []string { return []string{"n"} }
func (r *fakeRows) Close() error      { return nil }
func (r *fakeRows) Next(dest []driver.Value) error {
	if r.done {
		return io.EOF
	}
	r.done, dest[0] = true, r.n
	return nil
}
