package flywheel

import (
	"context"

	"github.com/flywheel-go/flywheel/internal/kind"
	"github.com/flywheel-go/flywheel/internal/memlock"
	"github.com/flywheel-go/flywheel/internal/txhook"
)

// Transactor makes several store calls one transaction.
type Transactor interface {
	// InTx runs fn with a context that carries a transaction; every store of
	// the same database that is called with that context joins it. It commits
	// when fn returns nil and rolls back when fn returns an error or panics.
	// If ctx already carries a transaction, InTx joins it. A database may
	// run fn again after a serialization failure, so fn must not change
	// anything else, and fn must not use the context it closes over.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Memory is one in-memory database: the [Transactor] that memory stores share
// so that their calls can be one transaction. Its transactions are
// serializable: a writer excludes all others. The zero value is ready, and it
// is safe for concurrent use.
//
// A wait for the lock ends with the context of the call, and after 30 seconds at
// the latest. What would wait for itself is refused with a [*TxError]: a call
// within a transaction with another context than the transaction's, and
// transactions that use two databases in two orders. A wait within a transaction
// of another database ends after two seconds, since that database may be what the
// holder waits for.
type Memory struct {
	lock memlock.Lock
}

type memoryKey struct{ m *Memory }

// memoryContext carries a transaction.
type memoryContext struct {
	context.Context
	m  *Memory
	tx *memoryTx
}

// Value implements context.Context.
func (c *memoryContext) Value(key any) any {
	switch k := key.(type) {
	case memlock.Key:
		return &c.tx.Owner
	case memoryKey:
		if k.m == c.m {
			return c.tx
		}
	}
	return c.Context.Value(key)
}

// memoryTx is the transaction in progress.
type memoryTx struct {
	memlock.Owner
	undo undoLog
}

// undoLog is what to undo, newest last.
type undoLog []func()

// ownUndo is the log of an update in no transaction.
type ownUndo struct {
	undoLog
	few [2]func()
}

func (u *undoLog) add(f func()) { *u = append(*u, f) }

func (u *undoLog) rollback(to int) {
	for i := len(*u) - 1; i >= to; i-- {
		(*u)[i]()
	}
	clear((*u)[to:])
	*u = (*u)[:to]
}

var errEnded = &kind.TxError{What: "the one of this context has ended"}

// InTx implements [Transactor]. Functions registered with [AfterCommit] run after the
// lock is released.
func (m *Memory) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if tx, err := m.tx(ctx); err != nil {
		return err
	} else if tx != nil {
		return fn(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := txhook.Rehearse(ctx, fn, func(fn func(context.Context) error) error { return m.once(ctx, fn) }); err != nil {
		return err
	}
	return m.once(ctx, fn)
}

func (m *Memory) once(ctx context.Context, fn func(ctx context.Context) error) error {
	inner, scope := txhook.Begin(ctx)
	defer scope.RolledBack() // unless committed before
	tx := &memoryTx{}
	tx.Begin(ctx)
	if err := tx.Run(func() error { return m.transact(inner, tx, fn) }); err != nil {
		return err
	}
	scope.Committed()
	return nil
}

func (m *Memory) transact(ctx context.Context, tx *memoryTx, fn func(ctx context.Context) error) error {
	if err := m.lock.Lock(ctx, &tx.Owner); err != nil {
		return err
	}
	defer m.lock.Unlock()
	defer tx.End()
	done := false
	defer func() {
		if !done {
			tx.undo.rollback(0)
		}
	}()
	if err := fn(&memoryContext{ctx, m, tx}); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	done = true
	return nil
}

// View runs fn while no one writes. It is for authors of memory stores; fn
// must not call a store.
func (m *Memory) View(ctx context.Context, fn func() error) error {
	tx, err := m.tx(ctx)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	if tx == nil {
		if err := m.lock.RLock(ctx); err != nil {
			return err
		}
		defer m.lock.RUnlock()
	}
	return fn()
}

// Update runs fn while no one else reads or writes. Before each change, fn
// registers with undo a function that reverses it; these run, newest first, when
// fn fails or panics or the surrounding transaction rolls back. It is for authors
// of memory stores; fn must not call a store.
func (m *Memory) Update(ctx context.Context, fn func(undo func(func())) error) error {
	tx, err := m.tx(ctx)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return err
	}
	if tx == nil {
		if err := m.lock.Lock(ctx, nil); err != nil {
			return err
		}
		defer m.lock.Unlock()
	}
	var undo *undoLog
	if tx != nil {
		undo = &tx.undo
	} else {
		own := new(ownUndo)
		own.undoLog = own.few[:0]
		undo = &own.undoLog
	}
	mark, done := len(*undo), false
	defer func() {
		if !done {
			undo.rollback(mark)
		}
	}()
	if err := fn(undo.add); err != nil {
		return err
	}
	done = true
	return nil
}

// tx returns the transaction of m in ctx, if there is one.
func (m *Memory) tx(ctx context.Context) (*memoryTx, error) {
	tx, _ := ctx.Value(memoryKey{m}).(*memoryTx)
	if tx != nil && tx.Ended() {
		return nil, errEnded
	}
	return tx, nil
}

// Handle returns the database itself, as a [Stored].
func (m *Memory) Handle() Transactor { return m }
