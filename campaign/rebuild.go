package campaign

import (
	"context"
	"encoding/json"
	"math"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
)

// A rebuild applies entries again that were applied before, to a store without
// contacts and runs. Messages and receipts are still there, and say what had been
// done on the day before each entry: which timers, although only the trusted clock
// of that day knew when they were noticed, and which messages were over.

// always is behind every position and act.
const always = math.MaxInt64

// remember gives a turn what was decided and done for its contact on the day.
func (t *turn) remember(effects []*effect.Effect) {
	t.known = make(map[string]*effect.Effect, len(effects))
	for _, e := range effects {
		t.known[e.ID] = e
	}
	t.records = effects
}

// subjectOver stands in the place of a subject while a run that is rebuilt stands at
// a send whose message was over.
const subjectOver = "over"

// stand lets a run stand at a send whose message is known. If it is over, the run
// goes on when it was.
func (t *turn) stand(r *Run, e *effect.Effect) {
	switch e.State {
	case effect.Done, effect.Skipped, effect.Dead:
		r.Subject = subjectOver
	case effect.Dropped: // its run will end again
		t.over = append(t.over, e.ID)
	}
}

// recall does what on the day had been done before the contact's entry at a position
// was applied, and before an act.
func (t *turn) recall(before flywheel.Position, acts int64) {
	if t.known == nil {
		return
	}
	t.settled(before, acts)
	for len(t.records) > 0 && t.records[0].Position < int64(before) {
		record := t.records[0]
		var b body
		if json.Unmarshal(record.Body, &b) == nil && b.Acts >= acts {
			return
		}
		t.records = t.records[1:]
		if t.known[record.ID] == nil {
			continue
		}
		for _, r := range t.runs {
			if r.ID == record.Ref && !r.ended && !t.sending(r) && !r.Due.IsZero() && !r.Due.After(record.Plan) {
				t.timer(r)
			}
		}
		t.settled(before, acts)
	}
}

// settled lets runs go on whose message was over before that.
func (t *turn) settled(before flywheel.Position, acts int64) {
	for again := true; again; {
		again = false
		for _, r := range t.runs {
			if r.ended || r.Subject != subjectOver {
				continue
			}
			var b body
			e := t.known[r.messageID()]
			if e != nil && json.Unmarshal(e.Body, &b) == nil && b.Settled < before && b.SettledActs < acts {
				delete(t.known, e.ID)
				t.meet(r, e)
				again = true
			}
		}
	}
}

func (t *turn) sending(r *Run) bool {
	p, i, ok := t.where(r)
	return ok && p.Steps[i].Send != nil
}

// meet takes what became of a message, and lets its run go on.
func (t *turn) meet(r *Run, e *effect.Effect) {
	at := e.Settled
	switch {
	case e.State == effect.Done:
		if p, i, ok := t.where(r); ok && !p.Steps[i].Send.Transactional {
			t.contact.noteSent(t.policy, Sent{e.ID, e.Settled, e.Provider})
		}
		t.contact.tally(r.Journey).Sends++
	case e.Reason == reasonLate:
		at = e.Plan
		fallthrough
	default:
		t.count(r, e.Reason)
	}
	t.completed(r, at)
}

// catchUp does, once a rebuild has read all entries, what on the day had been done
// after the last entry of each contact: runs go on whose message was over, and
// timers that had been noticed are done, whether or not their journey has been paused
// since. Then the rebuild is over.
func (e *Engine) catchUp(ctx context.Context, now time.Time) (done int, err error) {
	g, err := e.current(ctx)
	if err != nil || g.rebuild == 0 {
		return 0, err
	}
	over, err := e.store.Find(ctx, Query{Subjects: []string{subjectOver}, Limit: due.Batch})
	if err != nil {
		return 0, err
	}
	if done, err := e.catchUpOf(ctx, g, now, over); err != nil || done > 0 {
		return done, err
	}
	if paused := g.pausedNow(); len(paused) > 0 {
		found, err := e.store.Find(ctx, Query{Due: now, Only: paused, Limit: math.MaxInt32})
		if err != nil {
			return 0, err
		}
		if done, err := e.catchUpOf(ctx, g, now, found); err != nil || done > 0 {
			return done, err
		}
	}
	acts, err := e.store.Acts(ctx, g.rebuild-1)
	if err != nil || len(acts) == 0 || acts[0].Read {
		return 0, err
	}
	acts[0].Read = true
	if err := e.store.Record(ctx, acts[0]); err != nil {
		return 0, err
	}
	e.reload(ctx)
	return 1, nil
}

// catchUpOf does so for the contacts of runs, and counts those who went on.
func (e *Engine) catchUpOf(ctx context.Context, g *program, now time.Time, found []Found) (done int, err error) {
	if len(found) == 0 {
		return 0, nil
	}
	turns, err := e.turns(ctx, g, Ask{Contacts: contactsOf(found), Lock: true}, true)
	if err != nil {
		return 0, err
	}
	for _, t := range turns {
		t.at = now
		if t.recall(always, always); t.changed {
			done++
		}
	}
	return done, e.finish(ctx, turns)
}
