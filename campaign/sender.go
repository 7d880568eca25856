package campaign

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Message is one message to a contact. Its ID follows from journey, contact, entry
// and step, so that a message that is passed again is the same message.
type Message struct {
	ID string `json:"id"`
	// At is the instant of the attempt, Plan the one for which it was meant.
	At       time.Time       `json:"at"`
	Plan     time.Time       `json:"plan"`
	Contact  flywheel.Person `json:"contact"`
	Journey  ID              `json:"journey"`
	Version  int             `json:"version"`
	Run      string          `json:"run"`
	Step     string          `json:"step"`
	Channel  string          `json:"channel"`
	Purpose  string          `json:"purpose"`
	Template string          `json:"template"`
	// Transactional messages are neither capped nor held back.
	Transactional bool `json:"transactional,omitempty"`
	// Attempt counts from 1.
	Attempt int `json:"attempt"`
	// Entry is the event that the run began with: what was in the cart. It is
	// shared, so nobody changes it.
	Entry *flywheel.Event `json:"entry"`
}

// event announces a message that was accepted.
func (m *Message) event() flywheel.Event {
	return flywheel.Event{
		ID: "message:" + m.ID, Name: flywheel.EventMessageSent, Time: m.At,
		Customer: m.Contact.Customer(), Visitor: m.Contact.Visitor(), Ref: m.Run,
		Properties: map[string]any{"journey": string(m.Journey), "step": m.Step, "channel": m.Channel, "template": m.Template},
	}
}

// Sender brings a message to the contact. A nil error means that the provider took
// it; that is final. An error that matches flywheel.ErrInvalid, ErrNotFound or
// ErrForbidden is final too: the message is skipped as refused. After any other
// error, and after [Options].SendLimit of real time, it is tried again later. So a
// message comes again, under the same ID, only when an answer was lost. Send is
// called outside of any transaction, for many contacts at once.
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
