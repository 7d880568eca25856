package campaign

import (
	"context"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/due"
)

// Advance does, in transactions of its own and in small batches, what time alone
// made due at now or before, and what operators' acts have still to do with runs.
// more says that something was done, so that there may be more. Persons that stand
// still and journeys that are paused are left out.
func (e *Engine) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	now = moment(now)
	g, err := e.look(ctx)
	if err != nil {
		return false, err
	}
	steps := []func(context.Context, time.Time) (int, error){e.fire}
	if resting, err := e.resting(ctx, g); err != nil || resting {
		return false, err
	}
	if g.rebuild > 0 {
		steps = append(steps, e.catchUp)
	}
	if slices.ContainsFunc(g.journeys, func(d *dated) bool { return d.sweep > 0 }) {
		steps = append(steps, e.sweep)
	}
	if len(g.open) > 0 {
		steps = append(steps, e.backfill)
	}
	slices.Reverse(steps)
	for _, step := range steps {
		done := 0
		err := e.inTx(ctx, func(ctx context.Context) (err error) {
			done, err = step(ctx, now)
			return err
		})
		if err != nil {
			return more, err
		}
		if done > 0 { // timers go on when all runs have heard
			return true, nil
		}
	}
	return false, nil
}

// fire does timers of runs.
func (e *Engine) fire(ctx context.Context, now time.Time) (done int, err error) {
	g, err := e.current(ctx)
	if err != nil {
		return 0, err
	}
	q := Query{Due: now.Add(-g.lateness), Without: g.pausedNow(), Held: cursor.Held(ctx), Limit: due.Batch}
	found, err := e.store.Find(ctx, q)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	turns, err := e.turns(ctx, g, Ask{Contacts: contactsOf(found), Lock: true, Skip: true}, false)
	if err != nil {
		return 0, err
	}
	for _, t := range turns {
		t.at = now
		t.heed(always, func(*Act) bool { return true })
		t.timers(now, func(r *Run) bool { return slices.Contains(q.Without, r.Journey) })
	}
	return len(turns), e.finish(ctx, turns)
}

// sweep lets runs hear of acts that cancel or move them.
func (e *Engine) sweep(ctx context.Context, now time.Time) (done int, err error) {
	g, err := e.current(ctx)
	if err != nil {
		return 0, err
	}
	for _, d := range g.journeys {
		if d.sweep == 0 {
			continue
		}
		found, err := e.store.Find(ctx, Query{Acts: d.sweep, Journey: d.id, Limit: due.Batch})
		if err != nil {
			return done, err
		}
		turns, err := e.turns(ctx, g, Ask{Contacts: contactsOf(found), Lock: true, Skip: true}, true)
		if err != nil {
			return done, err
		}
		for _, t := range turns {
			t.at = now
			t.heed(always, func(*Act) bool { return true })
		}
		if err := e.finish(ctx, turns); err != nil {
			return done, err
		}
		done += len(turns)
	}
	return done, nil
}
