package segment

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// Parked is an entry that a consumer could not take. Its person stands still in
// that consumer, in which later entries of the person wait; an entry of nobody
// holds nobody.
type Parked struct {
	Consumer string            `json:"consumer"`
	Person   flywheel.Person   `json:"person,omitempty"`
	Position flywheel.Position `json:"position"`
	// Event is the ID of the entry's event.
	Event string `json:"event"`
	// Cause is the text of the last error.
	Cause string `json:"cause"`
	// Attempts counts those that failed.
	Attempts int       `json:"attempts"`
	Since    time.Time `json:"since"`
	// Retry is when the entry is taken again by itself, after a temporary error;
	// zero for an entry that waits for [Runner.Retry] or [Runner.Drop].
	Retry time.Time `json:"retry,omitzero"`
}

// Parked returns the entries at which persons stand still in a consumer, in order
// of position: parked for good, or held after a temporary error (Retry is set).
func (r *Runner) Parked(ctx context.Context, consumer string) ([]Parked, error) {
	s, err := r.find(consumer)
	if err != nil {
		return nil, err
	}
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	rows, err := s.cursors.Parked(ctx, s.name)
	if err != nil {
		return nil, err
	}
	list := []Parked{}
	for _, p := range rows {
		if p.Dropped {
			continue
		}
		entry, err := r.log.Read(ctx, p.Position-1, 1)
		if err != nil {
			return nil, err
		}
		id := ""
		if len(entry) > 0 {
			id = entry[0].Event.ID
		}
		list = append(list, Parked{consumer, p.Person, p.Position, id, p.Cause, p.Attempts, p.Since, p.Retry})
	}
	return list, nil
}

// Retry lets a consumer take a parked entry again, now. If it is taken, those
// that wait behind it are taken in order, until one cannot be. One that fails
// again stays parked, which is no error. An entry that is not parked is
// flywheel.ErrNotFound.
func (r *Runner) Retry(ctx context.Context, consumer string, at flywheel.Position) error {
	return r.act(ctx, consumer, at, false)
}

// Drop gives up a parked entry for one consumer, for good, and lets those behind
// it be taken in order, until one cannot be. An entry that is not parked is
// flywheel.ErrNotFound.
func (r *Runner) Drop(ctx context.Context, consumer string, at flywheel.Position) error {
	return r.act(ctx, consumer, at, true)
}

