package pricing

import (
	"context"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/txhook"
)

// Service prices baskets by what a [Store] keeps. Reading takes no lock: the
// [Engine] is swapped as a whole. It is safe for concurrent use.
type Service struct {
	store  Store
	config Config
	engine atomic.Pointer[Engine]
	change sync.Mutex // one change or reload at a time
}

// Options says how a [Service] works. Nil is the defaults.
type Options struct {
	// Config is what the store does not keep: taxes, rounding, attributes, and
	// price lists and promotions that are part of the program. Those of the
	// store come behind them.
	Config Config
}

// New returns a service over store, priced by what options says until the first
// [Service.Reload]. A nil store is a fresh one in memory.
func New(store Store, options *Options) (*Service, error) {
	if store == nil {
		store = NewMemory(nil)
	}
	if options == nil {
		options = &Options{}
	}
	engine, err := Compile(options.Config)
	if err != nil {
		return nil, err
	}
	s := &Service{store: store, config: options.Config.clone()}
	s.engine.Store(engine)
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Engine returns the engine of the moment, for several quotes by one state of
// prices, or for [Engine.QuoteInto].
func (s *Service) Engine() *Engine { return s.engine.Load() }

// Quote prices b with the engine of the moment.
func (s *Service) Quote(b Basket) (Quote, error) { return s.Engine().Quote(b) }

// Reload compiles what the store has and swaps it in. After an error the engine
// is the one it was.
func (s *Service) Reload(ctx context.Context) error {
	return s.update(ctx, func(*Config) {}, func() error { return nil })
}

// update makes one change: it compiles what the store will have, writes, and
// swaps the engine in.
func (s *Service) update(ctx context.Context, alter func(*Config), write func() error) error {
	s.change.Lock()
	defer s.change.Unlock()
	c, err := s.load(ctx)
	if err != nil {
		return err
	}
	alter(&c)
	engine, err := Compile(c)
	if err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	if txhook.Within(ctx) { // it may come to nothing: look again once it has not
		flywheel.AfterCommit(ctx, func(ctx context.Context) { _ = s.Reload(ctx) })
		return nil
	}
	s.engine.Store(engine)
	return nil
}

// load returns the configuration with everything that the store has.
func (s *Service) load(ctx context.Context) (Config, error) {
	c := s.config.clone()
	for l, err := range s.store.Lists(ctx) {
		if err != nil {
			return Config{}, err
		}
		c.Lists = append(c.Lists, l)
	}
	for p, err := range s.store.Promotions(ctx) {
		if err != nil {
			return Config{}, err
		}
		c.Promotions = append(c.Promotions, p)
	}
	return c, nil
}

// SaveList saves a price list and prices by it from then on. What would not
// compile is refused before it is saved. Where ctx carries a transaction, prices
// change once it has committed; if reading them fails then, [Service.Reload] does
// it later.
func (s *Service) SaveList(ctx context.Context, l List) (saved List, err error) {
	err = s.update(ctx, func(c *Config) {
		if i := s.listAt(c, l.ID); i >= 0 {
			c.Lists[i] = l
		} else {
			c.Lists = append(c.Lists, l)
		}
	}, func() (err error) {
		saved, err = s.store.SaveList(ctx, l)
		return err
	})
	return saved, err
}

// Import saves l with the entries that a file has in place of its own, all of them
// or none: see [ReadEntries].
func (s *Service) Import(ctx context.Context, l List, file io.Reader) (saved List, err error) {
	l.Entries = nil
	for e, err := range ReadEntries(file) {
		if err != nil {
			return List{}, err
		}
		l.Entries = append(l.Entries, e)
	}
	return s.SaveList(ctx, l)
}

// SavePromotion is [Service.SaveList] for a promotion.
func (s *Service) SavePromotion(ctx context.Context, p Promotion) (saved Promotion, err error) {
	err = s.update(ctx, func(c *Config) {
		if i := s.promotionAt(c, p.ID); i >= 0 {
			c.Promotions[i] = p
		} else {
			c.Promotions = append(c.Promotions, p)
		}
	}, func() (err error) {
		saved, err = s.store.SavePromotion(ctx, p)
		return err
	})
	return saved, err
}

// DeleteList removes a price list of the store, which must have that version.
func (s *Service) DeleteList(ctx context.Context, id string, version int64) error {
	return s.update(ctx, func(c *Config) {
		if i := s.listAt(c, id); i >= 0 {
			c.Lists = slices.Delete(c.Lists, i, i+1)
		}
	}, func() error { return s.store.DeleteList(ctx, id, version) })
}

// DeletePromotion removes a promotion of the store, which must have that
// version.
func (s *Service) DeletePromotion(ctx context.Context, id string, version int64) error {
	return s.update(ctx, func(c *Config) {
		if i := s.promotionAt(c, id); i >= 0 {
			c.Promotions = slices.Delete(c.Promotions, i, i+1)
		}
	}, func() error { return s.store.DeletePromotion(ctx, id, version) })
}

// listAt returns where the store's list of that ID is in c, or -1. The first
// lists are the program's own.
func (s *Service) listAt(c *Config, id string) int {
	own := len(s.config.Lists)
	i := slices.IndexFunc(c.Lists[own:], func(l List) bool { return l.ID == id })
	if i < 0 {
		return -1
	}
	return own + i
}

// promotionAt is listAt for promotions.
func (s *Service) promotionAt(c *Config, id string) int {
	own := len(s.config.Promotions)
	i := slices.IndexFunc(c.Promotions[own:], func(p Promotion) bool { return p.ID == id })
	if i < 0 {
		return -1
	}
	return own + i
}
