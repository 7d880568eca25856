// Package txhook lets work wait for the end of the transactions that a context
// carries. It is what flywheel.AfterCommit, flywheel.Memory and internal/sqldb
// share; it links the standard library only.
package txhook

import (
	"context"
	"sync"
)

type key struct{}

// Hooks is what waits for the outermost transaction of a context.
type Hooks struct {
	mu    sync.Mutex
	fns   []func(context.Context)
	ended bool
}

// Begin returns a context whose [After] calls wait for the returned Hooks. Within
// a transaction that a context carries already, the outer Hooks keep waiting and
// Begin returns nil with ctx: only the outermost transaction ends them.
func Begin(ctx context.Context) (context.Context, *Hooks) {
	if h, ok := ctx.Value(key{}).(*Hooks); ok && !h.isOver() {
		return ctx, nil
	}
	h := &Hooks{}
	return context.WithValue(ctx, key{}, h), h
}

// After runs fn when the outermost transaction of ctx has ended with a commit or
// an unknown outcome, and at once when ctx carries none. fn gets a context
// without that transaction that is never canceled.
func After(ctx context.Context, fn func(context.Context)) {
	if h, ok := ctx.Value(key{}).(*Hooks); ok {
		h.mu.Lock()
		if !h.ended {
			h.fns = append(h.fns, fn)
			h.mu.Unlock()
			return
		}
		h.mu.Unlock()
	}
	fn(context.WithoutCancel(ctx))
}

// Committed ends h and runs what waits, in order, with a context that is not
// canceled. ctx is the one that was given to Begin. A nil h does nothing.
func (h *Hooks) Committed(ctx context.Context) {
	for _, fn := range h.end() {
		fn(context.WithoutCancel(ctx))
	}
}

// RolledBack ends h and drops what waits. A nil h does nothing.
func (h *Hooks) RolledBack() { h.end() }

func (h *Hooks) end() []func(context.Context) {
	if h == nil {
		return nil
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	fns := h.fns
	h.fns, h.ended = nil, true
	return fns
}

func (h *Hooks) isOver() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.ended
}
