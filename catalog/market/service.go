package market

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Service keeps watches of minimum prices and their incidents in a [Store], so that
// readings may come from any process and nothing flaps after a restart. It is safe for
// concurrent use.
type Service struct{ store Store }

// New returns a service on store, a new [MemoryStore] when it is nil. It does no I/O.
func New(store Store) *Service {
	if store == nil {
		store = NewMemory(nil)
	}
	return &Service{store}
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Define keeps a watch, or gives the one that is there another rule, item or seller: an
// open incident goes on under it. The state is never the caller's.
func (s *Service) Define(ctx context.Context, w Watched) (Watched, error) {
	w.State = WatchState{}
	if err := w.Check(); err != nil {
		return Watched{}, err
	}
	return s.change(ctx, w.ID, true, func(before *Watched) (*Violation, error) {
		w.State, w.Version = before.State, before.Version
		*before = w
		return nil, nil
	})
}

// See takes a price that was seen, in order of time for each watch, and returns the
// incident and whether the price opened or closed it: see [PriceWatch.Next]. The same
// reading again, as after a lost answer, changes nothing and is Unchanged.
func (s *Service) See(ctx context.Context, watch string, at time.Time, price money.Amount) (v Violation, change Change, err error) {
	at = stored(at)
	_, err = s.change(ctx, watch, false, func(w *Watched) (*Violation, error) {
		v, change = Violation{}, Unchanged
		if at.Equal(w.State.Last) && !at.IsZero() {
			if w.State.Open {
				v = w.State.Current.Stored()
			}
			return nil, errNothing
		}
		p, err := w.Rule.Resume(w.State)
		if err != nil {
			return nil, err
		}
		if v, change, err = p.Next(at, price); err != nil {
			return nil, err
		}
		if w.State = p.State(); v.Opened.IsZero() {
			return nil, nil
		}
		kept := v
		return &kept, nil
	})
	if errors.Is(err, errNothing) {
		err = nil
	}
	return v, change, err
}

// errNothing ends a change of nothing.
var errNothing = errors.New("market: nothing new")

// rounds is how often a change is tried that others overtake.
const rounds = 40

// change changes a watch, again when somebody else was faster.
func (s *Service) change(ctx context.Context, id string, create bool, fn func(w *Watched) (*Violation, error)) (Watched, error) {
	for round := 0; ; round++ {
		w, err := s.store.Watch(ctx, id)
		if create && errors.Is(err, ErrUnknown) {
			w, err = Watched{}, nil
		}
		if err != nil {
			return Watched{}, err
		}
		v, err := fn(&w)
		if err != nil {
			return Watched{}, err
		}
		saved, err := s.store.SaveWatch(ctx, w, v)
		if err == nil || !errors.Is(err, ErrStale) || round == rounds {
			return saved, err
		}
	}
}

// Watch returns a watch. A missing one matches [ErrUnknown].
func (s *Service) Watch(ctx context.Context, id string) (Watched, error) {
	return s.store.Watch(ctx, id)
}

// Watches yields all watches by their IDs. An error is yielded once, last.
func (s *Service) Watches(ctx context.Context) iter.Seq2[Watched, error] { return s.store.Watches(ctx) }

// Breaches yields incidents by (Opened, Watch). An error is yielded once, last.
func (s *Service) Breaches(ctx context.Context, f BreachFilter) iter.Seq2[Breach, error] {
	return s.store.Breaches(ctx, f)
}
