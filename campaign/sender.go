package campaign

import (
	"context"
	"slices"
	"sync"
)

// Sender brings a message to the contact. It may get a message again, after an
// error or a crash, and sends one ID once. An error that matches
// flywheel.ErrInvalid, ErrNotFound or ErrForbidden is final: the message is
// counted as refused. Any other error stops the engine's call, and the message
// is tried again with the next one.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// SenderFunc makes a function a [Sender].
type SenderFunc func(ctx context.Context, m Message) error

// Send calls f.
func (f SenderFunc) Send(ctx context.Context, m Message) error { return f(ctx, m) }

// Recorder is the [Sender] of tests and examples: it keeps each message once. The
// zero value is ready and safe for concurrent use.
type Recorder struct {
	mu       sync.Mutex
	known    map[string]bool
	messages []Message
}

// Send keeps m unless it has it.
func (r *Recorder) Send(_ context.Context, m Message) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = make(map[string]bool)
	}
	if !r.known[m.ID] {
		r.known[m.ID] = true
		r.messages = append(r.messages, m)
	}
	return nil
}

// Messages returns what was sent, in order.
func (r *Recorder) Messages() []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.messages)
}
