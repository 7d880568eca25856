// Package memlock is the lock of flywheel.Memory, and of the one writer that SQLite
// has: one writer or many readers, in the order of their arrival, who wait no
// longer than their context. A wait that could never end is refused:
//
//   - the waiting goroutine itself holds the lock, by a transaction that the
//     context of the call does not carry (see [Owner.Run]);
//   - the holder waits, directly or over others, for a lock that belongs to the
//     waiting transaction: two databases locked in two orders;
//   - what no one can see, such as a goroutine that the holder waits for, or a
//     database elsewhere: a wait ends after [Patience], and after the shorter
//     [Nested] where the caller holds a transaction that others may wait for.
package memlock

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel/internal/kind"
	"github.com/flywheel-go/flywheel/internal/txhook"
)

// How long a wait lasts at most.
const (
	Patience = 30 * time.Second
	Nested   = 2 * time.Second
)

// tries is how often a writer looks before it queues: most transactions in memory
// are over before a goroutine has gone to sleep.
const tries = 4

// glance is after how long a waiter looks whether it waits for itself.
const glance = 5 * time.Millisecond

// Owner is a transaction that holds locks.
type Owner struct {
	outer   *Owner               // the transaction, of another database, in which this one began
	nested  bool                 // it began in one of some other database
	place   int                  // where Run is, 0: nowhere
	waiting atomic.Pointer[Lock] // of the outermost
	ended   atomic.Bool
}

// Begin makes o a transaction within those that ctx carries.
func (o *Owner) Begin(ctx context.Context) { o.outer, o.nested = Of(ctx), txhook.Within(ctx) }

// End notes that the transaction is over.
func (o *Owner) End() { o.ended.Store(true) }

// Ended reports whether it is.
func (o *Owner) Ended() bool { return o.ended.Load() }

// Key finds the innermost Owner of a context.
type Key struct{}

// Of returns the innermost transaction of ctx that has not ended, or nil.
func Of(ctx context.Context) *Owner {
	o, _ := ctx.Value(Key{}).(*Owner)
	for o != nil && o.Ended() {
		o = o.outer
	}
	return o
}

func (o *Owner) root() *Owner {
	for o != nil && o.outer != nil {
		o = o.outer
	}
	return o
}

// Lock is the lock. The zero value is free.
type Lock struct {
	state  atomic.Int64          // the readers, writing and queued
	holder atomic.Pointer[Owner] // of the writer, nil if that is no transaction
	mu     sync.Mutex
	queue  []*waiter
}

const (
	writing = 1 << 32 // somebody writes
	queued  = 1 << 33 // somebody waits: whoever is done, or comes, looks at the queue
)

type waiter struct {
	owner *Owner // nil: a single call
	write bool
	ready chan struct{}
}

// Lock waits until the lock is o's alone; o is nil for a single call.
func (l *Lock) Lock(ctx context.Context, o *Owner) error {
	for range tries {
		if l.state.CompareAndSwap(0, writing) {
			l.holder.Store(o)
			return nil
		}
		if l.state.Load()&queued != 0 {
			break
		}
		runtime.Gosched()
	}
	return l.wait(ctx, &waiter{owner: o, write: true})
}

// RLock waits until nobody writes.
func (l *Lock) RLock(ctx context.Context) error {
	for s := l.state.Load(); s&(writing|queued) == 0; s = l.state.Load() {
		if l.state.CompareAndSwap(s, s+1) {
			return nil
		}
	}
	return l.wait(ctx, &waiter{})
}

// Unlock ends what Lock began.
func (l *Lock) Unlock() {
	l.holder.Store(nil)
	l.release(writing)
}

// RUnlock ends what RLock began.
func (l *Lock) RUnlock() { l.release(1) }

func (l *Lock) release(what int64) {
	if l.state.Add(-what)&queued == 0 {
		return
	}
	l.mu.Lock()
	l.next()
	l.mu.Unlock()
}

// next gives the lock to those at the head of the queue who can have it.
func (l *Lock) next() {
	for len(l.queue) > 0 {
		w, s := l.queue[0], l.state.Load()
		got := s + 1
		if w.write {
			got = s | writing
		}
		if s&writing != 0 || w.write && s != queued {
			return // the last who has it comes here again
		}
		if !l.state.CompareAndSwap(s, got) {
			continue
		}
		if w.write {
			l.holder.Store(w.owner)
		}
		l.queue[0] = nil
		l.queue = l.queue[1:]
		close(w.ready)
	}
	l.state.And(^int64(queued))
}

// wait queues w until it has its turn or must not wait.
func (l *Lock) wait(ctx context.Context, w *waiter) error {
	w.ready = make(chan struct{})
	l.mu.Lock()
	l.queue = append(l.queue, w)
	l.state.Or(queued)
	l.next() // it may be free by now
	l.mu.Unlock()
	holds, most := w.owner, Patience
	nested := holds != nil && holds.nested || holds == nil && txhook.Within(ctx)
	if nested {
		most = Nested
	}
	if holds == nil {
		holds = Of(ctx)
	}
	root := holds.root()
	if err := l.announce(root); err != nil {
		return l.leave(w, err)
	}
	defer retract(root)
	timer := time.NewTimer(glance)
	defer timer.Stop()
	for looked := false; ; looked = true {
		select {
		case <-w.ready:
			return nil
		case <-ctx.Done():
			return l.leave(w, ctx.Err())
		case <-timer.C:
		}
		if looked {
			return l.leave(w, &kind.TxError{What: fmt.Sprintf("a database was not free for %v", most), Kind: kind.ErrConflict})
		}
		if o := l.holder.Load(); here(o) && l.holder.Load() == o {
			return l.leave(w, &kind.TxError{What: "a call within a transaction does not use the transaction's context, and would wait for itself"})
		}
		timer.Reset(most - glance)
	}
}

// leave takes w out of the queue and returns err, or nil when w has the lock by
// now.
func (l *Lock) leave(w *waiter, err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, other := range l.queue {
		if other == w {
			l.queue = append(l.queue[:i:i], l.queue[i+1:]...)
			l.next() // who waited behind a writer that is gone
			return err
		}
	}
	return nil
}

// waits guards who waits for what.
var waits sync.Mutex

// announce notes that the transaction waits for l, unless that closes a circle.
func (l *Lock) announce(root *Owner) error {
	if root == nil {
		return nil
	}
	waits.Lock()
	defer waits.Unlock()
	for at := l; at != nil; {
		holder := at.holder.Load().root()
		if holder == root {
			return &kind.TxError{What: "two transactions use two databases in two orders, and each would wait for the other", Kind: kind.ErrConflict}
		}
		if holder == nil {
			break
		}
		next := holder.waiting.Load()
		if next == at {
			break // it has it by now
		}
		at = next
	}
	root.waiting.Store(l)
	return nil
}

func retract(root *Owner) {
	if root == nil {
		return
	}
	waits.Lock()
	root.waiting.Store(nil)
	waits.Unlock()
}
