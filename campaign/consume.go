package campaign

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/due"
)

// Consume implements [flywheel.Consumer]: it applies entries of the log in order,
// in the transaction of ctx. Entries that no journey asks for change nothing.
func (e *Engine) Consume(ctx context.Context, entries []flywheel.Entry) error {
	return e.tx.InTx(ctx, func(ctx context.Context) error {
		g, err := e.current(ctx)
		if err != nil {
			return err
		}
		from := 0
		for i := range entries {
			x := &entries[i]
			for _, a := range g.open {
				if a.before(x) {
					if err := e.consume(ctx, g, entries[from:i]); err != nil {
						return err
					}
					if from = i; e.log != nil {
						if err := e.backfillAll(ctx, g, a.Seq); err != nil {
							return err
						}
					}
				}
			}
			if len(g.subjects[x.Event.Name]) == 0 {
				continue
			}
			if err := e.consume(ctx, g, entries[from:i]); err != nil {
				return err
			}
			if err := e.consumeSubject(ctx, g, x); err != nil {
				return &flywheel.EntryError{Position: x.Position, ID: x.Event.ID, Err: err}
			}
			from = i + 1
		}
		return e.consume(ctx, g, entries[from:])
	})
}

// asks reports whether an entry is of somebody and can change something.
func (g *program) asks(e *flywheel.Entry) bool {
	if e.Person == "" {
		return false
	}
	switch e.Event.Name {
	case EventTimezoneChanged, EventUnsubscribed, EventSubscribed:
		return true
	}
	return g.events[e.Event.Name]
}

// keys are the earlier entries that the re-entry rules ask for when e is applied.
func (g *program) keys(e *flywheel.Entry) (keys []EntryKey) {
	for _, d := range g.journeys {
		if p := g.current(d, e); p != nil && p.Trigger.Event == e.Event.Name && p.remembers() {
			keys = append(keys, EntryKey{d.id, p.key(&e.Event)})
		}
	}
	return keys
}

// consume applies entries none of which is about a subject.
func (e *Engine) consume(ctx context.Context, g *program, entries []flywheel.Entry) error {
	ask := Ask{Keys: map[flywheel.Person][]EntryKey{}, Lock: true}
	for i := range entries {
		x := &entries[i]
		if !g.asks(x) {
			continue
		}
		if _, known := ask.Keys[x.Person]; !known {
			ask.Contacts = append(ask.Contacts, x.Person)
			ask.Keys[x.Person] = nil
		}
		for _, key := range g.keys(x) {
			if !slices.Contains(ask.Keys[x.Person], key) {
				ask.Keys[x.Person] = append(ask.Keys[x.Person], key)
			}
		}
	}
	slices.Sort(ask.Contacts)
	turns, err := e.turns(ctx, g, ask, cursor.Replaying(ctx))
	if err != nil {
		return err
	}
	of := make(map[flywheel.Person]*turn, len(turns))
	for _, t := range turns {
		of[t.contact.ID] = t
	}
	for i := range entries {
		x := &entries[i]
		if !g.asks(x) {
			continue
		}
		t := of[x.Person]
		if err := t.apply(x, cursor.At(ctx, x)); err != nil {
			return &flywheel.EntryError{Position: x.Position, ID: x.Event.ID, Err: err}
		}
		t.enterAll(x)
	}
	return e.finish(ctx, turns)
}

