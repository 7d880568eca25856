package segment

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
)

// Define adds a live segment, or puts it in place of the one of its name. It first
// does what is due by time, then reads the log, as far as the profiles have come,
// for leaves that are new, and tells who enters and who leaves with the cause
// "definition": only differences are told. It needs ProfileOptions.Log, and waits
// for the turn of the profiles. Cost: the whole log is read when a leaf is new, in one
// transaction that also stores the definition; then every customer is evaluated once,
// in the order of the customers' IDs and in transactions of 256. Between them the
// profiles take no entry and time does not pass for them, so that all customers are
// judged as of one moment, but who asks for members meets some who are judged and some
// who are not yet. When the process dies, whoever calls Advance or has the next turn, in
// any process, goes on where it stopped. A customer who cannot be evaluated is left as
// he was, and the error says so after the others.
//
// Other Profiles of the same name over a [DefinitionStore] have it from their next
// call on.
func (p *Profiles) Define(ctx context.Context, d Definition) error {
	if p.log == nil {
		return errNoLog
	}
	return p.redefine(ctx, p.log.clock(), func(old *engine) []Definition { return append(old.definitions(d.Name), d) }, nil)
}

// Retire removes a live segment and tells the exit of all its members with the
// cause "definition", in transactions as those of [Profiles.Define].
func (p *Profiles) Retire(ctx context.Context, segment string) error {
	if p.log == nil {
		return errNoLog
	}
	if _, err := p.find(ctx, segment); err != nil {
		return err
	}
	return p.redefine(ctx, p.log.clock(), func(old *engine) []Definition { return old.definitions(segment) }, nil)
}

var errNoLog = fmt.Errorf("segment: profiles without a log: %w", flywheel.ErrInvalid)

// redefine puts other definitions in place of those that hold. Where it is only tried,
// tried sees what would be saved, and nothing is.
func (p *Profiles) redefine(ctx context.Context, now time.Time, change func(old *engine) []Definition, tried func(w *work)) error {
	if _, err := newEngine(p.attributes, change(p.engine.Load())); err != nil {
		return err // before time passes
	}
	home := p.Handle()
	if home == nil {
		return fmt.Errorf("segment: a store of profiles without a handle: %w", flywheel.ErrInvalid)
	}
	cursors, err := cursor.For(home)
	if err != nil {
		return err
	}
	if err := p.resume(ctx); err != nil {
		return err
	}
	for more := true; more; {
		var err error
		if more, err = p.advance(ctx, now); err != nil {
			return err
		}
	}
	err = home.InTx(ctx, func(ctx context.Context) error {
		place, mine, err := cursors.Lock(ctx, p.name)
		if err != nil {
			return err
		}
		if !mine || place.Wave != "" {
			return fmt.Errorf("segment: the profiles are having their turn: %w", flywheel.ErrStale)
		}
		parked, err := cursors.Parked(ctx, p.name)
		if err != nil {
			return err
		}
		w, err := p.begin(ctx)
		if err != nil {
			return err
		}
		old := w.engine
		if w.engine, err = newEngine(p.attributes, change(old)); err != nil {
			return err
		}
		if tried == nil {
			if err := p.record(ctx, w.engine, old.version); err != nil {
				return err
			}
		}
		if err := w.learn(old, place.Position, cursor.StandingOf(parked), now); err != nil {
			return err
		}
		if tried != nil {
			customers, err := p.judged(ctx)
			if err != nil {
				return err
			}
			if err := w.judge(customers, w.gone(old), now); err != nil {
				return err
			}
			tried(w)
			return nil
		}
		flywheel.AfterCommit(ctx, func(context.Context) { p.swap(w.engine) })
		if err := w.finish(); err != nil {
			return err
		}
		judging := judging{Gone: w.gone(old), Now: now}
		return cursors.Pause(ctx, p.name, place, judging.at(place))
	})
	if err != nil || tried != nil {
		return err
	}
	return p.resume(ctx)
}

// learn counts the leaves that are new from the log up to a position, and drops those
// that no segment has any more.
func (w *work) learn(old *engine, to flywheel.Position, standing cursor.Standing, now time.Time) error {
	fresh, stale := map[string]*compiledLeaf{}, map[string]bool{}
	for key, leaf := range w.engine.leaves {
		if old.leaves[key] == nil {
			fresh[key], stale[key] = leaf, true // what a version before that was retired has left
		}
	}
	for key := range old.leaves {
		if w.engine.leaves[key] == nil {
			stale[key] = true
		}
	}
	if len(stale) > 0 && to > 0 {
		if err := w.drop(stale); err != nil {
			return err
		}
	}
	if len(fresh) == 0 || to == 0 {
		return nil
	}
	if w.p.log == nil {
		return errNoLog
	}
	for e, err := range w.p.log.Entries(w.ctx, Query{To: to}) {
		if err != nil {
			return err
		}
		if !standing.Takes(&e) {
			continue
		}
		if err := w.learnEntry(&e, fresh, now); err != nil {
			return &flywheel.EntryError{Position: e.Position, ID: e.Event.ID, Err: err}
		}
	}
	return nil
}

// drop removes the states of leaves.
func (w *work) drop(keys map[string]bool) error {
	for profile, err := range w.p.store.List(w.ctx, "") {
		if err != nil {
			return err
		}
		for key := range profile.Leaves {
			if !keys[key] {
				continue
			}
			changed, err := w.change(profile.Person)
			if err != nil {
				return err
			}
			delete(changed.Leaves, key)
			changed.pass(key, maxTime)
			if err := w.forgetValues(profile.Person, key); err != nil {
				return err
			}
		}
	}
	return nil
}

// forgetValues sets the counts of a leaf's values to zero.
func (w *work) forgetValues(person flywheel.Person, key string) error {
	list, err := w.values(key, []flywheel.Person{person})
	if err != nil {
		return err
	}
	for _, v := range list {
		if w.counts == nil {
			w.counts, w.changed = map[countKey]int64{}, map[countKey]bool{}
		}
		k := countKey{person, key, v.Value}
		w.counts[k], w.changed[k] = 0, true
		if _, err := w.change(person); err != nil {
			return err
		}
	}
	return nil
}

// learnEntry counts an entry in some leaves of the state where it was counted.
func (w *work) learnEntry(e *flywheel.Entry, leaves map[string]*compiledLeaf, now time.Time) error {
	person := flywheel.PersonOf(e.Event.Customer, "")
	if person == "" {
		if e.Event.Visitor == "" {
			return nil
		}
		device, err := w.get(flywheel.PersonOf("", e.Event.Visitor))
		if err != nil {
			return err
		}
		person = w.alias(e.Event.Visitor, w.p.identity.owner(device.Links, e.Effective))
	}
	counted := e.Event
	counted.Time = e.Effective
	for _, leaf := range leaves {
		if !slices.Contains(leaf.Events, e.Event.Name) || leaf.window > 0 && !e.Effective.Add(leaf.window).After(now) {
			continue
		}
		value, err := w.valueOfEvent(e)
		if err != nil {
			return err
		}
		profile, err := w.change(person)
		if err != nil {
			return err
		}
		add := func(of, value string) (int64, error) { return w.counted(person, of, value) }
		if _, err := leaf.take(profile, &counted, e.Position, value, add); err != nil {
			return err
		}
	}
	return nil
}
