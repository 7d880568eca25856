package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/flywheel-go/flywheel/internal/kind"
	"github.com/flywheel-go/flywheel/internal/memlock"
	"github.com/flywheel-go/flywheel/internal/txhook"
)

const (
	maxAttempts  = 12                     // of one transaction, the first included
	firstBackoff = time.Millisecond       // doubled each time
	maxBackoff   = 250 * time.Millisecond // of one wait
	readBackTime = 10 * time.Second       // to settle the outcome of a COMMIT, whatever the caller's deadline
	readBacks    = 4                      // tries before an outcome counts as unknown
)

// InTx implements flywheel.Transactor: it runs fn in the transaction of ctx, or
// else in a new one, which it runs again when the server asks for it.
func (d *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if s := d.ambient(ctx); s != nil {
		if s.ended.Load() {
			return errEnded
		}
		return fn(ctx)
	}
	if err := txhook.Rehearse(ctx, fn, func(fn func(context.Context) error) error {
		return d.transact(ctx, func(ctx context.Context, _ *txState) error { return fn(ctx) })
	}); err != nil {
		return err
	}
	return d.transact(ctx, func(ctx context.Context, _ *txState) error { return fn(ctx) })
}

// Write runs fn, which changes the database, in the transaction of ctx behind a
// savepoint, or else in a transaction of its own, which it runs again when the
// server asks for it. When Write returns an error other than
// flywheel.ErrUnknownOutcome, nothing that fn wrote remains.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	if s := d.ambient(ctx); s != nil {
		return s.nested(ctx, d, fn)
	}
	return d.alone(ctx, fn)
}

// WriteFirst is Write without a savepoint, for calls that have nothing to take
// back: whatever they refuse they refuse before they have changed anything, as one
// conditional statement does, or reading before writing. In a joined transaction
// an error after a change, as of a statement that fails, is the end of the whole
// transaction.
func (d *DB) WriteFirst(ctx context.Context, fn func(tx *Tx) error) error {
	if s := d.ambient(ctx); s != nil {
		return s.direct(ctx, d, fn)
	}
	return d.alone(ctx, fn)
}

func (d *DB) alone(ctx context.Context, fn func(tx *Tx) error) error {
	var state *txState
	write := func(context.Context) error {
		return state.covered(func() error { return fn(&Tx{db: d, state: state}) })
	}
	if err := txhook.Rehearse(ctx, write, func(fn func(context.Context) error) error {
		return d.transact(ctx, func(ctx context.Context, s *txState) error {
			state = s
			return fn(ctx)
		})
	}); err != nil {
		return err
	}
	return d.transact(ctx, func(ctx context.Context, s *txState) error {
		state = s
		return write(ctx)
	})
}

func (d *DB) transact(ctx context.Context, fn func(context.Context, *txState) error) error {
	for attempt := 1; ; attempt++ {
		err := d.attempt(ctx, fn)
		if err == nil || !d.dialect.asksToRestart(err) || errors.Is(err, kind.ErrUnknownOutcome) {
			return err
		}
		if attempt == maxAttempts {
			return fmt.Errorf("sqldb: gave up after %d attempts: %w", attempt, err)
		}
		if !pause(ctx, attempt) {
			return fmt.Errorf("sqldb: %w while retrying: %w", ctx.Err(), err)
		}
	}
}

// attempt runs fn in one transaction and finds its outcome. What waits for the
// end runs when it may have been committed, with the connection given back.
func (d *DB) attempt(ctx context.Context, fn func(context.Context, *txState) error) error {
	inner, scope := txhook.Begin(ctx)
	defer scope.RolledBack() // unless committed before
	s := &txState{}
	err := d.exclusively(ctx, inner, func(ctx context.Context) error { return d.once(ctx, s, fn) })
	if lost, ok := errors.AsType[*lostCommit](err); ok {
		err = d.settle(ctx, lost)
	}
	if err == nil {
		s.grant(ctx)
	}
	if err == nil || errors.Is(err, kind.ErrUnknownOutcome) && s.sent {
		scope.Committed()
	}
	return err
}

