package checkout

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
)

// SessionStore keeps sessions. Implementations are
// safe for concurrent use, honor ctx, join the transaction carried by ctx (see
// [flywheel.Transactor]), keep times in UTC to the microsecond, compare texts byte
// by byte, and share no memory with what they take and give. Every call is atomic
// on its own.
type SessionStore interface {
	// Session returns the session, or an error matching [flywheel.ErrNotFound].
	Session(ctx context.Context, id SessionID) (Session, error)
	// OpenSession returns the session of a cart that is not closed, or an error
	// matching [flywheel.ErrNotFound].
	OpenSession(ctx context.Context, of cart.ID) (Session, error)
	// SaveSession writes s and counts Revision up when the stored revision equals
	// s.Revision; a session that is not stored has revision 0. Else it reports
	// [ErrSessionStale]. A second session of a cart that is not closed reports
	// [ErrOpen], and a key of s.Claim that another session has [ErrKeyTaken].
	SaveSession(ctx context.Context, s Session) (Session, error)
	// KeyHolder returns the session that has an idempotency key of an owner, see
	// Session.Claim, or an error matching [flywheel.ErrNotFound].
	KeyHolder(ctx context.Context, owner, key string) (SessionID, error)
	// DueSessions returns at most limit sessions whose Due is at or before an
	// instant, those due first first, then by ID.
	DueSessions(ctx context.Context, at time.Time, limit int) ([]Session, error)
	// PendingSessions returns at most limit sessions behind an ID whose try is to be
	// resumed, see [Session.Pending], by ID.
	PendingSessions(ctx context.Context, after SessionID, limit int) ([]Session, error)
	// Forget removes the sessions of a customer.
	Forget(ctx context.Context, customer flywheel.CustomerID) error
}

var (
	// ErrSessionStale reports a save of a session that someone else saved meanwhile.
	ErrSessionStale = fmt.Errorf("checkout: session: %w", flywheel.ErrStale)
	// ErrOpen reports a second open session of one cart.
	ErrOpen = fmt.Errorf("checkout: the cart has an open session: %w", flywheel.ErrConflict)
	// ErrKeyTaken reports an idempotency key that was used for another session.
	ErrKeyTaken = fmt.Errorf("checkout: %w", flywheel.ErrKeyReused)
	// ErrInFlight reports a request while another call is at work on the same try.
	ErrInFlight = fmt.Errorf("checkout: the same request is under way: %w", flywheel.ErrConflict)
)

// SessionError tells what state of a session forbids a call. It matches what Err
// matches: flywheel.ErrConflict or, of an expired one, flywheel.ErrExpired.
type SessionError struct {
	Session SessionID
	Status  SessionStatus
	Err     error // wraps a kind
}

func (e *SessionError) Error() string {
	return fmt.Sprintf("checkout: session %q is %s: %v", e.Session, e.Status, e.Err)
}

// Unwrap returns the cause.
func (e *SessionError) Unwrap() error { return e.Err }

// Normal returns s as stores keep it: times in UTC to the microsecond. It shares
// memory with s. It is for authors of stores.
func (s Session) Normal() Session {
	s.OpenedAt, s.ExpiresAt, s.Due = normalTime(s.OpenedAt), normalTime(s.ExpiresAt), normalTime(s.Due)
	if s.Try != nil {
		t := *s.Try
		t.Until, t.Working = normalTime(t.Until), normalTime(t.Working)
		s.Try = &t
	}
	return s
}

func normalTime(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}
