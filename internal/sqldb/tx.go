package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/flywheel-go/flywheel/internal/kind"
	"github.com/flywheel-go/flywheel/internal/txhook"
)

var errOutside = errors.New("sqldb: a write outside a transaction")

// Tx is a [Queryer] within a transaction.
type Tx struct {
	db    *DB
	state *txState
}

// txState is a transaction in progress, shared by all stores that join it.
type txState struct {
	tx         *sql.Tx
	sent       bool // COMMIT
	ended      atomic.Bool
	savepoints int        // open ones
	failed     error      // the statement after which nothing may follow
	seen       []error    // of statements
	dead       bool       // failed cannot be cured by rolling back to a savepoint
	readBack   []readBack // how to find out whether it was committed
	writes     int        // statements that changed something
	queries    int        // those that may have, and answered with rows
	uncovered  bool       // a Write changed something that no readBack asks for
	local      map[any]any
	stmts      map[string]*sql.Stmt
	wishes     []wish
	joined     bool      // the caller's, who will end it
	queues     []waiting // what is written before COMMIT
}

type readBack struct {
	ask func(ctx context.Context, q Queryer) (there bool, err error)
	own bool
}

// ReadBack registers how to find out, after the answer to COMMIT was lost,
// whether what this transaction wrote is there, key and content. Register it only
// when something was written under the key now; a fact found already there tells
// nothing. The transaction counts as committed when all that it wrote is there:
// another transaction may have written one of its facts alike, as a repeated call
// does. An error means that the question cannot be answered.
func (t *Tx) ReadBack(ask func(ctx context.Context, q Queryer) (there bool, err error)) {
	t.state.readBack = append(t.state.readBack, readBack{ask, false})
}

// ReadBackOwn is ReadBack for what no other transaction can have written, such as
// a fact with the time of this call: its answer alone settles the outcome.
func (t *Tx) ReadBackOwn(ask func(ctx context.Context, q Queryer) (there bool, err error)) {
	t.state.readBack = append(t.state.readBack, readBack{ask, true})
}

// covered calls fn and notes whether it wrote without telling how to find it.
func (s *txState) covered(fn func() error) error {
	writes, asks := s.writes+s.queries, len(s.readBack)
	err := fn()
	if s.writes+s.queries > writes && len(s.readBack) == asks {
		s.uncovered = true
	}
	return err
}

// Local returns what stores remember of this transaction, by keys of their own: what
// it has locked or written, which nobody else can change before it ends. It is
// empty again after a rollback to a savepoint, and of no use in a transaction that has
// failed or ended.
func (t *Tx) Local() map[any]any {
	if t.state.usable() != nil {
		return map[any]any{}
	}
	if t.state.local == nil {
		t.state.local = map[any]any{}
	}
	return t.state.local
}

// Dialect returns the dialect.
func (t *Tx) Dialect() Dialect { return t.db.dialect }

// ExecContext implements [Queryer].
func (t *Tx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	var res sql.Result
	var err error
	if stmt := t.statement(ctx, query); stmt != nil {
		res, err = stmt.ExecContext(ctx, args...)
	} else {
		res, err = t.state.tx.ExecContext(ctx, t.db.bind(query), args...)
	}
	if t.saw(query, err); err == nil {
		if n, err := res.RowsAffected(); err != nil || n > 0 || changesSchema(query) {
			t.state.writes++
		}
	}
	return res, err
}

func changesSchema(query string) bool {
	word, _, _ := strings.Cut(strings.TrimSpace(query), " ")
	switch strings.ToUpper(word) {
	case "CREATE", "ALTER", "DROP":
		return true
	}
	return false
}

// QueryContext implements [Queryer].
func (t *Tx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := t.ready(ctx); err != nil {
		return nil, err
	}
	var rows *sql.Rows
	var err error
	if stmt := t.statement(ctx, query); stmt != nil {
		rows, err = stmt.QueryContext(ctx, args...)
	} else {
		rows, err = t.state.tx.QueryContext(ctx, t.db.bind(query), args...)
	}
	if t.saw(query, err); err == nil && !strings.HasPrefix(strings.TrimSpace(query), "SELECT") {
		t.state.queries++ // with RETURNING
	}
	return rows, err
}

// QueryRowContext implements [Queryer]. After a failed statement the row's Scan
// reports an error.
func (t *Tx) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if err := t.ready(ctx); err != nil {
		return errorRow(err)
	}
	var row *sql.Row
	if stmt := t.statement(ctx, query); stmt != nil {
		row = stmt.QueryRowContext(ctx, args...)
	} else {
		row = t.state.tx.QueryRowContext(ctx, t.db.bind(query), args...)
	}
	if t.saw(query, row.Err()); row.Err() == nil && !strings.HasPrefix(strings.TrimSpace(query), "SELECT") {
		t.state.queries++
	}
	return row
}

