package segment

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// ProfileOptions are the options of [NewProfiles]. Nil means defaults.
type ProfileOptions struct {
	// Traits are further attributes to keep.
	Traits []Trait
	// Segments are the live segments to keep.
	Segments []Definition
	// Sink gets the events that tell of entering and leaving a segment, in the
	// transaction of the change; default flywheel.Discard.
	Sink flywheel.Sink
	// Convert brings an amount of an event into the currency of the profiles.
	// Without it amounts are taken as they are, and the events of a customer who
	// pays in two currencies are refused.
	Convert func(a money.Amount, at time.Time) (money.Amount, error)
}

// Profiles keeps one profile per customer, and who is in which segment, up to
// date from events. It is a flywheel.Sink and safe for concurrent use.
//
// It knows no clock but the events': the same events in the same order give the
// same profiles, segments and segment events, in whatever batches they come. An
// event is counted once by its ID; one without a customer only moves the clock.
type Profiles struct {
	store      ProfileStore
	db         *flywheel.Memory // of the segments, and of the store where that is in memory
	tx         flywheel.Transactor
	traits     []Trait
	attributes []attribute
	schema     *rule.Schema
	convert    func(money.Amount, time.Time) (money.Amount, error)
	segments   *segments
}

// NewProfiles returns the profiles in store; nil is a fresh memory store. The
// segments of profiles that are in the store already are found without telling
// the sink, as of the latest event among them. Traits and segments are fixed: to
// change them, make new Profiles and let them follow the log from the start.
func NewProfiles(store ProfileStore, opts *ProfileOptions) (*Profiles, error) {
	if store == nil {
		store = NewMemoryProfiles(nil)
	}
	if opts == nil {
		opts = &ProfileOptions{}
	}
	p := &Profiles{store: store, traits: slices.Clone(opts.Traits), convert: opts.Convert}
	if m, ok := store.(*MemoryProfiles); ok {
		p.db = m.db
	} else {
		p.db = &flywheel.Memory{}
		p.tx, _ = store.(flywheel.Transactor)
	}
	for i := range p.traits {
		p.traits[i].Events = slices.Clone(p.traits[i].Events)
		if err := p.traits[i].check(); err != nil {
			return nil, err
		}
	}
	var err error
	if p.attributes, p.schema, err = attributesOf(p.traits); err != nil {
		return nil, err
	}
	if p.segments, err = newSegments(p.attributes, p.schema, opts.Segments, opts.Sink); err != nil {
		return nil, err
	}
	return p, p.restore()
}

// restore finds the segments of the profiles in the store.
func (p *Profiles) restore() error {
	var all []Profile
	for profile, err := range p.store.List(context.Background()) {
		if err != nil {
			return err
		}
		all = append(all, profile)
		p.segments.clock = later(p.segments.clock, profile.LastSeen)
	}
	forget := func(func()) {}
	for i := range all {
		p.segments.update(&all[i], "", p.segments.all, forget)
	}
	p.segments.pending = nil
	return nil
}

// inTx runs fn in one transaction of the segments and the store.
func (p *Profiles) inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return p.db.InTx(ctx, func(ctx context.Context) error {
		if p.tx == nil {
			return fn(ctx)
		}
		return p.tx.InTx(ctx, fn)
	})
}

