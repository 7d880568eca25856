package flag

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/experiment"
)

// Store keeps payloads and sticky buckets; every [experiment.Store] is one.
type Store interface {
	Assignments(ctx context.Context, attribute, value string) (map[string]string, error)
	Assign(ctx context.Context, attribute, value, key, variation string) error
	Definition(ctx context.Context, kind, id string) (experiment.Definition, error)
	SaveDefinition(ctx context.Context, d experiment.Definition) (experiment.Definition, error)
}

// Recorder keeps exposures; *[experiment.Service] is one.
type Recorder interface {
	Record(ctx context.Context, x experiment.Exposure) error
}

// Options configures a [Service]. Nil and zero fields mean the defaults.
type Options struct {
	// Now is the clock of schedules and exposures, time.Now by default.
	Now func() time.Time
	// Recorder keeps exposures; by default nobody does.
	Recorder Recorder
	// Sticky binds users to what they were assigned once. It costs a read of
	// the store for each identity of a user, and a write for what is new.
	Sticky bool
	// Name is the payload's name in the store, "default" when empty.
	Name string
	// Parse says how payloads are read.
	Parse ParseOptions
}

// Service serves features by a payload that can be replaced at any time, and
// records what users saw. It is safe for concurrent use; evaluation takes no
// lock.
type Service struct {
	store    Store
	now      func() time.Time
	recorder Recorder
	sticky   bool
	name     string
	parse    ParseOptions
	set      atomic.Pointer[Set]
}

// payloadKind is the kind under which a payload is saved.
const payloadKind = "payload"

// New returns a service without features. A nil store is a fresh memory store.
func New(store Store, opts *Options) (*Service, error) {
	if opts == nil {
		opts = &Options{}
	}
	if store == nil {
		store = experiment.NewMemory(nil)
	}
	s := &Service{store: store, now: opts.Now, recorder: opts.Recorder, sticky: opts.Sticky, name: opts.Name, parse: opts.Parse}
	if s.now == nil {
		s.now = time.Now
	}
	if s.name == "" {
		s.name = "default"
	}
	if err := flywheel.CheckID(s.name); err != nil {
		return nil, fmt.Errorf("flag: name: %w", err)
	}
	s.set.Store(&Set{})
	return s, nil
}

// Load compiles a payload, saves it in the store and serves it. An error leaves
// everything as it was; one matching [flywheel.ErrConflict] reports that
// another process saved at the same time.
func (s *Service) Load(ctx context.Context, payload []byte) error {
	set, err := Parse(payload, &s.parse)
	if err != nil {
		return err
	}
	old, err := s.store.Definition(ctx, payloadKind, s.name)
	if err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return err
	}
	if _, err := s.store.SaveDefinition(ctx, experiment.Definition{
		Kind: payloadKind, ID: s.name, Version: old.Version, Body: payload, SavedAt: s.now(),
	}); err != nil {
		return err
	}
	s.set.Store(set)
	return nil
}

// Refresh serves the payload that is in the store, which another process may
// have loaded. The error matches [flywheel.ErrNotFound] where there is none.
func (s *Service) Refresh(ctx context.Context) error {
	d, err := s.store.Definition(ctx, payloadKind, s.name)
	if err != nil {
		return err
	}
	set, err := Parse(d.Body, &s.parse)
	if err != nil {
		return err
	}
	s.set.Store(set)
	return nil
}

// Set returns the features as they are served now, for evaluation without
// recording: for deciding ahead of showing.
func (s *Service) Set() *Set { return s.set.Load() }

// Evaluate returns a feature's value for a user and records what the user saw
// of experiments on the way, those of prerequisites and holdouts too. A zero
// At of the user is now. The result is valid with an error, too, but for one of
// the store before the evaluation: then it is what the user would see without
// sticky buckets.
func (s *Service) Evaluate(ctx context.Context, feature string, u User) (Result, error) {
	if u.At.IsZero() {
		u.At = s.now()
	}
	set := s.set.Load()
	if s.recorder == nil && !s.sticky {
		return set.Evaluate(feature, &u), nil
	}
	var readErr error
	if s.sticky && u.Sticky == nil {
		u.Sticky, readErr = s.documents(ctx, set.features[feature], &u)
	}
	t := set.Trace(feature, &u)
	return t.Result, errors.Join(readErr, s.keep(ctx, &t, &u))
}

// documents reads the sticky buckets of those of the user's identities that
// the payload hashes.
func (s *Service) documents(ctx context.Context, f *feature, u *User) (*Sticky, error) {
	if f == nil {
		return nil, nil
	}
	var list []StickyDocument
	for _, attribute := range f.identities {
		value := u.unit(attribute)
		if value == "" {
			continue
		}
		assignments, err := s.store.Assignments(ctx, attribute, value)
		if err != nil {
			return nil, err
		}
		if len(assignments) > 0 {
			list = append(list, StickyDocument{Attribute: attribute, Value: value, Assignments: assignments})
		}
	}
	return NewSticky(list...), nil
}

// keep records the exposures and the new sticky buckets.
func (s *Service) keep(ctx context.Context, t *Trace, u *User) error {
	if u.Sticky != nil && s.sticky {
		for _, d := range u.Sticky.Changed() {
			for _, a := range t.Assignments {
				if a.Counted() && a.Attribute == d.Attribute && a.Unit == d.Value && !a.Experiment.NoSticky {
					if err := s.store.Assign(ctx, d.Attribute, d.Value, stickyKey(a.Experiment), a.Key); err != nil {
						return err
					}
				}
			}
		}
	}
	if s.recorder == nil {
		return nil
	}
	for i := range t.Assignments {
		a := &t.Assignments[i]
		if !a.Counted() {
			continue
		}
		if err := s.recorder.Record(ctx, a.exposure(u)); err != nil {
			return err
		}
	}
	return nil
}

// exposure is what to record of an assignment.
func (a *Assignment) exposure(u *User) experiment.Exposure {
	x := experiment.Exposure{
		Experiment: experiment.ID(a.Experiment.Key), Unit: a.Unit, Arm: a.Key,
		At: u.At, Customer: u.Customer, Visitor: u.Visitor,
	}
	if a.Leaf != nil {
		x.Group = "leaf " + strconv.Itoa(a.Leaf.ID)
		x.Propensity = a.Leaf.Weights[a.Variation]
	}
	return x
}

// identities finds the attributes that a feature's experiments hash, with those
// of its prerequisites.
func (f *feature) collect(into map[string]bool, seen map[*feature]bool) {
	if seen[f] {
		return
	}
	seen[f] = true
	for _, r := range f.rules {
		for _, p := range r.parents {
			if p.feature != nil {
				p.feature.collect(into, seen)
			}
		}
		if r.run != nil && !r.run.def.NoSticky {
			into[r.run.attribute] = true
			fallback := r.run.def.Fallback
			if fallback == "" {
				fallback = "id"
			}
			into[fallback] = true
		}
	}
}

func (f *feature) setIdentities() {
	into := map[string]bool{}
	f.collect(into, map[*feature]bool{})
	for attribute := range into {
		f.identities = append(f.identities, attribute)
	}
	slices.Sort(f.identities)
}
