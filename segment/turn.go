package segment

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// errBusy says that another worker has the turn of a consumer, which may be one
// that has died and whose transaction the database has not ended yet.
var errBusy = errors.New("segment: another worker has the turn")

// takeTurn gives a consumer one turn: a transaction in which its row is locked,
// entries are read and consumed, and the cursor is moved. It reports false when
// there is nothing to take; the error is errBusy when that is not known.
func (r *Runner) takeTurn(ctx context.Context, s *seat, now time.Time) (took bool, err error) {
	s.mu.Lock()
	limit := s.limit
	s.mu.Unlock()
	ctx = cursor.With(ctx, cursor.Step{Consumer: s.name}) // also for what AfterCommit tells
	unfinished, resumes := s.consumer.(resumer)
	var before cursor.Place
	var ahead []flywheel.Entry
	if !s.sameDB {
		// No lock of one database is held while another is asked.
		if before, err = s.cursors.At(ctx, s.name); err != nil {
			return false, err
		}
		if resumes && before.Wave != "" {
			return resume(ctx, unfinished)
		}
		if ahead, err = r.read(ctx, before, limit, now); err != nil || len(ahead) == 0 {
			return false, err
		}
	}
	var taken []flywheel.Entry
	left := false
	err = s.handle.InTx(ctx, func(ctx context.Context) error {
		took, taken, left = false, nil, false
		place, mine, err := s.cursors.Lock(ctx, s.name)
		if err != nil {
			return err
		}
		if !mine || !s.sameDB && place != before {
			return errBusy
		}
		if left = resumes && place.Wave != ""; left {
			return nil
		}
		if s.sameDB {
			if ahead, err = r.read(ctx, place, limit, now); err != nil || len(ahead) == 0 {
				return err
			}
		}
		standing, err := s.standing(ctx)
		if err != nil {
			return err
		}
		taken = takes(ahead, standing)
		to := ahead[len(ahead)-1].Position
		if to <= place.Position {
			return fmt.Errorf("segment: the log read up to %d after %d", to, place.Position)
		}
		var stop cursor.Stop
		if len(taken) > 0 {
			step := cursor.Step{Consumer: s.name, Held: standing.Held, Replaying: to <= place.Until, Stop: &stop}
			if taken[0].Position == ahead[0].Position {
				step.Wave = place.Wave
			}
			if err := consume(cursor.With(ctx, step), s, taken); err != nil {
				return err
			}
		}
		took = true
		if stop.Wave != "" {
			return s.cursors.Pause(ctx, s.name, place, cursor.Place{Position: stop.At - 1, Until: place.Until, Wave: stop.Wave})
		}
		return s.cursors.Move(ctx, s.name, place.Position, to)
	})
	if err == nil && left {
		return resume(ctx, unfinished)
	}
	var failed *consumeError
	if !errors.As(err, &failed) {
		if err == nil && took {
			s.grow(r.batch)
		}
		return took && err == nil, err
	}
	return r.blame(ctx, s, ahead[0].Position, taken, failed, now)
}

// resumer is a consumer that goes on, in transactions of its own, with what stands
// before its next entry.
type resumer interface {
	resume(ctx context.Context) error
}

func resume(ctx context.Context, c resumer) (bool, error) {
	_, err := guard(func() (struct{}, error) { return struct{}{}, c.resume(ctx) })
	return err == nil, err
}

// takes returns those of ahead that a consumer takes now: all, if nobody stands still
// and nothing was erased.
func takes(ahead []flywheel.Entry, standing cursor.Standing) []flywheel.Entry {
	for i := range ahead {
		if e := &ahead[i]; e.Event.Name != EventErased && standing.Takes(e) {
			continue
		}
		taken := append(make([]flywheel.Entry, 0, len(ahead)), ahead[:i]...)
		for _, e := range ahead[i+1:] {
			if e.Event.Name != EventErased && standing.Takes(&e) {
				taken = append(taken, e)
			}
		}
		return taken
	}
	return ahead[:len(ahead):len(ahead)]
}

// read returns the next entries of a turn. Those that a rebuild applies again are
// not mixed with others.
func (r *Runner) read(ctx context.Context, after cursor.Place, limit int, now time.Time) ([]flywheel.Entry, error) {
	entries, err := r.pages.read(ctx, r.log, after.Position, limit)
	for r.replay && len(entries) > 0 && entries[len(entries)-1].Received.After(now) {
		entries = entries[:len(entries)-1]
	}
	if n := len(entries); n > 0 && after.Position < after.Until && entries[n-1].Position > after.Until {
		entries = entries[:after.Until-after.Position]
	}
	return entries, err
}

