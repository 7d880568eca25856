package cursor

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Place is where a consumer stands.
type Place struct {
	Position flywheel.Position
	// Until is the position up to which a rebuild applies entries again; zero
	// when there was none.
	Until flywheel.Position
	// Wave is how far the consumer has come within the next entry, in its own
	// words; empty before it has begun with it.
	Wave string
}

// Parked is an entry at which a person stands still in a consumer: what follows
// of this person waits in the log behind it. One of nobody stands alone.
type Parked struct {
	Person   flywheel.Person
	Position flywheel.Position
	// Cause is the text of the last error.
	Cause string
	// Attempts counts the failed ones.
	Attempts int
	// Since is when the entry failed first.
	Since time.Time
	// Dropped entries are left out for good, also by a rebuild; they hold nobody.
	Dropped bool
	// Retry is when the entry is taken again by itself; zero for one that waits
	// for the operator.
	Retry time.Time
	// Wave is how far the consumer had come within the entry; see [Place].
	Wave string
}

// Store keeps the cursors and the parked entries of one database.
// Implementations are safe for concurrent use and join the transaction of ctx.
type Store interface {
	// Lock returns where a consumer stands, zero for one not known, and keeps
	// others from it until the transaction of ctx ends. Without waiting it
	// reports false when another has it. It is called in a transaction.
	Lock(ctx context.Context, consumer string) (Place, bool, error)
	// At returns where a consumer stands, without a lock.
	At(ctx context.Context, consumer string) (Place, error)
	// Move moves a consumer that stands at from; else the error is
	// flywheel.ErrStale.
	Move(ctx context.Context, consumer string, from, to flywheel.Position) error
	// Pause moves a consumer that stands at from to another place, which may differ
	// in its wave alone; else the error is flywheel.ErrStale. Move ends a wave.
	Pause(ctx context.Context, consumer string, from, to Place) error
	// Reset puts a consumer at zero, to apply again what is up to until. Parked
	// entries stay.
	Reset(ctx context.Context, consumer string, until flywheel.Position) error
	// Parked returns a consumer's parked entries in order of position.
	Parked(ctx context.Context, consumer string) ([]Parked, error)
	// Park adds a parked entry, or replaces the one of its position.
	Park(ctx context.Context, consumer string, p Parked) error
	// Release removes a parked entry; one not known is flywheel.ErrNotFound.
	Release(ctx context.Context, consumer string, at flywheel.Position) error
}

// Standing is who stands still in a consumer, and what it leaves out.
type Standing struct {
	from    map[flywheel.Person]flywheel.Position
	skipped map[flywheel.Position]bool
}

// StandingOf returns what parked entries mean.
func StandingOf(parked []Parked) Standing {
	var s Standing
	for _, p := range parked {
		if p.Dropped || p.Person == "" {
			if s.skipped == nil {
				s.skipped = map[flywheel.Position]bool{}
			}
			s.skipped[p.Position] = true
			continue
		}
		if s.from == nil {
			s.from = map[flywheel.Person]flywheel.Position{}
		}
		if at, ok := s.from[p.Person]; !ok || p.Position < at {
			s.from[p.Person] = p.Position
		}
	}
	return s
}

// Held reports whether a person stands still.
func (s Standing) Held(p flywheel.Person) bool {
	_, held := s.from[p]
	return held
}

// Takes reports whether an entry is taken in its turn.
func (s Standing) Takes(e *flywheel.Entry) bool {
	if s.skipped[e.Position] {
		return false
	}
	at, held := s.from[e.Person]
	return !held || e.Position < at
}

func moved(consumer string, at, from flywheel.Position) error {
	return fmt.Errorf("cursor: %q stands at %d, not %d: %w", consumer, at, from, flywheel.ErrStale)
}

func notParked(consumer string, at flywheel.Position) error {
	return fmt.Errorf("cursor: %q has not parked entry %d: %w", consumer, at, flywheel.ErrNotFound)
}
