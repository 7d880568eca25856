package loyalty

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// SetPrograms records programs in place of those that hold, for what is received
// from now on; orders that have earned keep theirs. The same list changes
// nothing. It takes effect when the transaction of ctx commits, in other
// processes with their next call. The error is a [*ProgramError].
func (s *Service) SetPrograms(ctx context.Context, programs ...Program) error {
	if _, err := compileList(programs); err != nil {
		return err
	}
	return s.inTx(ctx, func(ctx context.Context) error {
		c, err := s.extend(ctx, *s.known.Load())
		if err == nil && s.configured != nil {
			c, err = s.calendar(ctx, true) // what was configured held until now
		}
		if err != nil || len(c) > 0 && same(c[len(c)-1].programs, programs) {
			return err
		}
		_, err = s.record(ctx, c, programs)
		return err
	})
}

// Programs returns the list of programs that holds now.
func (s *Service) Programs(ctx context.Context) ([]Program, error) {
	c, err := s.calendar(ctx, false)
	if err != nil {
		return nil, err
	}
	return append([]Program(nil), c[len(c)-1].programs...), nil
}

// calendar returns the recorded lists of programs, those of other processes and
// of the transaction of ctx included. With write set it records what Options name
// where that differs; else a store without a list answers as if it had one.
func (s *Service) calendar(ctx context.Context, write bool) (calendar, error) {
	known := *s.known.Load()
	c, err := s.extend(ctx, known)
	if err != nil {
		return nil, err
	}
	s.base.CompareAndSwap(0, c.last()+1)
	configured := s.configured
	switch {
	case len(c) == 0 && configured == nil:
		configured = []Program{{}}
	case configured == nil || s.recorded(c):
		if len(c) != len(known) {
			flywheel.AfterCommit(ctx, s.look)
		}
		return c, nil
	}
	if write {
		return s.record(ctx, c, configured)
	}
	e, err := compileEdition(Programs{Number: c.last() + 1, Recorded: s.recordedAt(ctx, c), Programs: configured})
	return append(c[:len(c):len(c)], e), err
}

// extend returns c with the lists recorded since.
func (s *Service) extend(ctx context.Context, c calendar) (calendar, error) {
	lists, err := s.lists.Programs(ctx, c.last())
	if err != nil {
		return nil, err
	}
	c = c[:len(c):len(c)]
	for _, p := range lists {
		e, err := compileEdition(p)
		if err != nil {
			return nil, fmt.Errorf("loyalty: stored list %d: %w", p.Number, err)
		}
		c = append(c, e)
	}
	return c, nil
}

func (s *Service) record(ctx context.Context, c calendar, programs []Program) (calendar, error) {
	p := Programs{Number: c.last() + 1, Recorded: s.recordedAt(ctx, c), Programs: programs}
	e, err := compileEdition(p)
	if err != nil {
		return nil, err
	}
	if err := s.lists.Record(ctx, p); err != nil {
		return nil, err
	}
	flywheel.AfterCommit(ctx, s.look)
	return append(c[:len(c):len(c)], e), nil
}

// recordedAt returns the time of a list after those of c: zero for the first.
func (s *Service) recordedAt(ctx context.Context, c calendar) time.Time {
	if len(c) == 0 {
		return time.Time{}
	}
	now := cursor.Now(ctx)
	if now.IsZero() {
		now = s.now()
	}
	return later(stamp(now), c[len(c)-1].recorded)
}

// recorded reports whether what Options name is the list found first or one
// recorded since; another that was recorded after it stands.
func (s *Service) recorded(c calendar) bool {
	base := s.base.Load() - 1
	return slices.ContainsFunc(c, func(e edition) bool { return e.number >= base && same(e.programs, s.configured) })
}

// look takes over what the store has now. What cannot be read is read by the next
// call.
func (s *Service) look(ctx context.Context) {
	for {
		known := s.known.Load()
		c, err := s.extend(ctx, *known)
		if err != nil || s.known.CompareAndSwap(known, &c) {
			return
		}
	}
}

// same reports whether two lists of programs say the same.
func same(x, y []Program) bool {
	a, errA := json.Marshal(x)
	b, errB := json.Marshal(y)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}
