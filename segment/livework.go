package segment

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/segment/live"
)

// liveWork is what one call of [Live] has loaded and changed.
type liveWork struct {
	ctx     context.Context
	l       *Live
	of      *liveDefinitions
	engine  *live.Engine
	loaded  map[flywheel.Person]*LiveState
	pending []flywheel.Event
}

// begin returns a work with an engine of the definitions in the store; end gives it back.
func (l *Live) begin(ctx context.Context) (*liveWork, error) {
	of, err := l.look(ctx)
	if err != nil {
		return nil, err
	}
	w := &liveWork{ctx: ctx, l: l, of: of, loaded: map[flywheel.Person]*LiveState{}}
	w.engine, err = l.take(of)
	return w, err
}

func (w *liveWork) end() { w.l.give(w.of, w.engine) }

// accountPrefix begins the alias of an account.
const accountPrefix = "a:"

// aliasOf is an alias as the engine names it.
func aliasOf(p flywheel.Person) live.Alias {
	if account, ok := strings.CutPrefix(string(p), accountPrefix); ok {
		return live.Alias{Account: account}
	}
	return live.Alias{Customer: p.Customer(), Visitor: p.Visitor()}
}

// keyOf is the inverse of aliasOf.
func keyOf(a live.Alias) flywheel.Person {
	if a.Account != "" {
		return flywheel.Person(accountPrefix + a.Account)
	}
	return flywheel.PersonOf(a.Customer, a.Visitor)
}

