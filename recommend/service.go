package recommend

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
)

// Options of a [Service]; nil stands for the zero value.
type Options struct {
	// Config is how the Service trains.
	Config Config
}

// Service records interactions, trains a Model from them and recommends. It is a
// [flywheel.Sink], and safe for concurrent use.
type Service struct {
	store    Store
	config   Config
	model    atomic.Pointer[Model]
	training sync.Mutex

	following sync.RWMutex
	followers []follower
}

// follower is told of what was recorded, once it is committed, in this process.
type follower interface {
	recorded(ctx context.Context, facts []Interaction)
	forgotten(ctx context.Context, who ...Actor)
	cleared()
}

// follow adds a follower.
func (s *Service) follow(f follower) {
	s.following.Lock()
	defer s.following.Unlock()
	s.followers = append(s.followers, f)
}

// tell calls fn for each follower once the transaction of ctx, if any, is committed.
func (s *Service) tell(ctx context.Context, fn func(ctx context.Context, f follower)) {
	s.following.RLock()
	all := s.followers
	s.following.RUnlock()
	if len(all) == 0 {
		return
	}
	flywheel.AfterCommit(ctx, func(ctx context.Context) {
		for _, f := range all {
			fn(ctx, f)
		}
	})
}

var _ flywheel.Sink = (*Service)(nil)

// New returns a Service over store, or over a fresh memory store when store is
// nil. It recommends nothing until Train was called.
func New(store Store, opts *Options) (*Service, error) {
	if store == nil {
		store = NewMemory(nil)
	}
	if opts == nil {
		opts = &Options{}
	}
	if err := opts.Config.check(); err != nil {
		return nil, err
	}
	s := &Service{store: store, config: opts.Config}
	s.model.Store(&Model{config: opts.Config.withDefaults()})
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Publish implements [flywheel.Sink]: it records the facts that a [Kind] names
// among events, each once however often it is delivered, and passes over other
// events. It takes all of them or none.
func (s *Service) Publish(ctx context.Context, events ...flywheel.Event) error {
	facts := make([]Interaction, 0, len(events))
	for i := range events {
		in, ok, err := fromEvent(&events[i])
		if err != nil {
			return fmt.Errorf("recommend: %w", err)
		}
		if !ok {
			continue
		}
		if err := events[i].Validate(); err != nil {
			return fmt.Errorf("recommend: %w", err)
		}
		facts = append(facts, in)
	}
	if len(facts) == 0 {
		return ctx.Err()
	}
	if err := s.store.Append(ctx, facts...); err != nil {
		return err
	}
	s.tell(ctx, func(ctx context.Context, f follower) { f.recorded(ctx, facts) })
	return nil
}

// Dataset returns all that was recorded, for [Train] and [Evaluate].
func (s *Service) Dataset(ctx context.Context) (*Dataset, error) {
	if m, ok := s.store.(*MemoryStore); ok {
		return m.dataset(ctx)
	}
	d := &Dataset{}
	for in, err := range s.store.All(ctx) {
		if err != nil {
			return nil, err
		}
		if err := d.Add(in); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// Train builds a Model from all that was recorded and from then on recommends by
// it. Recommend goes on with the old Model meanwhile; a second Train waits for
// the first.
func (s *Service) Train(ctx context.Context) (*Model, error) {
	s.training.Lock()
	defer s.training.Unlock()
	d, err := s.Dataset(ctx)
	if err != nil {
		return nil, err
	}
	m, err := Train(d, s.config)
	if err != nil {
		return nil, err
	}
	s.model.Store(m)
	return m, nil
}

// Model returns the Model in use; before the first Train an empty one.
func (s *Service) Model() *Model { return s.model.Load() }

// Recommend answers r for actor, from the current Model and the history of the
// actor up to this moment: all that the actor showed interest in goes before
// r.Items. Nobody in particular has no history, so that r stands alone.
func (s *Service) Recommend(ctx context.Context, actor Actor, r Request) ([]Recommendation, error) {
	var history []flywheel.SKU
	for in, err := range s.store.Of(ctx, actor) {
		if err != nil {
			return nil, err
		}
		if in.Kind.Interest() {
			history = append(history, in.Items...)
		}
	}
	r.Items = distinct(append(history, r.Items...))
	return s.Model().Recommend(r), nil
}