// consumeError is an error that Consume returned, in contrast to one of the
// transaction around it.
type consumeError struct {
	error
	statement bool // it comes from a statement of the transaction
}

func (e *consumeError) Unwrap() error { return e.error }

func consume(ctx context.Context, s *seat, entries []flywheel.Entry) error {
	db, isSQL := s.handle.(*flywheel.SQL)
	_, err := guard(func() (struct{}, error) { return struct{}{}, s.consumer.Consume(ctx, entries) })
	if err == nil && isSQL {
		err = db.Flush(ctx) // what these entries have made it report
	}
	if err == nil {
		return nil
	}
	return &consumeError{err, isSQL && db.OfStatement(ctx, err)}
}

// panicError is a panic of a consumer.
type panicError struct {
	value any
	stack string
}

func (e *panicError) Error() string { return fmt.Sprintf("panic: %v", e.value) }

func guard[T any](call func() (T, error)) (v T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{p, string(debug.Stack())}
		}
	}()
	return call()
}

// blame deals with a turn that failed: the error is the worker's, or one entry's.
// To find the culprit the next turns take fewer entries, until one is alone; that
// one holds its person or is parked, and the cursor goes past it. first is the
// position at which the turn began.
func (r *Runner) blame(ctx context.Context, s *seat, first flywheel.Position, taken []flywheel.Entry, cause *consumeError, now time.Time) (bool, error) {
	named, isNamed := errors.AsType[*flywheel.EntryError](cause.error)
	kind := classify(ctx, cause)
	if kind == ofWorker {
		return false, cause.error
	}
	if len(taken) > 1 {
		n := len(taken) / 2
		if isNamed {
			for i := range taken {
				if taken[i].Position == named.Position {
					n = max(1, i)
					break
				}
			}
		}
		s.set(int(taken[n-1].Position-first) + 1)
		return true, nil
	}
	culprit := taken[0]
	err := s.handle.InTx(ctx, func(ctx context.Context) error {
		place, mine, err := s.cursors.Lock(ctx, s.name)
		if err != nil || !mine || place.Position >= culprit.Position {
			return err
		}
		parked := r.parked(nil, &culprit, cause.error, kind, now)
		if culprit.Position == first {
			parked.Wave = place.Wave
		}
		if err := s.cursors.Park(ctx, s.name, parked); err != nil {
			return err
		}
		return s.cursors.Move(ctx, s.name, place.Position, culprit.Position)
	})
	return err == nil, err
}

// parked is the row of an entry that failed; before is its row until now.
func (r *Runner) parked(before *cursor.Parked, e *flywheel.Entry, cause error, kind errorKind, now time.Time) cursor.Parked {
	p := cursor.Parked{Person: e.Person, Position: e.Position, Since: now}
	if before != nil && before.Position == e.Position && before.Attempts > 0 {
		p.Attempts, p.Since = before.Attempts, before.Since
	}
	if before != nil {
		p.Wave = before.Wave
	}
	p.Attempts++
	p.Cause = causeText(cause)
	if kind == temporary {
		p.Retry = now.Add(r.retry[min(p.Attempts, len(r.retry))-1])
	}
	return p
}

const maxCause = 1000

func causeText(err error) string {
	text := err.Error()
	if len(text) > maxCause {
		text = text[:maxCause]
	}
	return text
}

// set limits the next turn to n entries.
func (s *seat) set(n int) {
	s.mu.Lock()
	s.limit = n
	s.mu.Unlock()
}

func (s *seat) grow(batch int) {
	s.mu.Lock()
	s.limit = min(2*s.limit, batch)
	s.mu.Unlock()
}

// pages remembers what was read since the last numbering, so that consumers that
// follow side by side fetch and decode a batch once.
type pages struct {
	mu    sync.Mutex
	known map[page][]flywheel.Entry
}

type page struct {
	after flywheel.Position
	limit int
}

const maxPages = 64

func (p *pages) clear() {
	p.mu.Lock()
	clear(p.known)
	p.mu.Unlock()
}

func (p *pages) read(ctx context.Context, log *Log, after flywheel.Position, limit int) ([]flywheel.Entry, error) {
	key := page{after, limit}
	p.mu.Lock()
	entries, ok := p.known[key]
	p.mu.Unlock()
	if ok {
		return entries, ctx.Err()
	}
	entries, err := log.Read(ctx, after, limit)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) >= maxPages {
		clear(p.known)
	}
	if p.known == nil {
		p.known = map[page][]flywheel.Entry{}
	}
	p.known[key] = entries
	return entries, nil
}