func (r *Runner) act(ctx context.Context, consumer string, at flywheel.Position, drop bool) error {
	s, err := r.find(consumer)
	if err != nil {
		return err
	}
	if err := s.load(ctx); err != nil {
		return err
	}
	now := r.clock()
	for {
		_, busy, err := r.release(ctx, s, at, drop, now)
		if err != nil || !busy {
			return err
		}
		if err := sleep(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// retryDue takes again what is held and whose time has come.
func (r *Runner) retryDue(ctx context.Context, s *seat, now time.Time) (moved bool, err error) {
	rows, err := s.cursors.Parked(ctx, s.name)
	if err != nil {
		return false, err
	}
	for _, p := range rows {
		if p.Dropped || p.Retry.IsZero() || p.Retry.After(now) {
			continue
		}
		took, _, err := r.release(ctx, s, p.Position, false, now)
		if err != nil && !errors.Is(err, flywheel.ErrNotFound) { // another worker may have been here
			return moved, err
		}
		moved = moved || took
	}
	return moved, nil
}

// release takes a parked entry again, or drops it, and then those behind it, each
// in a transaction of its own that moves the row to the next, so that the person
// stands still until all are taken. took reports whether anything was taken, busy
// that another worker has the consumer.
func (r *Runner) release(ctx context.Context, s *seat, at flywheel.Position, drop bool, now time.Time) (took, busy bool, err error) {
	unfinished, resumes := s.consumer.(resumer)
	for at != 0 {
		if resumes { // before the consumer's next entry, and this is one
			if _, err := resume(ctx, unfinished); err != nil {
				return took, false, err
			}
		}
		var next flywheel.Position
		row, entry, behind, place, err := r.parkedEntry(ctx, s, at)
		if err != nil {
			return took, false, err
		}
		err = s.handle.InTx(ctx, func(ctx context.Context) error {
			busy, next = false, 0
			locked, mine, err := s.cursors.Lock(ctx, s.name)
			if err != nil {
				return err
			}
			rows, err := s.cursors.Parked(ctx, s.name)
			if err != nil {
				return err
			}
			if busy = !mine || locked.Position != place.Position || resumes && locked.Wave != "" || !contains(rows, row); busy {
				return nil
			}
			standing := cursor.StandingOf(without(rows, at))
			if !drop && entry.Event.Name != EventErased {
				var stop cursor.Stop
				step := cursor.Step{Consumer: s.name, Now: now, Held: standing.Held, Wave: row.Wave, Stop: &stop}
				if err := consume(cursor.With(ctx, step), s, []flywheel.Entry{entry}); err != nil {
					return err
				}
				if stop.Wave != "" { // its next step is a transaction of its own
					row.Wave, next = stop.Wave, at
					return s.cursors.Park(ctx, s.name, row)
				}
			}
			if err := s.settle(ctx, row, drop, now); err != nil {
				return err
			}
			if behind == nil {
				return nil
			}
			next = behind.Position
			return s.cursors.Park(ctx, s.name, cursor.Parked{Person: behind.Person, Position: next,
				Cause: "waits behind a parked entry", Since: now, Retry: now})
		})
		var failed *consumeError
		if errors.As(err, &failed) {
			kind := classify(ctx, failed)
			if kind == ofWorker {
				return took, false, failed.error
			}
			again := r.parked(&row, &entry, failed.error, kind, now)
			return took, false, s.handle.InTx(ctx, func(ctx context.Context) error { return s.cursors.Park(ctx, s.name, again) })
		}
		if err != nil || busy {
			return took, busy, err
		}
		took, drop, at = true, false, next
	}
	return took, false, nil
}

// settle removes the row of an entry that was taken, or marks it as dropped.
func (s *seat) settle(ctx context.Context, row cursor.Parked, drop bool, now time.Time) error {
	if !drop {
		return s.cursors.Release(ctx, s.name, row.Position)
	}
	row.Dropped, row.Retry, row.Since, row.Person = true, time.Time{}, now, ""
	return s.cursors.Park(ctx, s.name, row)
}

// parkedEntry returns the row of a parked entry, the entry, the one that waits
// behind it, and where the consumer stands.
func (r *Runner) parkedEntry(ctx context.Context, s *seat, at flywheel.Position) (row cursor.Parked, entry flywheel.Entry, behind *flywheel.Entry, place cursor.Place, err error) {
	rows, err := s.cursors.Parked(ctx, s.name)
	if err != nil {
		return row, entry, nil, place, err
	}
	found := false
	for _, p := range rows {
		if p.Position == at && !p.Dropped {
			row, found = p, true
		}
	}
	if !found {
		return row, entry, nil, place, fmt.Errorf("segment: consumer %q has no parked entry %d: %w", s.name, at, flywheel.ErrNotFound)
	}
	if place, err = s.cursors.At(ctx, s.name); err != nil {
		return row, entry, nil, place, err
	}
	entries, err := r.log.Read(ctx, at-1, 1)
	if err != nil {
		return row, entry, nil, place, err
	}
	if len(entries) == 0 {
		return row, entry, nil, place, fmt.Errorf("segment: the log has no entry %d: %w", at, flywheel.ErrNotFound)
	}
	entry = entries[0]
	if row.Person == "" || place.Position <= at {
		return row, entry, nil, place, nil
	}
	dropped := cursor.StandingOf(without(rows, at))
	for e, err := range r.log.Entries(ctx, Query{After: at, To: place.Position, Person: row.Person}) {
		if err != nil {
			return row, entry, nil, place, err
		}
		if dropped.Takes(&e) {
			return row, entry, &e, place, nil
		}
	}
	return row, entry, nil, place, nil
}

func contains(rows []cursor.Parked, row cursor.Parked) bool {
	for _, p := range rows {
		if p == row {
			return true
		}
	}
	return false
}

func without(rows []cursor.Parked, at flywheel.Position) []cursor.Parked {
	rest := make([]cursor.Parked, 0, len(rows))
	for _, p := range rows {
		if p.Position != at {
			rest = append(rest, p)
		}
	}
	return rest
}
