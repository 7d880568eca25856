package campaign

import (
	"context"
	"math"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// Consume implements [flywheel.Consumer]: it applies entries of the log in order,
// in the transaction of ctx. Entries that no journey asks for change nothing.
//
// An entry that answers the waits of many ([WaitEvent.Subject]) takes several turns of
// a segment.Runner, each a transaction that does 256 runs. Between them the engine's
// cursor stands before the entry, with its place in it: any process goes on there, what
// follows in the log comes afterwards, and meanwhile no timer fires and no message is
// claimed, so that all is as if it had been one turn. What a provider answers meanwhile
// to a message sent before lets its run go on at once; the entry does not answer a wait
// that began later than its effective time. Without a runner it is one transaction.
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
			place := ""
			if i == 0 {
				place = cursor.Wave(ctx)
			}
			if len(g.subjects[x.Event.Name]) == 0 && place == "" {
				continue
			}
			if err := e.consume(ctx, g, entries[from:i]); err != nil {
				return err
			}
			paused, err := e.consumeSubject(ctx, g, x, place)
			if err != nil {
				return &flywheel.EntryError{Position: x.Position, ID: x.Event.ID, Err: err}
			}
			if paused {
				return nil
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

// contactsOf are the contacts of runs, each once, ordered.
func contactsOf(found []Found) []flywheel.Person {
	list := make([]flywheel.Person, len(found))
	for i, f := range found {
		list[i] = f.Contact
	}
	slices.Sort(list)
	return slices.Compact(list)
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
