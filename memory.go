package flywheel

import (
	"context"
	"sync"

	"github.com/flywheel-go/flywheel/internal/txhook"
)

// Transactor makes several store calls one transaction.
type Transactor interface {
	// InTx runs fn with a context that carries a transaction; every store of
	// the same database that is called with that context joins it. It commits
	// when fn returns nil and rolls back when fn returns an error or panics.
	// Within a transaction InTx joins the one that is there. A database may
	// run fn again after a serialization failure, so fn must not change
	// anything else, and fn must not use the context it closes over.
	InTx(ctx context.Context, fn func(ctx context.Context) error) error
}

// Memory is one in-memory database: the [Transactor] that memory stores share
// so that their calls can be one transaction. Its transactions are
// serializable: a writer excludes all others. The zero value is ready, and it
// is safe for concurrent use.
type Memory struct {
	mu sync.RWMutex
}

type memoryKey struct{ m *Memory }

// memoryTx is the transaction in progress: what to undo, newest last.
type memoryTx struct{ undo []func() }

func (t *memoryTx) rollback(to int) {
	for i := len(t.undo) - 1; i >= to; i-- {
		t.undo[i]()
	}
	clear(t.undo[to:])
	t.undo = t.undo[:to]
}

// InTx implements [Transactor]. What was given to [AfterCommit] runs when the lock
// is free again.
func (m *Memory) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if m.tx(ctx) != nil {
		return fn(ctx)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	inner, scope := txhook.Begin(ctx)
	defer scope.RolledBack() // unless committed before
	if err := m.transact(inner, fn); err != nil {
		return err
	}
	scope.Committed()
	return nil
}

func (m *Memory) transact(ctx context.Context, fn func(ctx context.Context) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	tx := &memoryTx{}
	done := false
	defer func() {
		if !done {
			tx.rollback(0)
		}
	}()
	if err := fn(context.WithValue(ctx, memoryKey{m}, tx)); err != nil {
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
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.tx(ctx) == nil {
		m.mu.RLock()
		defer m.mu.RUnlock()
	}
	return fn()
}

// Update runs fn while no one else reads or writes. For every change that fn
// makes it first passes to undo a function that takes the change back; they run,
// newest first, when fn fails or panics or the surrounding transaction rolls
// back. It is for authors of memory stores; fn must not call a store.
func (m *Memory) Update(ctx context.Context, fn func(undo func(func())) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	tx := m.tx(ctx)
	if tx == nil {
		m.mu.Lock()
		defer m.mu.Unlock()
		tx = &memoryTx{}
	}
	mark, done := len(tx.undo), false
	defer func() {
		if !done {
			tx.rollback(mark)
		}
	}()
	if err := fn(func(f func()) { tx.undo = append(tx.undo, f) }); err != nil {
		return err
	}
	done = true
	return nil
}

func (m *Memory) tx(ctx context.Context) *memoryTx {
	tx, _ := ctx.Value(memoryKey{m}).(*memoryTx)
	return tx
}
