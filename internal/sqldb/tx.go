package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	dead       bool       // failed cannot be cured by rolling back to a savepoint
	readBack   []readBack // how to find out whether it was committed
	stmts      map[string]*sql.Stmt
	wishes     []wish
}

type readBack func(ctx context.Context, q Queryer) (committed bool, err error)

// ReadBack registers how to find out, after the answer to COMMIT was lost,
// whether this transaction was committed: by looking for a key that it, and no
// one before it, wrote. Register it only when something was written under the
// key now; a fact found already there tells nothing. An error means that the
// question cannot be answered.
func (t *Tx) ReadBack(f func(ctx context.Context, q Queryer) (committed bool, err error)) {
	t.state.readBack = append(t.state.readBack, f)
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
	t.saw(query, err)
	return res, err
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
	t.saw(query, err)
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
	t.saw(query, row.Err())
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
	if err == nil || s.failed != nil {
		return
	}
	s.failed, s.dead = err, t.db.dialect.asksToRestart(err)
	delete(s.stmts, query) // it may be the preparing that failed
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
	kept := false
	defer func() {
		if !kept {
			scope.RolledBack()
			s.readBack = s.readBack[:mark]
			s.rollbackTo(context.WithoutCancel(ctx), name)
		}
	}()
	if err := fn(t); err != nil {
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

// rollbackTo takes back what happened since the savepoint. Where that is not
// possible the whole transaction is dead: SQLite rolls it back by itself after
// an interrupt or a full disk, and the next statement would stand alone.
func (s *txState) rollbackTo(ctx context.Context, name string) {
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
