// Package txhook lets work wait for the end of the transactions that a context
// carries. It is what flywheel.AfterCommit, flywheel.Memory and internal/sqldb
// share; it links the standard library only.
package txhook

import (
	"context"
	"sync"
)

type key struct{}

// hooks is what waits for the outermost transaction of a context.
type hooks struct {
	mu    sync.Mutex
	fns   []func(context.Context)
	ended bool
}

// Scope is a transaction, a savepoint in one, or one of another database inside
// it, as [After] sees it. Of nested scopes the outermost decides whether what
// waits is run; each can drop what was added since it began.
type Scope struct {
	hooks *hooks
	outer bool
	done  bool
	mark  int // what waited when the scope began
	ctx   context.Context
}

// Begin returns a context whose [After] calls wait for the returned Scope and
// all around it.
func Begin(ctx context.Context) (context.Context, *Scope) {
	if h, ok := ctx.Value(key{}).(*hooks); ok {
		h.mu.Lock()
		defer h.mu.Unlock()
		if !h.ended {
			return ctx, &Scope{hooks: h, mark: len(h.fns)}
		}
	}
	h := &hooks{}
	return context.WithValue(ctx, key{}, h), &Scope{hooks: h, outer: true, ctx: context.WithoutCancel(ctx)}
}

// Within reports whether ctx carries a transaction that has not ended.
func Within(ctx context.Context) bool {
	h, ok := ctx.Value(key{}).(*hooks)
	if !ok {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return !h.ended
}

// After runs fn when the outermost transaction of ctx has ended with a commit or
// an unknown outcome, and at once when ctx carries none. fn gets a context
// without that transaction that is never canceled.
func After(ctx context.Context, fn func(context.Context)) {
	if h, ok := ctx.Value(key{}).(*hooks); ok {
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

// Committed ends the scope. If it is the outermost, it runs what waits, in order,
// with a context that is not canceled. A second end does nothing.
func (s *Scope) Committed() {
	if s.done = true; !s.outer {
		return
	}
	for _, fn := range s.end() {
		fn(s.ctx)
	}
}

// RolledBack ends the scope and drops what was added since it began. After
// another end it does nothing.
func (s *Scope) RolledBack() {
	if s.done {
		return
	}
	if s.done = true; s.outer {
		s.end()
		return
	}
	s.hooks.mu.Lock()
	defer s.hooks.mu.Unlock()
	if !s.hooks.ended && len(s.hooks.fns) > s.mark {
		clear(s.hooks.fns[s.mark:])
		s.hooks.fns = s.hooks.fns[:s.mark]
	}
}

func (s *Scope) end() []func(context.Context) {
	h := s.hooks
	h.mu.Lock()
	defer h.mu.Unlock()
	fns := h.fns
	h.fns, h.ended = nil, true
	return fns
}