// errorRow returns a row whose Scan answers err. Only database/sql makes rows, so
// it is asked for one of a database that cannot be reached.
func errorRow(err error) *sql.Row {
	db := sql.OpenDB(refuse{err})
	defer db.Close()
	return db.QueryRowContext(context.Background(), "")
}

// ready reports why a statement is not to be sent.
func (t *Tx) ready(ctx context.Context) error {
	if err := t.state.usable(); err != nil {
		return err
	}
	return ctx.Err()
}

var errEnded = &kind.TxError{What: "the one of this context has ended"}

func (s *txState) usable() error {
	if s.ended.Load() {
		return errEnded
	}
	if s.failed == nil {
		return nil
	}
	return fmt.Errorf("sqldb: the transaction has failed: %w", s.failed)
}

// saw remembers an error of a statement. PostgreSQL refuses what follows; SQLite
// would go on, and after some errors even outside the transaction.
func (t *Tx) saw(query string, err error) {
	s := t.state
	if err == nil {
		return
	}
	s.seen = append(s.seen, err)
	if s.failed != nil {
		return
	}
	s.failed, s.dead = err, t.db.dialect.asksToRestart(err)
	delete(s.stmts, query) // it may be the preparing that failed
}

// OfStatement reports whether err comes from a statement of the transaction that
// ctx carries, whatever its type.
func (d *DB) OfStatement(ctx context.Context, err error) bool {
	s := d.ambient(ctx)
	return s != nil && slices.ContainsFunc(s.seen, func(seen error) bool { return errors.Is(err, seen) })
}

// nested runs fn behind a savepoint.
func (s *txState) nested(ctx context.Context, d *DB, fn func(tx *Tx) error) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := &Tx{db: d, state: s}
	s.savepoints++
	defer func() { s.savepoints-- }()
	name := fmt.Sprintf("flywheel_%d", s.savepoints)
	mark := len(s.readBack)
	if _, err := t.ExecContext(ctx, "SAVEPOINT "+name); err != nil {
		return err
	}
	_, scope := txhook.Begin(ctx)
	uncovered, marks, kept := s.uncovered, s.marks(), false
	defer func() {
		if !kept {
			s.resetQueues(marks)
			scope.RolledBack()
			s.uncovered = uncovered
			s.readBack = s.readBack[:mark]
			s.rollbackTo(context.WithoutCancel(ctx), name)
		}
	}()
	if err := s.covered(func() error { return fn(t) }); err != nil {
		d.noticeRestart(s, err)
		return err
	}
	if err := s.usable(); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, "RELEASE SAVEPOINT "+name); err != nil {
		return err
	}
	kept = true
	return nil
}

// direct runs fn without a savepoint. An error after something was written ends
// the transaction, since that cannot be taken back alone.
func (s *txState) direct(ctx context.Context, d *DB, fn func(tx *Tx) error) error {
	if err := cmp.Or(ctx.Err(), s.usable()); err != nil {
		return err
	}
	_, scope := txhook.Begin(ctx)
	writes := s.writes
	err := s.covered(func() error { return fn(&Tx{db: d, state: s}) })
	if err == nil {
		return s.usable()
	}
	scope.RolledBack()
	d.noticeRestart(s, err)
	if s.writes > writes && s.failed == nil {
		s.failed = err // a savepoint around it can take it back
	}
	return err
}

// rollbackTo takes back what happened since the savepoint. Where that is not
// possible the whole transaction is dead: SQLite rolls it back by itself after
// an interrupt or a full disk, and the next statement would stand alone.
func (s *txState) rollbackTo(ctx context.Context, name string) {
	s.local = nil
	_, err := s.tx.ExecContext(ctx, "ROLLBACK TO SAVEPOINT "+name)
	if err == nil {
		_, err = s.tx.ExecContext(ctx, "RELEASE SAVEPOINT "+name)
	}
	switch {
	case err != nil:
		s.dead = true
		if s.failed == nil {
			s.failed = err
		}
	case !s.dead:
		s.failed = nil
	}
}

// noticeRestart marks the transaction dead when err, which may have surfaced
// while reading rows, says that it is to be run again.
func (d *DB) noticeRestart(s *txState, err error) {
	if d.dialect.asksToRestart(err) && !s.dead {
		s.failed, s.dead = err, true
	}
}