// consumeSubject applies an entry for which runs of anybody may wait. First
// everybody comes to the waits that began before it; then its own contact's runs
// exit; then the runs that wait are answered, those that entered first before the
// others; then its own contact enters.
func (e *Engine) consumeSubject(ctx context.Context, g *program, x *flywheel.Entry) error {
	if err := e.timersBefore(ctx, g, x); err != nil {
		return err
	}
	own := Ask{Contacts: []flywheel.Person{x.Person}, Lock: true}
	if x.Person != "" {
		turns, err := e.turns(ctx, g, own, cursor.Replaying(ctx))
		if err != nil {
			return err
		}
		if err := turns[0].apply(x, cursor.At(ctx, x)); err != nil {
			return err
		}
		if err := e.finish(ctx, turns); err != nil {
			return err
		}
	}
	if err := e.answer(ctx, g, x); err != nil || x.Person == "" {
		return err
	}
	own.Keys = map[flywheel.Person][]EntryKey{x.Person: g.keys(x)}
	turns, err := e.turns(ctx, g, own, cursor.Replaying(ctx))
	if err != nil {
		return err
	}
	turns[0].at = cursor.At(ctx, x)
	turns[0].enterAll(x)
	return e.finish(ctx, turns)
}

// timersBefore does what fell due before an entry for everybody in the journeys
// that wait for it.
func (e *Engine) timersBefore(ctx context.Context, g *program, x *flywheel.Entry) error {
	at := cursor.At(ctx, x)
	until := earlier(x.Effective.Add(-time.Microsecond), at.Add(-g.lateness))
	q := Query{Due: until, Held: cursor.Held(ctx), Limit: due.Batch}
	for _, w := range g.subjects[x.Event.Name] {
		for _, id := range w.journeys {
			if d := g.journey(id); d.pausedBefore(x) {
				q.Without = append(q.Without, id)
			}
			q.Only = append(q.Only, id)
		}
	}
	paused := func(r *Run) bool { return slices.Contains(q.Without, r.Journey) || !slices.Contains(q.Only, r.Journey) }
	for {
		found, err := e.store.Find(ctx, q)
		if err != nil || len(found) == 0 {
			return err
		}
		turns, err := e.turns(ctx, g, Ask{Contacts: contactsOf(found), Lock: true}, cursor.Replaying(ctx))
		if err != nil {
			return err
		}
		for _, t := range turns {
			t.at = at
			t.recall(x.Position, always)
			t.timers(until, paused)
		}
		if err := e.finish(ctx, turns); err != nil {
			return err
		}
	}
}

// contactsOf are the contacts of runs, each once, ordered.
func contactsOf(found []Found) []flywheel.Person {
	list := make([]flywheel.Person, len(found))
	for i, f := range found {
		list[i] = f.Contact
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// answer lets the runs go on that wait for the subject of an entry.
func (e *Engine) answer(ctx context.Context, g *program, x *flywheel.Entry) error {
	q := Query{Limit: due.Batch}
	unlimited := false
	for _, w := range g.subjects[x.Event.Name] {
		q.Subjects = append(q.Subjects, subjectKey(x.Event.Name, w.names, &x.Event))
		unlimited = unlimited || w.unlimited
	}
	left := map[string]int64{} // by the property that says how many
	for {
		found, err := e.store.Find(ctx, q)
		if err != nil || len(found) == 0 {
			return err
		}
		turns, err := e.turns(ctx, g, Ask{Contacts: contactsOf(found), Lock: true}, cursor.Replaying(ctx))
		if err != nil {
			return err
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
			if _, known := left[limit]; !known {
				left[limit] = unitsOf(&x.Event, limit)
			}
			if left[limit] > 0 && t.subject(r, x) {
				left[limit]--
			}
		}
		if err := e.finish(ctx, turns); err != nil {
			return err
		}
		q.After = found[len(found)-1]
		if !unlimited && !slices.ContainsFunc(values(left), func(n int64) bool { return n > 0 }) {
			return nil
		}
	}
}

func values(m map[string]int64) (list []int64) {
	for _, n := range m {
		list = append(list, n)
	}
	return list
}

// unitsOf is how many runs an event answers by the property of that name.
func unitsOf(e *flywheel.Event, name string) int64 {
	n, ok := attribute(e, name).(float64)
	if name == "" || !ok {
		return math.MaxInt64
	}
	return int64(max(0, min(n, 1<<53)))
}
