package inventory

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/handle"
)

// step is one way of a reservation from a resting state to the next, with the
// movements that go with it.
type step struct {
	kind          Kind
	during, after State
}

var (
	opening    = step{KindReserve, StatePending, StateOpen}
	committing = step{KindCommit, StateCommitting, StateCommitted}
	releasing  = step{KindRelease, StateReleasing, StateReleased}
	expiring   = step{KindExpire, StateExpiring, StateExpired}
	allocating = step{KindAllocate, StateAllocating, StateAllocated}
	renewing   = step{"", StateOpen, StateOpen} // a later end, nothing moves
)

// takes reports whether the step needs the hold to be there.
func (s step) takes() bool { return s == committing || s == allocating }

// maxRounds bounds how often a call reads again because others changed what it
// had read. Each time somebody got further.
const maxRounds = 64

// advance takes r through the step, or resumes it there. A store that can does
// it in one operation. Otherwise it is a saga: saving the state in between
// decides who may go on, the movements follow in the order of the SKUs, and
// saving the state after closes it. A crash leaves the state in between, from
// which a repeated call or ReleaseExpired goes on; closing a hold that was not
// opened yet keeps it from being opened later.
//
// The movements are written into buffer, whose contents are of no use any more.
func (s *Service) advance(ctx context.Context, r *Reservation, step step, at time.Time, buffer []Movement) (posted []Movement, err error) {
	ms := r.movements(buffer, step.kind, at)
	if s.batch != nil {
		r.State = step.after
		return ms, s.batch.PostBatch(ctx, r, ms)
	}
	if r.State != step.during {
		r.State = step.during
		if *r, err = s.store.SaveReservation(ctx, *r); err != nil {
			return nil, err
		}
	}
	for i := range ms {
		if ms[i], err = s.store.Post(ctx, ms[i]); err != nil {
			if step == opening && isRefusal(err) {
				_, released := s.advance(ctx, r, releasing, at, nil)
				err = errors.Join(err, released)
			}
			return nil, err
		}
	}
	r.State = step.after
	*r, err = s.store.SaveReservation(ctx, *r)
	return ms, err
}

// movementBuffers hold the movements of a call while it lasts.
var movementBuffers = sync.Pool{New: func() any { return new([]Movement) }}

// isRefusal reports whether err will stay the same however often one tries, so
// that what was done before it has to be taken back.
func isRefusal(err error) bool {
	return errors.Is(err, ErrOutOfStock) || errors.Is(err, flywheel.ErrOutOfRange)
}

// end takes a reservation through its last step. A commit tells what the call that
// began it could not.
func (s *Service) end(ctx context.Context, r Reservation, step step, now time.Time) error {
	if step != committing {
		_, err := s.advance(ctx, &r, step, now, nil)
		return err
	}
	return s.told(ctx, func(ctx context.Context) error {
		r := r // a transaction may be run again
		posted, err := s.advance(ctx, &r, step, now, nil)
		if err != nil {
			return err
		}
		return s.tellCommitted(ctx, &r, posted)
	})
}

// duePage is how many due reservations are read at a time.
const duePage = 100

// ReleaseExpired takes back the units of all reservations, at all locations,
// whose time is over at now, and finishes steps that a crash interrupted. It
// returns how many reservations it brought to an end. Each is a change of its
// own: an error leaves the rest for the next call.
func (s *Service) ReleaseExpired(ctx context.Context, now time.Time) (int, error) {
	now = now.UTC().Truncate(time.Microsecond)
	released := 0
	for fruitless := 0; fruitless < maxRounds; {
		list, err := s.store.Due(ctx, now, duePage)
		if err != nil || len(list) == 0 {
			return released, err
		}
		before := released
		for i := range list {
			switch err := s.end(ctx, list[i], list[i].last(), now); {
			case err == nil:
				released++
			case !errors.Is(err, ErrStale): // stale: someone else was faster
				return released, err
			}
		}
		if fruitless++; released > before {
			fruitless = 0
		}
	}
	return released, refused(ErrStale, "due reservations keep changing")
}

// Advance does what [Service.ReleaseExpired] does, as a runner wants it: a small
// batch, each reservation in a transaction of its own where there is one, and it
// reports whether it did anything. Processes that share a store take different
// reservations where the database can tell; where two take one, one of them finds
// that it is done.
func (s *Service) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	now = now.UTC().Truncate(time.Microsecond)
	tx := handle.Tx(s.tx, s.store)
	for range due.Batch {
		found := false
		err := tx.InTx(ctx, func(ctx context.Context) error {
			list, err := s.store.Due(ctx, now, 1)
			if found = len(list) > 0; err != nil || !found {
				return err
			}
			return s.end(ctx, list[0], list[0].last(), now)
		})
		if err != nil && !errors.Is(err, ErrStale) { // stale: someone else was faster
			return more, err
		}
		if !found {
			return more, nil
		}
		more = true
	}
	return more, nil
}

// last returns the step that ends a reservation whose time is over.
func (r *Reservation) last() step {
	switch r.State {
	case StateReleasing:
		return releasing
	case StateCommitting:
		return committing
	case StateAllocating:
		return allocating
	}
	return expiring
}