// load puts aliases into the engine that are not there yet, and returns their states.
func (w *liveWork) load(aliases []flywheel.Person) ([]LiveState, error) {
	missing := aliases[:0:0]
	for _, a := range aliases {
		if _, ok := w.loaded[a]; !ok && a != "" {
			w.loaded[a] = nil
			missing = append(missing, a)
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	states, err := w.l.store.Load(w.ctx, missing...)
	if err != nil {
		return nil, err
	}
	for i := range states {
		if err := w.put(&states[i]); err != nil {
			return nil, err
		}
	}
	return states, nil
}

func (w *liveWork) put(s *LiveState) error {
	w.loaded[s.Alias] = s
	if err := w.engine.Put(aliasOf(s.Alias), s.Data); err != nil {
		return fmt.Errorf("segment: stored state: %w", err)
	}
	return nil
}

// gather loads aliases and whoever shares their fate: the customers whose a device is or
// may become, all of them where every is set, and all devices of these customers.
func (w *liveWork) gather(aliases []flywheel.Person, every func(flywheel.VisitorID) bool) error {
	states, err := w.load(aliases)
	if err != nil {
		return err
	}
	var next []flywheel.Person
	devices := func(s *LiveState) {
		if s.Alias.Customer() == "" {
			return
		}
		for _, v := range s.Linked {
			next = append(next, flywheel.PersonOf("", flywheel.VisitorID(v)))
		}
	}
	for i := range states {
		s := &states[i]
		devices(s)
		visitor := s.Alias.Visitor()
		if visitor == "" {
			continue
		}
		customers := s.Linked
		if w.l.identity == FirstLinked && len(customers) > 2 && !every(visitor) {
			customers = customers[:2]
		}
		for _, c := range customers {
			next = append(next, flywheel.PersonOf(flywheel.CustomerID(c), ""))
		}
	}
	if states, err = w.load(next); err != nil {
		return err
	}
	next = nil
	for i := range states {
		devices(&states[i])
	}
	_, err = w.load(next)
	return err
}

func (l *Live) accountOf(e *flywheel.Event) string {
	account, _ := e.Properties[l.account].(string)
	if flywheel.CheckID(account) != nil {
		return ""
	}
	return account
}

// entry is an entry as the engine takes it.
func (l *Live) entry(e *flywheel.Entry) live.Entry {
	to := live.Entry{Event: e.Event, Position: uint64(e.Position), Received: e.Received, Account: l.accountOf(&e.Event), Passive: !caused(e.Event.Name) || e.Event.Name == EventTraits}
	to.Time = e.Effective
	return to
}

// Consume implements flywheel.Consumer: it applies the entries, all or none, and reports
// which segments they change. An entry that cannot be applied is a flywheel.EntryError. Cost:
// one load and one save for all entries, and the state of those they concern.
func (l *Live) Consume(ctx context.Context, entries []flywheel.Entry) error {
	return l.handle.InTx(ctx, func(ctx context.Context) error {
		w, err := l.begin(ctx)
		if err != nil {
			return err
		}
		defer w.end()
		unlinked := map[flywheel.VisitorID]bool{}
		aliases := make([]flywheel.Person, 0, 2*len(entries))
		for i := range entries {
			e := &entries[i].Event
			aliases = append(aliases, flywheel.PersonOf(e.Customer, ""), flywheel.PersonOf("", e.Visitor))
			if account := l.accountOf(e); account != "" {
				aliases = append(aliases, keyOf(live.Alias{Account: account}))
			}
			if e.Name == EventUnlinked {
				unlinked[e.Visitor] = true
			}
		}
		if err := w.gather(aliases, func(v flywheel.VisitorID) bool { return unlinked[v] }); err != nil {
			return err
		}
		for i := range entries {
			if err := w.take(&entries[i]); err != nil {
				return &flywheel.EntryError{Position: entries[i].Position, ID: entries[i].Event.ID, Err: err}
			}
		}
		return w.finish()
	})
}

// take applies one entry.
func (w *liveWork) take(e *flywheel.Entry) error {
	at := cursor.At(w.ctx, e)
	if e.Event.Name == EventUnlinked {
		if e.Event.Visitor == "" || e.Event.Customer == "" {
			return nil
		}
		if err := w.engine.Unlink(e.Event.Visitor, e.Event.Customer, at); err != nil {
			return err
		}
		w.tell(e.Event.ID)
		return nil
	}
	entry := w.l.entry(e)
	if e.Event.Name == EventTraits {
		if err := w.set(&entry, at); err != nil {
			return err
		}
	}
	if err := w.engine.Apply(&entry, at); err != nil {
		return err
	}
	w.tell(e.Event.ID)
	return nil
}

// set sets the attributes of an event.
func (w *liveWork) set(e *live.Entry, at time.Time) error {
	for _, name := range slices.Sorted(maps.Keys(e.Properties)) {
		value := e.Properties[name]
		var err error
		switch {
		case name == w.l.account:
		case e.Customer == "" && e.Account != "":
			err = w.engine.SetAccount(e.Account, name, value, at)
		case e.Customer == "":
		case name == timezone:
			var zone *time.Location
			if text, ok := value.(string); ok && text != "" && text != "Local" {
				if zone, err = time.LoadLocation(text); err != nil {
					err = fmt.Errorf("%w: %w", flywheel.ErrInvalid, err)
				}
			} else if value != nil {
				err = fmt.Errorf("%v is no time zone: %w", value, flywheel.ErrInvalid)
			}
			if err == nil {
				err = w.engine.SetZone(e.Customer, zone, at)
			}
		default:
			err = w.engine.Set(e.Customer, name, value, at)
		}
		if err != nil {
			return fmt.Errorf("property %q: %w", name, err)
		}
	}
	return nil
}

// tell notes what the engine has changed, to be told when all of it is saved. event is
// what did it, where it was not time.
func (w *liveWork) tell(event string) {
	for _, t := range w.engine.Changes() {
		if cursor.Replaying(w.ctx) {
			continue
		}
		name, by := EventExited, event
		if t.Enter {
			name = EventEntered
		}
		if t.Cause == live.CauseTime || by == "" {
			by = fmt.Sprintf("%s\x00%d", t.Cause, t.At.UnixMicro())
		}
		member, properties := t.Member, map[string]any{"segment": t.Segment, "cause": string(t.Cause)}
		e := flywheel.Event{Name: name, Time: t.At, Properties: properties}
		if t.Level == live.Account {
			properties[w.l.account] = t.Member
			member = accountPrefix + member
		} else {
			e.Customer = flywheel.CustomerID(t.Member)
		}
		sum := sha256.Sum256([]byte(t.Segment + "\x00" + by + "\x00" + member))
		e.ID = name + ":" + hex.EncodeToString(sum[:16])
		w.pending = append(w.pending, e)
	}
}

// finish saves what has changed and tells it.
func (w *liveWork) finish() error {
	if err := w.save(); err != nil {
		return err
	}
	if len(w.pending) == 0 || w.l.sink == nil {
		return nil
	}
	return effect.Tell(w.ctx, w.l.Handle(), w.l.sink, w.pending...)
}

// save saves the states that are not as they were loaded.
func (w *liveWork) save() error {
	var states []LiveState
	for p := range w.engine.Parts() {
		alias := keyOf(p.Alias)
		before := w.loaded[alias]
		if before == nil {
			before = &LiveState{Alias: alias}
		}
		s := LiveState{Alias: alias, Version: before.Version, Data: p.Data, Due: p.Due, Segments: p.Segments}
		if p.Visitor != "" {
			s.Linked = make([]string, 0, len(p.Customers))
			for _, c := range p.Customers {
				if !slices.Contains(s.Linked, string(c)) {
					s.Linked = append(s.Linked, string(c))
				}
			}
			s.Relinked = !slices.Equal(s.Linked, before.Linked)
		}
		if bytes.Equal(s.Data, before.Data) && s.Due.Equal(before.Due) && slices.Equal(s.Segments, before.Segments) && !s.Relinked {
			continue
		}
		states = append(states, s)
	}
	if len(states) == 0 {
		return nil
	}
	return w.l.store.Save(w.ctx, states...)
}

// Advance implements [Timed]: it does what time alone changes, for up to 256 customers in one
// transaction, and tells it as of the exact instants, so that it does not matter how
// often Advance is called. The first call of a process also brings the stored definitions to
// LiveOptions.Segments. Cost: the state of those who are due; others cost nothing.
func (l *Live) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	now = now.UTC().Truncate(time.Microsecond)
	if did, err := l.apply(ctx, now); did || err != nil {
		return did, err
	}
	return l.advance(ctx, now)
}

func (l *Live) advance(ctx context.Context, now time.Time) (more bool, err error) {
	err = l.handle.InTx(ctx, func(ctx context.Context) error {
		more = false
		aliases, err := l.store.Due(ctx, now, due.Batch, func(p flywheel.Person) bool { return !cursor.Held(ctx)(p) })
		if err != nil || len(aliases) == 0 {
			return err
		}
		w, err := l.begin(ctx)
		if err != nil {
			return err
		}
		defer w.end()
		if err := w.gatherDue(aliases); err != nil {
			return err
		}
		if _, err := w.engine.Advance(now, -1); err != nil {
			return err
		}
		w.tell("")
		slices.SortStableFunc(w.pending, func(a, b flywheel.Event) int {
			return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Customer, b.Customer))
		})
		more = true
		return w.finish()
	})
	return more && err == nil, err
}