// Publish implements flywheel.Sink: it counts the events, all or none. Cost:
// O(log n) per event for the lookup among the customer's n events, and one
// evaluation of each segment that asks for something that may have changed.
func (p *Profiles) Publish(ctx context.Context, events ...flywheel.Event) error {
	for i := range events {
		if err := events[i].Validate(); err != nil {
			return err
		}
	}
	if len(events) == 0 {
		return ctx.Err()
	}
	return p.inTx(ctx, func(ctx context.Context) error {
		w, err := p.load(ctx, events)
		if err != nil {
			return err
		}
		err = p.db.Update(ctx, func(undo func(func())) error {
			p.segments.begin(undo)
			for i := range events {
				e := &events[i]
				at := e.Time.UTC().Truncate(time.Microsecond)
				p.segments.advance(at, w.find, undo)
				if e.Customer == "" {
					continue
				}
				changed, err := p.add(w, e, at)
				if err != nil {
					return &flywheel.EventError{ID: e.ID, Field: "value", Err: err}
				}
				if changed {
					p.segments.update(w.find(e.Customer), e.ID, p.segments.all, undo)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return p.save(ctx, w)
	})
}

// Advance moves the clock to now, which changes the segments whose rules ask for
// days since something. Changes take place, and are told, as of the instant at
// which the customer's count of days reached or passed a number that a rule
// compares it with, in the order of these instants, so that it does not matter how
// often Advance is called. A moment before the clock changes nothing. Cost: one
// evaluation of the segments that ask for days at each of these instants, for
// example two per purchase for {"days_since_last_purchase": {"$gt": 30}}, and
// O(log n) to find it; other customers cost nothing. A rule that does more with
// the count than compare it is evaluated each day.
func (p *Profiles) Advance(ctx context.Context, now time.Time) error {
	now = now.UTC().Truncate(time.Microsecond)
	return p.inTx(ctx, func(ctx context.Context) error {
		w := &work{byID: map[flywheel.CustomerID]int{}}
		if err := p.loadDue(ctx, w, now); err != nil {
			return err
		}
		err := p.db.Update(ctx, func(undo func(func())) error {
			p.segments.begin(undo)
			p.segments.advance(now, w.find, undo)
			return nil
		})
		if err != nil {
			return err
		}
		return p.save(ctx, w)
	})
}

// work is the profiles that one Publish deals with.
type work struct {
	profiles []Profile
	byID     map[flywheel.CustomerID]int
	own      []bool // copied and changed, to be saved
}

func (w *work) find(customer flywheel.CustomerID) *Profile { return &w.profiles[w.byID[customer]] }

// load gets the profiles of the customers of events, and of those whose segments
// can change with the time until the last of them.
func (p *Profiles) load(ctx context.Context, events []flywheel.Event) (*work, error) {
	w := &work{byID: make(map[flywheel.CustomerID]int, len(events))}
	var until time.Time
	var customers []flywheel.CustomerID
	for i := range events {
		until = later(until, events[i].Time)
		if id := events[i].Customer; id != "" {
			customers = w.want(customers, id)
		}
	}
	if err := p.fetch(ctx, w, customers); err != nil {
		return nil, err
	}
	return w, p.loadDue(ctx, w, until)
}

// want adds a customer to those to load, once.
func (w *work) want(customers []flywheel.CustomerID, id flywheel.CustomerID) []flywheel.CustomerID {
	if _, ok := w.byID[id]; ok {
		return customers
	}
	w.byID[id] = len(w.profiles) + len(customers)
	return append(customers, id)
}

func (p *Profiles) fetch(ctx context.Context, w *work, customers []flywheel.CustomerID) error {
	if len(customers) == 0 {
		return nil
	}
	loaded, err := p.store.Load(ctx, customers...)
	if err != nil {
		return err
	}
	w.profiles = append(w.profiles, loaded...)
	w.own = append(w.own, make([]bool, len(loaded))...)
	return nil
}

func (p *Profiles) loadDue(ctx context.Context, w *work, until time.Time) error {
	var customers []flywheel.CustomerID
	err := p.db.View(ctx, func() error {
		for _, id := range p.segments.due(until) {
			customers = w.want(customers, id)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return p.fetch(ctx, w, customers)
}

// add counts an event into its profile, and reports whether it was new.
func (p *Profiles) add(w *work, e *flywheel.Event, at time.Time) (bool, error) {
	i := w.byID[e.Customer]
	profile := &w.profiles[i]
	key := seenKey(e.ID)
	place, seen := slices.BinarySearch(profile.Seen, key)
	if seen || !p.concerns(e.Name) {
		return false, nil
	}
	if !w.own[i] {
		w.own[i] = true
		*profile = profile.clone()
		for len(profile.Traits) < len(p.traits) {
			profile.Traits = append(profile.Traits, TraitState{})
		}
	}
	profile.Seen = slices.Insert(profile.Seen, place, key)
	value, err := valueOf(e)
	if err == nil && p.convert != nil && value != (money.Amount{}) {
		value, err = p.convert(value, at)
	}
	if err != nil {
		return false, err
	}
	counted := *e
	counted.Time = at
	if caused(e.Name) {
		if err := profile.count(&counted, value); err != nil {
			return false, err
		}
	}
	for i := range p.traits {
		if t := &p.traits[i]; t.takes(e.Name) {
			if err := t.add(&profile.Traits[i], &counted, value); err != nil {
				return false, fmt.Errorf("trait %q: %w", t.Name, err)
			}
		}
	}
	return true, nil
}

// concerns reports whether events of this name change a profile.
func (p *Profiles) concerns(name string) bool {
	return caused(name) || slices.ContainsFunc(p.traits, func(t Trait) bool { return t.takes(name) })
}

// save writes the changed profiles and tells the sink.
func (p *Profiles) save(ctx context.Context, w *work) error {
	changed := w.profiles[:0]
	for i := range w.profiles {
		if w.own[i] {
			changed = append(changed, w.profiles[i])
		}
	}
	if len(changed) > 0 {
		if err := p.store.Save(ctx, changed...); err != nil {
			return err
		}
	}
	if pending := p.segments.pending; len(pending) > 0 {
		p.segments.pending = nil
		return p.segments.sink.Publish(ctx, pending...)
	}
	return nil
}

// Get returns a customer's profile. One without events is flywheel.ErrNotFound.
func (p *Profiles) Get(ctx context.Context, customer flywheel.CustomerID) (Profile, error) {
	if err := flywheel.CheckID(string(customer)); err != nil {
		return Profile{}, fmt.Errorf("segment: customer: %w", err)
	}
	loaded, err := p.store.Load(ctx, customer)
	if err != nil {
		return Profile{}, err
	}
	if loaded[0].Version == 0 {
		return Profile{}, fmt.Errorf("segment: profile %q: %w", customer, flywheel.ErrNotFound)
	}
	return loaded[0].clone(), nil
}

// List yields all profiles in the order of the customers' first events. An error
// is yielded once, last. The slices of a Profile must not be changed.
func (p *Profiles) List(ctx context.Context) iter.Seq2[Profile, error] { return p.store.List(ctx) }

// Schema returns the attributes that rules about profiles may ask for.
func (p *Profiles) Schema() *rule.Schema { return p.schema }

// Attributes returns a profile's attributes at a moment, for rules compiled
// without the schema. Money is in major units; missing ones are left out.
func (p *Profiles) Attributes(profile *Profile, now time.Time) map[string]any {
	attributes := make(map[string]any, len(p.attributes))
	for i := range p.attributes {
		if v := p.attributes[i].read(profile, now); v != nil {
			attributes[p.attributes[i].name] = v
		}
	}
	return attributes
}

// Fill sets a record of [Profiles.Schema] to a profile's attributes at a moment.
func (p *Profiles) Fill(record *rule.Record, profile *Profile, now time.Time) {
	fill(record, p.attributes, profile, now)
}

func fill(record *rule.Record, attributes []attribute, profile *Profile, now time.Time) {
	for i := range attributes {
		record.Set(attributes[i].slot, attributes[i].read(profile, now))
	}
}
