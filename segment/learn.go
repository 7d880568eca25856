package segment

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/cursor"
	"github.com/flywheel-go/flywheel/internal/due"
	"github.com/flywheel-go/flywheel/internal/effect"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// Consume implements flywheel.Consumer: it counts the entries, all or none, and
// reports which segments they change. An entry that cannot be counted is a
// flywheel.EntryError. Cost: one evaluation of each segment per event of a
// customer, and of the customers whose devices it concerns.
func (p *Profiles) Consume(ctx context.Context, entries []flywheel.Entry) error {
	return p.handle.InTx(ctx, func(ctx context.Context) error {
		if cursor.Wave(ctx) != "" { // a runner calls resume before
			return fmt.Errorf("segment: a definition of %q is under way: %w", p.name, flywheel.ErrStale)
		}
		w, err := p.begin(ctx)
		if err != nil {
			return err
		}
		persons := make([]flywheel.Person, 0, 2*len(entries))
		for i := range entries {
			e := &entries[i].Event
			persons = append(persons, entries[i].Person, flywheel.PersonOf(e.Customer, ""), flywheel.PersonOf("", e.Visitor))
		}
		if err := w.load(persons...); err != nil {
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

// take counts one entry and evaluates the segments of those it concerns.
func (w *work) take(e *flywheel.Entry) error {
	at := cursor.At(w.ctx, e)
	changes, err := w.changes(e)
	if err != nil || !changes {
		return err
	}
	concerned, err := w.concerned(e)
	if err != nil {
		return err
	}
	known := make(map[flywheel.CustomerID]bool, len(concerned))
	for _, customer := range concerned {
		if err := w.pass(customer, e.Effective, at, false); err != nil {
			return err
		}
		own, err := w.get(flywheel.PersonOf(customer, ""))
		if err != nil {
			return err
		}
		known[customer] = own.Version > 0 || w.own[own.Person]
	}
	if err := w.relink(e); err != nil {
		return err
	}
	if err := w.count(e); err != nil {
		return err
	}
	after, err := w.concerned(e)
	if err != nil {
		return err
	}
	for _, customer := range after {
		if !slices.Contains(concerned, customer) {
			concerned = append(concerned, customer)
		}
	}
	for _, customer := range concerned {
		if known[customer] { // else nothing has passed
			if err := w.catchUp(customer, e, at); err != nil {
				return err
			}
		}
		if err := w.evaluate(customer, at, at, causeEvent, e.Event.ID); err != nil {
			return err
		}
	}
	return nil
}

// changes reports whether an entry can change anything.
func (w *work) changes(e *flywheel.Entry) (bool, error) {
	if w.p.concerns(w.engine, e.Event.Name) || e.Event.Customer != "" && e.Event.Visitor != "" {
		return e.Event.Customer != "" || e.Event.Visitor != "", nil
	}
	if e.Event.Customer == "" {
		return false, nil
	}
	own, err := w.get(flywheel.PersonOf(e.Event.Customer, ""))
	return err == nil && own.Version == 0 && !w.own[own.Person], err // known from now on
}

// concerned returns the customers whose profile an entry can change: its own, and
// those whose its device is.
func (w *work) concerned(e *flywheel.Entry) ([]flywheel.CustomerID, error) {
	var list []flywheel.CustomerID
	if e.Event.Customer != "" {
		list = append(list, e.Event.Customer)
	}
	if e.Event.Visitor == "" {
		return list, nil
	}
	device, err := w.get(flywheel.PersonOf("", e.Event.Visitor))
	if err != nil {
		return nil, err
	}
	if w.p.identity == LatestLinked && e.Event.Customer != "" {
		for _, l := range device.Links { // any of them may gain or lose
			if !slices.Contains(list, l.Customer) {
				list = append(list, l.Customer)
			}
		}
		return list, nil
	}
	if owner := w.p.identity.owner(device.Links, e.Effective); owner != "" && !slices.Contains(list, owner) {
		list = append(list, owner)
	}
	return list, nil
}

// relink applies what an entry says of its device and customer.
func (w *work) relink(e *flywheel.Entry) error {
	visitor, customer := e.Event.Visitor, e.Event.Customer
	if visitor == "" || customer == "" {
		return nil
	}
	person := flywheel.PersonOf("", visitor)
	device, err := w.get(person)
	if err != nil {
		return err
	}
	links := slices.Clone(device.Links)
	changed, moved := false, true
	if e.Event.Name == EventUnlinked {
		links = removeLinks(links, customer)
		changed = len(links) != len(device.Links)
	} else {
		l := Link{visitor, customer, e.Effective, e.Position}
		moved = moves(links, l)
		links, changed = w.p.identity.addLink(links, l)
	}
	if !changed {
		return nil
	}
	if device, err = w.change(person); err != nil {
		return err
	}
	device.Links, device.Relinked = links, true
	// The customer's list is read from the same rows; here it follows at once.
	own, err := w.change(flywheel.PersonOf(customer, ""))
	if err != nil {
		return err
	}
	own.Links = slices.DeleteFunc(own.Links, func(l Link) bool { return l.Visitor == visitor })
	for _, l := range links {
		if l.Customer == customer {
			own.Links = append(own.Links, l)
		}
	}
	if w.p.identity == LatestLinked && moved {
		return w.relabel(visitor, links, e.Position)
	}
	return nil
}

// relabel gives the nameless events of a device to their owners by new links. They
// are counted again from the log.
func (w *work) relabel(visitor flywheel.VisitorID, links []Link, to flywheel.Position) error {
	if w.p.log == nil {
		return fmt.Errorf("segment: profiles with identity %q need a log: %w", LatestLinked, flywheel.ErrInvalid)
	}
	owners := []flywheel.CustomerID{""}
	device, err := w.get(flywheel.PersonOf("", visitor))
	if err != nil {
		return err
	}
	for _, l := range append(slices.Clone(device.Links), links...) {
		if !slices.Contains(owners, l.Customer) {
			owners = append(owners, l.Customer)
		}
	}
	for _, owner := range owners {
		alias := w.alias(visitor, owner)
		old, err := w.change(alias)
		if err != nil {
			return err
		}
		fresh := &Profile{Person: alias, Version: old.Version, Links: old.Links, Relinked: old.Relinked}
		for _, leaf := range w.engine.windows {
			fresh.pass(leaf.key, maxTime)
		}
		w.loaded[alias] = fresh
		values, err := w.allValues(alias)
		if err != nil {
			return err
		}
		for _, key := range values {
			if w.counts == nil {
				w.counts, w.changed = map[countKey]int64{}, map[countKey]bool{}
			}
			w.counts[key], w.changed[key] = 0, true
		}
	}
	nameless, err := w.p.log.nameless(w.ctx, visitor)
	if err != nil {
		return err
	}
	slices.SortFunc(nameless, func(a, b owned) int { return cmp.Compare(a.Position, b.Position) })
	for _, e := range nameless {
		if e.Position >= to {
			break
		}
		if err := w.countInto(w.alias(visitor, w.p.identity.owner(links, e.Effective)), &e.Entry); err != nil {
			return err
		}
	}
	return nil
}

// allValues returns the values that a state has counted.
func (w *work) allValues(alias flywheel.Person) (keys []countKey, err error) {
	var names []string
	for i := range w.p.traits {
		if w.p.traits[i].ofTexts() {
			names = append(names, w.p.traits[i].Name)
		}
	}
	for key, leaf := range w.engine.leaves {
		if leaf.Agg == DistinctOf {
			names = append(names, key)
		}
	}
	for _, of := range names {
		list, err := w.values(of, []flywheel.Person{alias})
		if err != nil {
			return nil, err
		}
		for _, v := range list {
			keys = append(keys, countKey{alias, of, v.Value})
		}
	}
	return keys, nil
}

// count counts an entry where it belongs: to its customer, or to its device.
func (w *work) count(e *flywheel.Entry) error {
	switch {
	case e.Event.Customer != "":
		return w.countInto(flywheel.PersonOf(e.Event.Customer, ""), e)
	case e.Event.Visitor != "":
		device, err := w.get(flywheel.PersonOf("", e.Event.Visitor))
		if err != nil {
			return err
		}
		return w.countInto(w.alias(e.Event.Visitor, w.p.identity.owner(device.Links, e.Effective)), e)
	}
	return nil
}

func (w *work) countInto(person flywheel.Person, e *flywheel.Entry) error {
	known, err := w.get(person)
	if err != nil {
		return err
	}
	if known.Version > 0 && !w.p.concerns(w.engine, e.Event.Name) {
		return nil
	}
	profile, err := w.change(person)
	if err != nil {
		return err
	}
	value, err := w.valueOfEvent(e)
	if err != nil {
		return err
	}
	counted := e.Event
	counted.Time = e.Effective
	if caused(e.Event.Name) {
		if err := profile.count(&counted, value); err != nil {
			return err
		}
	}
	for len(profile.Traits) < len(w.p.traits) {
		profile.Traits = append(profile.Traits, TraitState{})
	}
	for i := range w.p.traits {
		t := &w.p.traits[i]
		if !t.takes(e.Event.Name) {
			continue
		}
		add := func(value string) (int64, error) { return w.counted(person, t.Name, value) }
		if err := t.add(&profile.Traits[i], &counted, value, add); err != nil {
			return fmt.Errorf("trait %q: %w", t.Name, err)
		}
	}
	for _, leaf := range w.engine.leaves {
		add := func(of, value string) (int64, error) { return w.counted(person, of, value) }
		if _, err := leaf.take(profile, &counted, e.Position, value, add); err != nil {
			return fmt.Errorf("leaf: %w", err)
		}
	}
	return nil
}

// concerns reports whether events of this name change a profile.
func (p *Profiles) concerns(e *engine, name string) bool {
	if caused(name) || slices.ContainsFunc(p.traits, func(t Trait) bool { return t.takes(name) }) {
		return true
	}
	for _, leaf := range e.leaves {
		if slices.Contains(leaf.Events, name) {
			return true
		}
	}
	return false
}

// pass does what time alone changes for a customer before a moment, or up to it
// where inclusive is set, and not after at.
func (w *work) pass(customer flywheel.CustomerID, until, at time.Time, inclusive bool) error {
	person := flywheel.PersonOf(customer, "")
	for {
		p, err := w.get(person)
		if err != nil {
			return err
		}
		due := p.Due
		if due.IsZero() || due.After(at) || due.After(until) || due.Equal(until) && !inclusive {
			return nil
		}
		if err := w.evaluate(customer, due, due, causeTime, ""); err != nil {
			return err
		}
	}
}

// catchUp does what time has changed between the effective time of an event that
// was told late and the instant at which it is applied, as if it had been known:
// what it renews in time was never over, and what it only changed in the past, up to
// when time has passed for everybody, is not told. At the instant itself the event
// comes first, and then time.
func (w *work) catchUp(customer flywheel.CustomerID, e *flywheel.Entry, at time.Time) error {
	if len(w.engine.counts)+len(w.engine.windows) == 0 {
		return nil
	}
	var passed time.Time
	if cursor.Now(w.ctx).IsZero() { // else time stood still for the person
		passed = w.p.passed()
	}
	from := later(e.Effective, passed)
	if !from.Before(at) {
		if !passed.Before(at) {
			return nil
		}
		from = at.Add(-time.Microsecond)
	}
	person := flywheel.PersonOf(customer, "")
	merged, err := w.seenAt(person, from)
	if err != nil || merged == nil {
		return err
	}
	from = later(from, w.engine.settled(merged))
	t := w.engine.nextTurn(merged, from)
	if t.IsZero() || t.After(at) {
		return nil
	}
	before := w.matches(merged, from)
	for ; !t.IsZero() && !t.After(at); t = w.engine.nextTurn(merged, t) {
		if merged, err = w.seenAt(person, t); err != nil {
			return err
		}
		now := w.matches(merged, t)
		for i, live := range w.engine.order {
			own, err := w.get(person)
			if err != nil {
				return err
			}
			if _, in := slices.BinarySearch(own.Segments, live.Name); before[i] != now[i] && in == before[i] {
				if err := w.move(person, live, now[i], t, causeTime, ""); err != nil {
					return err
				}
			}
		}
		before = now
	}
	return nil
}

// seenAt is seen when time has passed up to an instant.
func (w *work) seenAt(person flywheel.Person, now time.Time) (*Profile, error) {
	if err := w.settleAll(person, now); err != nil {
		return nil, err
	}
	return w.seen(person)
}

// seen returns a customer's profile as rules see it, nil for one not known.
func (w *work) seen(person flywheel.Person) (*Profile, error) {
	own, err := w.get(person)
	if err != nil || own.Version == 0 && !w.own[person] {
		return nil, err
	}
	merged, err := w.merged(person)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(w.p.traits, func(t Trait) bool { return t.Kind == Values }) {
		merged = merged.clone()
		err = w.lists(merged)
	}
	return merged, err
}

// matches returns which segments' rules a profile meets at a moment.
func (w *work) matches(merged *Profile, now time.Time) []bool {
	in := make([]bool, len(w.engine.order))
	for i, live := range w.engine.order {
		record := w.records[live]
		if record == nil {
			record = live.schema.NewRecord()
			if w.records == nil {
				w.records = map[*liveSegment]*rule.Record{}
			}
			w.records[live] = record
		}
		live.fill(record, merged, now)
		in[i] = live.rule.MatchRecord(record)
	}
	return in
}

// move puts a customer into a segment or out of it, and tells it.
func (w *work) move(person flywheel.Person, live *liveSegment, in bool, at time.Time, cause, event string) error {
	own, err := w.change(person)
	if err != nil {
		return err
	}
	i, _ := slices.BinarySearch(own.Segments, live.Name)
	name := EventEntered
	if in {
		own.Segments = slices.Insert(own.Segments, i, live.Name)
	} else {
		name = EventExited
		own.Segments = slices.Delete(own.Segments, i, i+1)
	}
	w.tell(name, live.Name, person.Customer(), at, cause, event)
	return nil
}

// evaluate finds which segments a customer is in at now, and tells the changes at
// an instant. cause says why, event which one it was.
func (w *work) evaluate(customer flywheel.CustomerID, now, at time.Time, cause, event string) error {
	if len(w.engine.order) == 0 {
		return nil
	}
	person := flywheel.PersonOf(customer, "")
	merged, err := w.seenAt(person, now)
	if err != nil || merged == nil {
		return err
	}
	own, err := w.get(person)
	if err != nil {
		return err
	}
	if next := w.engine.nextTurn(merged, now); !next.Equal(own.Due) {
		if own, err = w.change(person); err != nil {
			return err
		}
		own.Due = next
	}
	for i, in := range w.matches(merged, now) {
		live := w.engine.order[i]
		if own, err = w.get(person); err != nil {
			return err
		}
		if _, was := slices.BinarySearch(own.Segments, live.Name); in != was {
			if err := w.move(person, live, in, at, cause, event); err != nil {
				return err
			}
		}
	}
	return nil
}

// tell notes a change, to be told when all of it is saved.
func (w *work) tell(name, segment string, customer flywheel.CustomerID, at time.Time, cause, event string) {
	if cursor.Replaying(w.ctx) {
		return
	}
	if event == "" {
		event = fmt.Sprintf("%s\x00%d", cause, at.UnixMicro())
	}
	sum := sha256.Sum256([]byte(segment + "\x00" + event + "\x00" + string(customer)))
	w.pending = append(w.pending, flywheel.Event{ID: name + ":" + hex.EncodeToString(sum[:16]), Name: name,
		Time: at, Customer: customer, Properties: map[string]any{"segment": segment, "cause": cause}})
}

// finish saves what has changed and tells it.
func (w *work) finish() error {
	if err := w.save(); err != nil {
		return err
	}
	if len(w.pending) == 0 || w.p.sink == nil {
		return nil
	}
	return effect.Tell(w.ctx, w.p.Handle(), w.p.sink, w.pending...)
}

// Advance implements [Timed]: it does what time alone makes of the segments whose
// rules ask for days since something, for up to 256 customers in one transaction.
// Changes take place, and are told, as of the instant at which the customer's count
// of days reached or passed a number that a rule compares it with, so that it does
// not matter how often Advance is called. Cost: one evaluation of the customer's
// segments at each of these instants, for example two per purchase for
// {"days_since_last_purchase": {"$gt": 30}}; other customers cost nothing. A rule
// that does more with the count than compare it is evaluated each day.
func (p *Profiles) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	now = now.UTC().Truncate(time.Microsecond)
	if err := p.resume(ctx); err != nil {
		return false, err
	}
	if did, err := p.apply(ctx, now); did || err != nil {
		return did, err
	}
	return p.advance(ctx, now)
}

func (p *Profiles) advance(ctx context.Context, now time.Time) (more bool, err error) {
	err = p.handle.InTx(ctx, func(ctx context.Context) error {
		more = false
		persons, err := p.store.Due(ctx, now, due.Batch, func(person flywheel.Person) bool { return !cursor.Held(ctx)(person) })
		if err != nil || len(persons) == 0 {
			return err
		}
		w, err := p.begin(ctx)
		if err != nil {
			return err
		}
		if err := w.load(persons...); err != nil {
			return err
		}
		for _, person := range persons {
			if err := w.pass(person.Customer(), now, now, true); err != nil {
				return err
			}
		}
		slices.SortStableFunc(w.pending, func(a, b flywheel.Event) int {
			return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Customer, b.Customer))
		})
		more = true
		return w.finish()
	})
	if err == nil && !more {
		p.pass(now)
	}
	return more && err == nil, err
}

// pass notes that all that time changes up to now is done.
func (p *Profiles) pass(now time.Time) {
	for {
		before := p.until.Load()
		if before >= now.UnixMicro() || p.until.CompareAndSwap(before, now.UnixMicro()) {
			return
		}
	}
}

// passed returns up to when this process knows that time has passed.
func (p *Profiles) passed() time.Time {
	if until := p.until.Load(); until != 0 {
		return time.UnixMicro(until).UTC()
	}
	return time.Time{}
}

func compareText(a, b string) int { return strings.Compare(a, b) }

func sortValues(list []ValueCount) {
	slices.SortFunc(list, func(a, b ValueCount) int { return compareText(a.Value, b.Value) })
}

func compareCounted(a, b Counted) int {
	return cmp.Or(strings.Compare(a.Of, b.Of), strings.Compare(a.Value, b.Value))
}