// gatherDue loads those who are due and their devices, and nobody else's timers.
func (w *liveWork) gatherDue(aliases []flywheel.Person) error {
	states, err := w.load(aliases)
	if err != nil {
		return err
	}
	var devices []flywheel.Person
	for i := range states {
		if states[i].Alias.Customer() == "" {
			continue
		}
		for _, v := range states[i].Linked {
			devices = append(devices, flywheel.PersonOf("", flywheel.VisitorID(v)))
		}
	}
	_, err = w.load(devices)
	return err
}

// clock is the trusted clock: that of the log.
func (l *Live) clock() time.Time {
	if l.log != nil {
		return l.log.clock()
	}
	return time.Now().UTC().Truncate(time.Microsecond)
}

// Forget erases a customer: state and membership, of which no exit is told, the links,
// and the nameless events of the devices that are the customer's.
func (l *Live) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return fmt.Errorf("segment: customer: %w", err)
	}
	person := flywheel.PersonOf(customer, "")
	return l.handle.InTx(ctx, func(ctx context.Context) error {
		w, err := l.begin(ctx)
		if err != nil {
			return err
		}
		defer w.end()
		states, err := w.load([]flywheel.Person{person})
		if err != nil {
			return err
		}
		var devices []flywheel.Person
		for _, v := range states[0].Linked {
			devices = append(devices, flywheel.PersonOf("", flywheel.VisitorID(v)))
		}
		if err := w.gather(devices, func(flywheel.VisitorID) bool { return true }); err != nil {
			return err
		}
		if _, err := w.engine.Advance(l.clock(), -1); err != nil {
			return err
		}
		w.engine.Forget(customer)
		w.tell("forgotten:" + string(customer)) // others whose device it was
		if err := w.finish(); err != nil {
			return err
		}
		if states[0].Version > 0 {
			if err := l.store.Save(ctx, LiveState{Alias: person, Version: states[0].Version}); err != nil {
				return err
			}
		}
		store, err := effect.On(l.Handle())
		if err != nil {
			return nil // a store without a handle tells at once and keeps nothing
		}
		return store.Forget(ctx, string(person))
	})
}

// apply brings the stored definitions to what this process was configured with, once, if
// that differs from what was applied last. It reports whether it did something.
func (l *Live) apply(ctx context.Context, now time.Time) (did bool, err error) {
	if l.applied.Load() {
		return false, nil
	}
	d, err := l.store.Definitions(ctx, l.name, -1)
	if err != nil {
		return false, err
	}
	switch {
	case d.Version == 0, sameDefinitions(d.Definitions, l.configured):
		if d.Version == 0 || !sameDefinitions(d.Configured, l.configured) {
			if d.Version == 0 {
				d.Definitions = l.configured
			}
			err = l.handle.InTx(ctx, func(ctx context.Context) error {
				return l.store.Define(ctx, l.name, LiveDefined{d.Version + 1, d.Definitions, l.configured})
			})
		}
	case sameDefinitions(d.Configured, l.configured): // what was defined since holds
	default:
		did = true
		err = l.redefine(ctx, now, func([]live.Definition) []live.Definition { return l.configured }, nil)
	}
	if errors.Is(err, flywheel.ErrStale) {
		return false, nil // another process was quicker, or has its turn: next time
	}
	if err == nil {
		flywheel.AfterCommit(ctx, func(context.Context) { l.applied.Store(true) })
	}
	return did && err == nil, err
}