// pause waits longer after each attempt, and not equally long in two
// transactions that collide. It reports false when ctx is over.
func pause(ctx context.Context, attempt int) bool {
	wait := min(firstBackoff<<(attempt-1), maxBackoff)
	timer := time.NewTimer(wait/2 + rand.N(wait))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// exclusively runs fn, with ctx within outer, as the only writer of a SQLite database, as far as this DB
// knows: whoever else writes waits here, where the wait ends with ctx, and not in
// SQLite, which does not hear of it. The caller's own transactions and those of
// other processes are met there.
func (d *DB) exclusively(outer, ctx context.Context, fn func(ctx context.Context) error) error {
	if d.writer == nil {
		return fn(ctx)
	}
	o := &memlock.Owner{}
	o.Begin(outer)
	return o.Run(func() error {
		if err := d.writer.Lock(ctx, o); err != nil {
			return err
		}
		defer d.writer.Unlock()
		defer o.End()
		return fn(context.WithValue(ctx, memlock.Key{}, o))
	})
}

// once runs fn in one transaction. The connection is held beyond COMMIT, so
// that a transaction that SQLite could not commit can be ended, and given back
// before anything is read back.
func (d *DB) once(ctx context.Context, s *txState, fn func(context.Context, *txState) error) error {
	conn, tx, err := d.begin(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer s.ended.Store(true)
	defer func() {
		if !s.sent {
			tx.Rollback()
		}
	}()
	s.tx = tx
	within := context.WithValue(ctx, txKey{d.db}, s)
	err = fn(within, s)
	if err == nil && s.failed == nil {
		err = s.flush(within, d)
	}
	if err != nil {
		d.noticeRestart(s, err)
		if s.dead && d.dialect.asksToRestart(s.failed) {
			return s.failed // whatever fn made of it
		}
		return err
	}
	if s.failed != nil {
		return fmt.Errorf("sqldb: a statement failed and the transaction went on: %w", s.failed)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.sent = true
	return d.commit(ctx, conn, s)
}

// begin begins a transaction on a connection of its own. One that a neighbor's
// deadline has closed, as drivers do, is found out here, where nothing was sent,
// and replaced.
func (d *DB) begin(ctx context.Context) (*sql.Conn, *sql.Tx, error) {
	for attempt := 1; ; attempt++ {
		conn, err := d.db.Conn(ctx)
		if err != nil {
			return nil, nil, err
		}
		tx, err := conn.BeginTx(ctx, nil)
		if err == nil {
			return conn, tx, nil
		}
		conn.Close()
		if !errors.Is(err, driver.ErrBadConn) || attempt == maxAttempts || ctx.Err() != nil {
			return nil, nil, err
		}
	}
}

func (d *DB) commit(ctx context.Context, conn *sql.Conn, s *txState) error {
	err := s.tx.Commit()
	switch {
	case err == nil:
		return nil
	case errors.Is(err, sql.ErrTxDone):
		// ctx ended just now and database/sql has rolled back: nothing was sent.
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return err
	case d.dialect.rolledBack(err):
		return err
	case d.dialect == SQLite:
		// A COMMIT that SQLite refuses leaves the transaction open, which
		// database/sql does not know of. If it can be rolled back it was open.
		if _, open := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK"); open == nil {
			return err
		}
	}
	if s.writes+s.queries == 0 {
		return nil // nothing that could be lost
	}
	return &lostCommit{err, d.dialect, s.readBack, s.uncovered}
}

// lostCommit is an error of COMMIT that does not tell the outcome.
type lostCommit struct {
	err       error
	dialect   Dialect
	readBack  []readBack
	uncovered bool
}

func (l *lostCommit) Error() string { return l.err.Error() }

// settle finds the outcome of a transaction by what it wrote.
func (d *DB) settle(ctx context.Context, lost *lostCommit) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readBackTime)
	defer cancel()
	for attempt := 1; len(lost.readBack) > 0; attempt++ {
		committed, err := d.ask(ctx, lost)
		switch {
		case err == nil && committed:
			return nil
		case err == nil && d.dialect == SQLite:
			return fmt.Errorf("sqldb: commit failed: %w", lost.err)
		}
		if attempt == readBacks || !pause(ctx, 3*attempt) {
			break
		}
	}
	return fmt.Errorf("sqldb: commit: %w: %w", kind.ErrUnknownOutcome, lost.err)
}

// errUncovered is why what was found does not settle an outcome.
var errUncovered = errors.New("sqldb: not all that was written can be looked for")

// ask takes the answer about what only this transaction can have written. Without
// one, all that it wrote must be there.
func (d *DB) ask(ctx context.Context, lost *lostCommit) (committed bool, err error) {
	for _, r := range lost.readBack {
		if r.own {
			if committed, err = r.ask(ctx, plain{d}); err == nil {
				return committed, nil
			}
		}
	}
	answered := false
	for _, r := range lost.readBack {
		if r.own {
			continue
		}
		there, e := r.ask(ctx, plain{d})
		switch {
		case e != nil:
			err = e
		case !there:
			return false, nil
		default:
			answered = true
		}
	}
	switch {
	case !answered:
		return false, err
	case lost.uncovered:
		return false, errUncovered
	}
	return true, nil
}
