package segment

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// ConsumerHealth is how a consumer does.
type ConsumerHealth struct {
	Name     string            `json:"name"`
	Position flywheel.Position `json:"position"`
	// Lag is how many numbered entries it has not come to.
	Lag int64 `json:"lag"`
	// Parked counts the entries that wait for an operator, and Held those that are
	// tried again by themselves.
	Parked int `json:"parked"`
	Held   int `json:"held"`
	// Error is the last one that kept it from its work, empty when the last
	// attempt succeeded.
	Error string `json:"error,omitempty"`
}

// Health returns how the consumers do, in the order of [NewRunner].
func (r *Runner) Health(ctx context.Context) ([]ConsumerHealth, error) {
	last, err := r.log.Last(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]ConsumerHealth, 0, len(r.seats))
	for _, s := range r.seats {
		if err := s.load(ctx); err != nil {
			return nil, err
		}
		place, err := s.cursors.At(ctx, s.name)
		if err != nil {
			return nil, err
		}
		rows, err := s.cursors.Parked(ctx, s.name)
		if err != nil {
			return nil, err
		}
		h := ConsumerHealth{Name: s.name, Position: place.Position, Lag: int64(max(0, last-place.Position))}
		for _, p := range rows {
			switch {
			case p.Dropped:
			case p.Retry.IsZero():
				h.Parked++
			default:
				h.Held++
			}
		}
		s.mu.Lock()
		if s.last != nil {
			h.Error = s.last.Error()
		}
		s.mu.Unlock()
		list = append(list, h)
	}
	return list, nil
}

// Forget erases a customer from the log and from every consumer that is a
// [Forgetter], parked entries included. It may be called again after an error.
func (r *Runner) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if err := r.log.Forget(ctx, customer); err != nil {
		return err
	}
	r.pages.clear()
	for _, s := range r.seats {
		if f, ok := s.consumer.(Forgetter); ok {
			if err := f.Forget(ctx, customer); err != nil {
				return err
			}
		}
		if err := r.unpark(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// unpark removes the parked rows of entries that were erased.
func (r *Runner) unpark(ctx context.Context, s *seat) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	rows, err := s.cursors.Parked(ctx, s.name)
	if err != nil {
		return err
	}
	for _, p := range rows {
		entries, err := r.log.Read(ctx, p.Position-1, 1)
		if err != nil {
			return err
		}
		if len(entries) == 0 || entries[0].Event.Name != EventErased {
			continue
		}
		if err := s.handle.InTx(ctx, func(ctx context.Context) error { return s.cursors.Release(ctx, s.name, p.Position) }); err != nil {
			return err
		}
	}
	return nil
}

// Rebuild throws a consumer's state away and puts its cursor at the beginning, in
// one transaction; the next turns make the state anew from the log, silently:
// what follows from entries that had been taken is not told again. The consumer
// must be [Rebuildable].
func (r *Runner) Rebuild(ctx context.Context, consumer string) error {
	s, err := r.find(consumer)
	if err != nil {
		return err
	}
	again, ok := s.consumer.(Rebuildable)
	if !ok {
		return &RebuildError{Consumer: consumer}
	}
	for {
		var mine bool
		err := s.handle.InTx(ctx, func(ctx context.Context) error {
			var place cursor.Place
			var err error
			if place, mine, err = s.cursors.Lock(ctx, s.name); err != nil || !mine {
				return err
			}
			if err := again.Reset(ctx); err != nil {
				return err
			}
			return s.cursors.Reset(ctx, s.name, max(place.Position, place.Until))
		})
		if err != nil || mine {
			return err
		}
		if err := sleep(ctx, 5*time.Millisecond); err != nil {
			return err
		}
	}
}

// RebuildError reports a consumer that cannot be rebuilt.
type RebuildError struct{ Consumer string }

func (e *RebuildError) Error() string {
	return "segment: consumer \"" + e.Consumer + "\" has no Reset: invalid"
}

// Unwrap returns flywheel.ErrInvalid.
func (e *RebuildError) Unwrap() error { return flywheel.ErrInvalid }

// jobPrefix is before the names of jobs among the cursors; their position is the
// instant at which they are due, in microseconds.
const jobPrefix = "job:"

// job runs a job whose time has come: whoever moves its row runs it.
func (rd *round) job(ctx context.Context, j Job) {
	r := rd.runner
	due := false
	err := r.home.InTx(ctx, func(ctx context.Context) error {
		due = false
		place, mine, err := r.acts.Lock(ctx, jobPrefix+j.Name)
		if err != nil || !mine || int64(place.Position) > rd.now.UnixMicro() {
			return err
		}
		due = true
		return r.acts.Move(ctx, jobPrefix+j.Name, place.Position, flywheel.Position(rd.now.Add(j.Every).UnixMicro()))
	})
	if err == nil && due {
		_, err = guard(func() (struct{}, error) { return struct{}{}, j.Run(ctx, rd.now) })
	}
	if err != nil {
		rd.errs = append(rd.errs, &JobError{Job: j.Name, Err: err})
	}
}

// JobError is the error of a job; it runs again when its time comes.
type JobError struct {
	Job string
	Err error
}

func (e *JobError) Error() string { return "segment: job \"" + e.Job + "\": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *JobError) Unwrap() error { return e.Err }
