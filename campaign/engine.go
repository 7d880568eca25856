package campaign

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
)

// Options says how an [Engine] works. Nil is the defaults.
type Options struct {
	// Journeys are launched at the start; see [Engine.Launch]. All versions that
	// contacts may still be on belong here, each journey's newest last.
	Journeys []Journey
	// Policy holds for all journeys.
	Policy Policy
	// Location is the zone of contacts that no event told a zone of, default
	// UTC.
	Location *time.Location
	// Sender delivers messages; nil only announces them to Sink.
	Sender Sender
	// Sink is told of every message sent, by a [flywheel.EventMessageSent] whose
	// ID follows from the message's. It must not publish back to the engine
	// before it returns. Default [flywheel.Discard].
	Sink flywheel.Sink
	// Attributes returns what is known of a customer, for rules; nil for
	// nothing. The engine does not change the map.
	Attributes func(ctx context.Context, id flywheel.CustomerID) (map[string]any, error)
	// Trace is told of every decision after it was saved, in order; for logs and
	// tests.
	Trace func(Fact)
}

// Engine takes contacts through journeys. It is a [flywheel.Sink] and acts only
// when it is called: [Engine.Publish] applies events, each after the timers due
// before it, and [Engine.Advance] lets timers go on up to an instant. It never
// looks at a clock, so the same events give the same messages with the same
// IDs. It is safe for concurrent use.
type Engine struct {
	store      Store
	sender     Sender
	sink       flywheel.Sink
	attributes func(context.Context, flywheel.CustomerID) (map[string]any, error)
	trace      func(Fact)

	launching sync.Mutex
	programme atomic.Pointer[programme]
}

// New returns an engine over a store, nil for a fresh one in memory.
func New(store Store, opts *Options) (*Engine, error) {
	if opts == nil {
		opts = &Options{}
	}
	e := &Engine{store: store, sender: opts.Sender, sink: opts.Sink, attributes: opts.Attributes, trace: opts.Trace}
	if e.store == nil {
		e.store = NewMemory(nil)
	}
	if e.sink == nil {
		e.sink = flywheel.Discard
	}
	policy := opts.Policy
	policy.Caps = slices.Clone(policy.Caps)
	if err := policy.validate(); err != nil {
		return nil, err
	}
	location := opts.Location
	if location == nil {
		location = time.UTC
	}
	e.programme.Store(&programme{policy: policy, place: location, versions: map[versionKey]*plan{}, events: map[string]bool{}})
	for _, j := range opts.Journeys {
		if err := e.Launch(j); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// Launch checks a journey and makes it the version that takes new entries;
// contacts on another version stay on it. Launching the same version again
// changes nothing but that; another journey under a launched version reports
// [flywheel.ErrConflict].
func (e *Engine) Launch(j Journey) error {
	p, err := newPlan(j)
	if err != nil {
		return err
	}
	e.launching.Lock()
	defer e.launching.Unlock()
	g := e.programme.Load()
	if known, ok := g.versions[versionKey{p.ID, p.Version}]; ok {
		if !same(known.Journey, p.Journey) {
			return fmt.Errorf("campaign: journey %q: version %d is another: %w", string(p.ID), p.Version, flywheel.ErrConflict)
		}
		p = known
	}
	e.programme.Store(g.with(p))
	return nil
}

// same reports whether two journeys say the same, whatever their rules were
// compiled with.
func same(a, b Journey) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// Publish implements [flywheel.Sink]. Events without a customer, and those that
// no journey asks for, only let time pass.
func (e *Engine) Publish(ctx context.Context, events ...flywheel.Event) error {
	for i := range events {
		if err := events[i].Validate(); err != nil {
			return err
		}
		at := events[i].Time.UTC().Truncate(time.Microsecond)
		if err := e.advance(ctx, at); err != nil {
			return err
		}
		if err := e.apply(ctx, &events[i]); err != nil {
			return err
		}
	}
	return nil
}

// Advance lets every timer go on that is due at now or before, in the order of
// time. Call it every minute or so, with what the clock says.
func (e *Engine) Advance(ctx context.Context, now time.Time) error {
	return e.advance(ctx, now.UTC().Truncate(time.Microsecond).Add(time.Microsecond))
}

func (e *Engine) advance(ctx context.Context, before time.Time) error {
	for {
		id, err := e.store.Due(ctx, before)
		if err != nil || id == "" {
			return err
		}
		err = e.update(ctx, id, false, func(t *turn) {
			if due := t.contact.Due(); len(t.contact.Outbox) == 0 && !due.IsZero() && due.Before(before) {
				t.timer()
			}
		})
		if err != nil {
			return err
		}
	}
}

func (e *Engine) apply(ctx context.Context, event *flywheel.Event) error {
	g := e.programme.Load()
	aboutContact := event.Name == EventTimezoneChanged || event.Name == EventUnsubscribed || event.Name == EventSubscribed
	if event.Customer == "" || !aboutContact && !g.events[event.Name] {
		return nil
	}
	create := aboutContact || slices.ContainsFunc(g.current, func(p *plan) bool { return p.Trigger.Event == event.Name })
	return e.update(ctx, event.Customer, create, func(t *turn) { t.event(event) })
}

// attempts is how often an update starts again after losing a race.
const attempts = 16

// update lets decide change a contact, saves it and delivers what was decided.
func (e *Engine) update(ctx context.Context, id flywheel.CustomerID, create bool, decide func(*turn)) error {
	for attempt := 1; ; attempt++ {
		c, err := e.store.Get(ctx, id)
		if errors.Is(err, flywheel.ErrNotFound) {
			if !create {
				return nil
			}
			c, err = Contact{ID: id}, nil
		}
		if err != nil {
			return err
		}
		t := &turn{programme: e.programme.Load(), contact: &c, traced: e.trace != nil}
		if t.programme.attributes && e.attributes != nil {
			if t.attrs, err = e.attributes(ctx, id); err != nil {
				return fmt.Errorf("campaign: attributes of %q: %w", string(id), err)
			}
		}
		decide(t)
		if t.changed {
			c, err = e.store.Save(ctx, c)
		}
		if errors.Is(err, flywheel.ErrConflict) && attempt < attempts {
			continue
		}
		if err != nil {
			return err
		}
		for _, f := range t.facts {
			e.trace(f)
		}
		return e.deliver(ctx, c)
	}
}
