package catalog

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/told"
)

// Options of a [Service]; nil stands for the zero value.
type Options struct {
	Now   func() time.Time // time.Now
	NewID func() string    // a UUIDv7, which grows with time
	// Sink receives what changed, see [Change]; by default nobody. A log in the
	// database of the store receives events in the transaction of the change,
	// any other sink after it, see [Service.Deliver].
	Sink flywheel.Sink
	// Tx makes a change and what is told of it one: the database of the store.
	Tx flywheel.Transactor
	// Offers answers for prices and stock, which the catalog does not keep; without
	// it nothing has a price.
	Offers Offers
	// Refresh is how old the definitions may be by which something is read, a
	// second where it is 0. Changes of this Service are seen at once, and what is
	// written is always decided by the stored ones.
	Refresh time.Duration
}

// Service manages a catalog. It is safe for concurrent use.
type Service struct {
	store   Store
	now     func() time.Time
	newID   func() string
	teller  told.Teller
	tx      flywheel.Transactor
	offers  Offers
	refresh time.Duration

	mu      sync.Mutex // of installing a schema
	current atomic.Pointer[schema]
	checked atomic.Int64 // when, in nanoseconds since start
	start   time.Time
}

// New returns a Service over store, or over a fresh memory store when store is
// nil.
func New(store Store, opts *Options) (*Service, error) {
	if store == nil {
		store = NewMemory(nil)
	}
	if opts == nil {
		opts = &Options{}
	}
	s := &Service{store: store, now: opts.Now, newID: opts.NewID, teller: told.New(store, opts.Sink), tx: handle.Tx(opts.Tx, store),
		offers: opts.Offers, refresh: opts.Refresh, start: time.Now()}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = newid.New
	}
	if s.offers == nil {
		s.offers = noOffers{}
	}
	if s.refresh == 0 {
		s.refresh = time.Second
	}
	s.current.Store(emptySchema())
	s.checked.Store(-int64(s.refresh) - 1)
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Deliver publishes to the Sink what it did not accept before, as far as that is
// to be tried again at now, and reports whether there was anything. A sink outside
// the store's database needs it: a runner calls it, or a program now and then.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

// schema returns the definitions for reading, which may be as old as refresh.
func (s *Service) schema(ctx context.Context) (*schema, error) {
	if now := int64(time.Since(s.start)); now-s.checked.Load() > int64(s.refresh) {
		sc, err := s.latest(ctx)
		if err != nil {
			return nil, err
		}
		return sc, nil
	}
	return s.current.Load(), nil
}

// latest returns the stored definitions.
func (s *Service) latest(ctx context.Context) (*schema, error) {
	base := s.current.Load()
	at := int64(time.Since(s.start))
	defs, revision, err := s.store.Definitions(ctx, base.revision)
	if err != nil {
		return nil, err
	}
	if revision == base.revision {
		s.checked.Store(at)
		return base, nil
	}
	if revision < base.revision { // another database than before
		base = emptySchema()
		if defs, revision, err = s.store.Definitions(ctx, 0); err != nil {
			return nil, err
		}
	}
	next, err := base.apply(revision, defs)
	if err != nil {
		return nil, err
	}
	flywheel.AfterCommit(ctx, s.install)
	return next, nil
}

// install looks for definitions that are newer than those at hand.
func (s *Service) install(ctx context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	base := s.current.Load()
	at := int64(time.Since(s.start))
	defs, revision, err := s.store.Definitions(ctx, base.revision)
	if err != nil || revision == base.revision {
		return // whoever reads next looks again
	}
	if next, err := base.apply(revision, defs); err == nil && revision > base.revision {
		s.current.Store(next)
		s.checked.Store(at)
	}
}

// attempts is how often a change is decided again because another came between.
const attempts = 20

// change runs fn in a transaction, and again while what it has read changes before
// it is saved.
func (s *Service) change(ctx context.Context, fn func(ctx context.Context) error) error {
	for n := 1; ; n++ {
		err := s.tx.InTx(ctx, fn)
		if _, refused := asErrors(err); refused || !errors.Is(err, flywheel.ErrStale) {
			return err
		}
		if n == attempts {
			return fmt.Errorf("catalog: gave up after %d attempts: %w", n, err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// instant is the time of a change as stores keep it.
func (s *Service) instant() time.Time { return s.now().UTC().Truncate(time.Microsecond) }
