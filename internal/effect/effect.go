package effect

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
)

// State is what became of an effect.
type State uint8

// The states of an effect.
const (
	Pending State = iota // to be done when it is due
	Leased               // a worker is doing it; due again when the lease is over
	Done                 // done
	Skipped              // will not be done, for a reason
	Dead                 // failed too often; see Store.Dead
	Dropped              // what it belonged to ended first
)

// Effect is one thing to be done outside the database.
type Effect struct {
	ID   string
	Kind string // who does it: "message"
	// Contact is claimed with all its due effects, by one worker at a time.
	Contact string
	// Topic may be left out of a claim as a whole: a paused journey.
	Topic    string
	Provider string
	Purpose  string
	// Ref is what the effect belongs to: a run.
	Ref string
	// Seq is the order of decisions of a contact.
	Seq int64
	// Position is how far the log had been read when the effect was decided.
	Position int64
	// Plan is when it was meant to be done, Due when it may next be tried, the
	// zero time for never. NotAfter is the last instant at which it is worth
	// doing, the zero time for none.
	Plan, Due, NotAfter time.Time
	// Attempts counts leases, Failures the attempts that were seen to fail.
	Attempts, Failures int
	State              State
	Reason             string    // of Skipped and Dead
	Settled            time.Time // when it left Pending and Leased
	Body               json.RawMessage

	fence int   // Attempts as stored
	was   State // as stored
}

// Lease marks e as being tried by a worker that is given up at until.
func (e *Effect) Lease(until time.Time) {
	e.Attempts++
	e.State, e.Due = Leased, until
}

// Retry marks e as to be tried at due.
func (e *Effect) Retry(due time.Time) { e.State, e.Due = Pending, due }

// Settle marks e as over.
func (e *Effect) Settle(s State, reason string, at time.Time) {
	e.State, e.Reason, e.Settled, e.Due = s, reason, at, time.Time{}
}

// Open reports whether e is still to be done.
func (e *Effect) Open() bool { return e.State == Pending || e.State == Leased }

// order is that in which a contact's effects are tried.
func order(a, b Effect) int {
	if c := a.Plan.Compare(b.Plan); c != 0 {
		return c
	}
	switch {
	case a.Seq != b.Seq && a.Seq < b.Seq:
		return -1
	case a.Seq != b.Seq:
		return 1
	case a.ID < b.ID:
		return -1
	case a.ID > b.ID:
		return 1
	}
	return 0
}

// Query says what a claim is for.
type Query struct {
	Kind     string
	Provider string // "" is any
	Now      time.Time
	// Limit is how many contacts are claimed at most, by default due.Batch.
	Limit int
	// Held contacts stand still and are left out; nil is nobody.
	Held func(contact string) bool
	// Paused topics are left out.
	Paused []string
}

// Store keeps effects. Its calls join the transaction of ctx.
type Store interface {
	// Add stores effects. One whose ID is known stays as it is; Add returns these
	// IDs.
	Add(ctx context.Context, effects ...Effect) (known []string, err error)
	// Claim returns the effects of up to Query.Limit contacts that are due at
	// Query.Now, contact by contact in the order in which they became due, those
	// of a contact by (Plan, Seq). A contact of which another worker has an effect
	// is left out. Call it in the transaction that saves what is decided.
	Claim(ctx context.Context, q Query) ([]*Effect, error)
	// Save writes effects that Claim or Get returned and returns the IDs of those
	// whose stored attempt or state is another: their lease was lost or they were
	// settled, and nothing of them is written. One that was Dropped meanwhile is
	// written: a call that was under way has told what became of it.
	Save(ctx context.Context, effects ...*Effect) (lost []string, err error)
	// Get returns the effects of these IDs that exist, by ID.
	Get(ctx context.Context, ids ...string) ([]*Effect, error)
	// Of returns all effects of these contacts and of a kind, ordered by (Contact,
	// Position, Seq).
	Of(ctx context.Context, kind string, contacts ...string) ([]*Effect, error)
	// Drop settles the open effects of these refs as Dropped.
	Drop(ctx context.Context, at time.Time, refs ...string) error
	// Remove deletes effects.
	Remove(ctx context.Context, ids ...string) error
	// Dead returns up to n dead effects of a kind behind an ID, by ID.
	Dead(ctx context.Context, kind, after string, n int) ([]*Effect, error)
	// Forget deletes the effects of these contacts.
	Forget(ctx context.Context, contacts ...string) error
}

// On returns the effects in the database of a handle.
func On(handle flywheel.Transactor) (Store, error) {
	switch h := handle.(type) {
	case *flywheel.Memory:
		return inMemory(h), nil
	case *flywheel.SQL:
		return newSQL(h), nil
	}
	return nil, fmt.Errorf("effect: a handle of type %T keeps no effects: %w", handle, flywheel.ErrInvalid)
}
