package inventory

import (
	"context"
	"errors"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Reserve promises lines to ref until the hold is over: all of them or, with a
// [*ShortageError], none. Lines of one SKU are summed. Stock whose reservation
// has expired is taken back when it is needed. A refused reservation leaves no
// trace, except as a released one in a Store that offers no [BatchStore].
//
// The same ref and lines again are idempotent, and renew a hold that has expired but is
// not yet reclaimed; other lines match flywheel.ErrConflict. After the reservation was
// released or has expired, the ref can be reserved again.
func (s *Service) Reserve(ctx context.Context, ref string, lines []flywheel.Line) error {
	if err := s.checkRef(ref); err != nil {
		return err
	}
	lines, err := merged(lines)
	if err != nil {
		return err
	}
	now := s.now()
	return s.promise(ctx, Reservation{Ref: ref, Location: s.location, Lines: lines, Attempt: 1, Expires: now.Add(s.hold)}, now)
}

// promise opens a reservation.
func (s *Service) promise(ctx context.Context, fresh Reservation, now time.Time) error {
	if s.batch != nil { // one call, which needs no transaction around it
		return s.reserve(ctx, fresh, now)
	}
	return s.promiseInTx(ctx, fresh, now)
}

func (s *Service) promiseInTx(ctx context.Context, fresh Reservation, now time.Time) error {
	return s.tx.InTx(ctx, func(ctx context.Context) error { return s.reserve(ctx, fresh, now) })
}

func (s *Service) reserve(ctx context.Context, fresh Reservation, now time.Time) error {
	err := s.open(ctx, fresh, now)
	if errors.Is(err, ErrOutOfStock) {
		n, expireErr := s.ReleaseExpired(ctx, now)
		if expireErr != nil {
			return errors.Join(err, expireErr)
		}
		if n > 0 {
			return s.open(ctx, fresh, now)
		}
	}
	return err
}

// open brings a reservation to StateOpen. It first tries as if its ref were new,
// which it nearly always is, and reads when it is not.
func (s *Service) open(ctx context.Context, fresh Reservation, now time.Time) error {
	r, step := fresh, opening
	buffer := movementBuffers.Get().(*[]Movement)
	defer movementBuffers.Put(buffer)
	var err error
	for range maxRounds {
		var posted []Movement
		posted, err = s.advance(ctx, &r, step, now, *buffer)
		*buffer = posted[:0]
		if err == nil && step.after == StateOpen {
			return nil
		}
		if err != nil && !errors.Is(err, ErrStale) {
			return err
		}
		if r, err = s.store.Reservation(ctx, fresh.Ref); err != nil {
			return err
		}
		var done bool
		if step, done, err = r.reopen(&fresh, now); done || err != nil {
			return err
		}
	}
	return refused(ErrStale, "reservation %q keeps changing", fresh.Ref)
}

// reopen says what it means to reserve fresh where r is: that it is done, or the
// step to take with r, which becomes a new attempt when the last one has ended.
func (r *Reservation) reopen(fresh *Reservation, now time.Time) (next step, done bool, err error) {
	same, over := r.same(fresh), !now.Before(r.Expires)
	switch r.State {
	case StateReleasing:
		return releasing, false, nil
	case StateExpiring:
		return expiring, false, nil
	case StateReleased, StateExpired:
		attempt, version := r.Attempt+1, r.Version
		*r = *fresh
		r.Attempt, r.Version = attempt, version
		return opening, false, nil
	case StateCommitting, StateCommitted, StateAllocating, StateAllocated:
		if same {
			return step{}, true, nil
		}
	case StateOpen, StatePending:
		switch {
		case same && !over:
			return opening, r.State == StateOpen, nil
		case same && r.State == StateOpen:
			r.Expires = fresh.Expires
			return renewing, false, nil
		case over:
			return expiring, false, nil
		}
	}
	return step{}, false, refused(flywheel.ErrConflict, "reservation %q is %s with other lines", r.Ref, r.State)
}

// Commit lets the promised units of ref leave. Committing again changes nothing.
// From the instant the reservation expires the error matches
// flywheel.ErrExpired, whether or not its units were taken back: reserve the ref
// again. A released reservation matches flywheel.ErrConflict and one that never
// was flywheel.ErrNotFound.
func (s *Service) Commit(ctx context.Context, ref string) error {
	if err := checkID("ref", ref); err != nil {
		return err
	}
	now := s.now()
	return s.told(ctx, func(ctx context.Context) error {
		buffer := movementBuffers.Get().(*[]Movement)
		defer movementBuffers.Put(buffer)
		r, posted, err := s.finish(ctx, ref, now, committing, *buffer)
		if posted != nil {
			*buffer = posted[:0]
		}
		if err == nil && posted != nil {
			err = s.track(ctx, posted, nil)
		}
		if err != nil {
			return err
		}
		return s.tellCommitted(ctx, &r, posted)
	})
}

// Release takes the promise to ref back. Releasing again, or after the
// reservation expired, changes nothing; a committed one matches
// flywheel.ErrConflict and one that never was flywheel.ErrNotFound.
func (s *Service) Release(ctx context.Context, ref string) error {
	if err := checkID("ref", ref); err != nil {
		return err
	}
	now := s.now()
	release := func(ctx context.Context) error {
		_, _, err := s.finish(ctx, ref, now, releasing, nil)
		return err
	}
	if s.batch != nil {
		return release(ctx)
	}
	return s.tx.InTx(ctx, release)
}

// Reservation returns the reservation of ref as it stands. A missing one matches
// flywheel.ErrNotFound.
func (s *Service) Reservation(ctx context.Context, ref string) (Reservation, error) {
	if err := checkID("ref", ref); err != nil {
		return Reservation{}, err
	}
	return s.store.Reservation(ctx, ref)
}

// finish brings the reservation of ref to the end of the step, and reads again
// as long as others change it. It returns the movements of the step unless it was
// there before, written into buffer if that is large enough.
func (s *Service) finish(ctx context.Context, ref string, now time.Time, step step, buffer []Movement) (Reservation, []Movement, error) {
	for range maxRounds {
		r, err := s.store.Reservation(ctx, ref)
		if err != nil {
			return r, nil, err
		}
		done, err := r.admits(step, now)
		if done || err != nil {
			return r, nil, err
		}
		if posted, err := s.advance(ctx, &r, step, now, buffer); !errors.Is(err, ErrStale) {
			return r, posted, err
		}
	}
	return Reservation{}, nil, refused(ErrStale, "reservation %q keeps changing", ref)
}

// tellCommitted reports that the units of r left. Movements that are not known
// are posted once more, which answers with those in the ledger.
func (s *Service) tellCommitted(ctx context.Context, r *Reservation, posted []Movement) error {
	if !s.teller.Listens() {
		return nil
	}
	if posted == nil {
		posted = r.movements(nil, KindCommit, r.Expires)
		if err := s.post(ctx, posted); err != nil {
			return err
		}
	}
	return s.tellByPlace(ctx, KindCommit, r.Ref, posted, nil)
}

// admits reports whether the step has been done, or why it cannot be.
func (r *Reservation) admits(step step, now time.Time) (done bool, err error) {
	switch r.State {
	case step.during:
		return false, nil
	case step.after:
		return true, nil
	case StateOpen, StatePending:
		if !step.takes() {
			return false, nil
		}
		if !now.Before(r.Expires) {
			return false, refused(flywheel.ErrExpired, "reservation %q ran out at %s", r.Ref, r.Expires.Format(time.RFC3339))
		}
		if r.State == StateOpen {
			return false, nil
		}
	case StateExpiring, StateExpired:
		if step.takes() {
			return false, refused(flywheel.ErrExpired, "reservation %q ran out at %s", r.Ref, r.Expires.Format(time.RFC3339))
		}
		return true, nil
	}
	return false, refused(flywheel.ErrConflict, "reservation %q is %s", r.Ref, r.State)
}
