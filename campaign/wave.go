package campaign

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/due"
)

// wave is how far an entry has come for which runs of anybody may wait. It is kept
// beside the cursor of the engine, which stands before the entry until all are
// answered.
type wave struct {
	// Answering: what was due before the entry is done, and its own contact has heard
	// of it.
	Answering bool `json:"answering,omitempty"`
	// After is the last run that was asked, Left how many more the entry answers, by
	// the property that says how many.
	After Found            `json:"after,omitzero"`
	Left  map[string]int64 `json:"left,omitempty"`
}

// pause ends the transaction within an entry, where a next one is to be had.
func (w *wave) pause(ctx context.Context, x *flywheel.Entry) (paused bool, err error) {
	text, err := json.Marshal(w)
	return err == nil && cursor.Pause(ctx, x.Position, string(text)), err
}

// consumeSubject applies an entry for which runs of anybody may wait. First
// everybody comes to the waits that began before it; then its own contact's runs
// exit; then the runs that wait are answered, those that entered first before the
// others; then its own contact enters. Of many it does one batch, and reports that it
// has paused: the next step of the runner, a transaction of its own, goes on.
func (e *Engine) consumeSubject(ctx context.Context, g *program, x *flywheel.Entry, place string) (paused bool, err error) {
	var w wave
	if place != "" {
		if err := json.Unmarshal([]byte(place), &w); err != nil {
			return false, fmt.Errorf("campaign: place in a wave: %w", err)
		}
	}
	own := Ask{Contacts: []flywheel.Person{x.Person}, Lock: true}
	if !w.Answering {
		if paused, err := e.timersBefore(ctx, g, x, &w); err != nil || paused {
			return paused, err
		}
		if x.Person != "" {
			turns, err := e.turns(ctx, g, own, cursor.Replaying(ctx))
			if err != nil {
				return false, err
			}
			if err := turns[0].apply(x, cursor.At(ctx, x)); err != nil {
				return false, err
			}
			if err := e.finish(ctx, turns); err != nil {
				return false, err
			}
		}
		w.Answering = true
	}
	if paused, err := e.answer(ctx, g, x, &w); err != nil || paused || x.Person == "" {
		return paused, err
	}
	own.Keys = map[flywheel.Person][]EntryKey{x.Person: g.keys(x)}
	turns, err := e.turns(ctx, g, own, cursor.Replaying(ctx))
	if err != nil {
		return false, err
	}
	turns[0].at = cursor.At(ctx, x)
	turns[0].enterAll(x)
	return false, e.finish(ctx, turns)
}

// timersBefore does what fell due before an entry for everybody in the journeys
// that wait for it.
func (e *Engine) timersBefore(ctx context.Context, g *program, x *flywheel.Entry, w *wave) (paused bool, err error) {
	at := cursor.At(ctx, x)
	until := earlier(x.Effective.Add(-time.Microsecond), at.Add(-g.lateness))
	q := Query{Due: until, Held: cursor.Held(ctx), Limit: due.Batch}
	for _, s := range g.subjects[x.Event.Name] {
		for _, id := range s.journeys {
			if d := g.journey(id); d.pausedBefore(x) {
				q.Without = append(q.Without, id)
			}
			q.Only = append(q.Only, id)
		}
	}
	rests := func(r *Run) bool { return slices.Contains(q.Without, r.Journey) || !slices.Contains(q.Only, r.Journey) }
	for done := 0; ; {
		found, err := e.store.Find(ctx, q)
		if err != nil || len(found) == 0 {
			return false, err
		}
		turns, err := e.turns(ctx, g, Ask{Contacts: contactsOf(found), Lock: true}, cursor.Replaying(ctx))
		if err != nil {
			return false, err
		}
		for _, t := range turns {
			t.at = at
			t.recall(x.Position, always)
			t.timers(until, rests)
		}
		if err := e.finish(ctx, turns); err != nil {
			return false, err
		}
		if done += len(found); done >= due.Batch {
			if paused, err := w.pause(ctx, x); err != nil || paused {
				return paused, err
			}
		}
	}
}

// answer lets the runs go on that wait for the subject of an entry.
func (e *Engine) answer(ctx context.Context, g *program, x *flywheel.Entry, w *wave) (paused bool, err error) {
	q := Query{Limit: due.Batch, After: w.After}
	unlimited := false
	for _, s := range g.subjects[x.Event.Name] {
		q.Subjects = append(q.Subjects, subjectKey(x.Event.Name, s.names, &x.Event))
		unlimited = unlimited || s.unlimited
	}
	if len(q.Subjects) == 0 {
		return false, nil
	}
	if w.Left == nil {
		w.Left = map[string]int64{}
	}
	for {
		found, err := e.store.Find(ctx, q)
		if err != nil || len(found) == 0 {
			return false, err
		}
		turns, err := e.turns(ctx, g, Ask{Contacts: contactsOf(found), Lock: true}, cursor.Replaying(ctx))
		if err != nil {
			return false, err
		}
		of := make(map[flywheel.Person]*turn, len(turns))
		for _, t := range turns {
			t.at = cursor.At(ctx, x)
			t.heed(x.Position, func(a *Act) bool { return a.before(x) })
			t.recall(x.Position, always)
			of[t.contact.ID] = t
		}
		for _, f := range found {
			t := of[f.Contact]
			r := t.run(f.Run)
			if r == nil {
				continue
			}
			limit := t.limit(r)
			if _, known := w.Left[limit]; !known {
				w.Left[limit] = unitsOf(&x.Event, limit)
			}
			if w.Left[limit] > 0 && t.subject(r, x) {
				w.Left[limit]--
			}
		}
		if err := e.finish(ctx, turns); err != nil {
			return false, err
		}
		if !unlimited && !slices.ContainsFunc(values(w.Left), func(n int64) bool { return n > 0 }) {
			return false, nil
		}
		w.After = found[len(found)-1]
		q.After = w.After
		if len(found) == due.Batch {
			if paused, err := w.pause(ctx, x); err != nil || paused {
				return paused, err
			}
		}
	}
}

// resting reports whether time and deliveries wait: while a rebuild reads, and while
// an entry is being applied that answers many.
func (e *Engine) resting(ctx context.Context, g *program) (bool, error) {
	if g.rebuild == 0 && len(g.subjects) == 0 {
		return false, nil
	}
	cursors, err := cursor.For(e.tx)
	if err != nil {
		return false, nil // nobody reads
	}
	at, err := cursors.At(ctx, e.name)
	return at.Wave != "" || g.rebuild > 0 && at.Position < at.Until, err
}
