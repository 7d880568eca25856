package inventory

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/told"
)

const (
	// DefaultLocation is where stock is while Options name no other place.
	DefaultLocation Location = "main"
	// DefaultHold is how long a reservation holds while Options do not say.
	DefaultHold = 15 * time.Minute
)

// Options configure a [Service]. The zero value is ready.
type Options struct {
	// Location is where the service works. Default: DefaultLocation.
	Location Location
	// Hold is how long a reservation holds. Default: DefaultHold.
	Hold time.Duration
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Sink receives movements that change what is on hand; see the Event constants.
	// A log in the database of the store receives events in the transaction of the
	// change, any other sink after it (see [Service.Deliver]). Default: nobody.
	Sink flywheel.Sink
	// Lots tracks the lots and serial numbers of items that say so (see
	// Item.Tracking). All services of a store need the same answer. Default: no item
	// is tracked. It needs a store that offers LotStore and ItemStore, and transactions.
	Lots bool
	// Alerts tells the Sink when what is available crosses a bound; see [EventLow]. It
	// needs a store that offers BatchStore and ItemStore.
	Alerts bool
	// Tx makes a change and what is told of it one transaction. Default: the
	// database of the store.
	Tx flywheel.Transactor
}

// Service keeps the stock of one location. It is safe for concurrent use.
type Service struct {
	store    Store
	batch    BatchStore // nil when the store has none
	items    ItemStore  // nil when the store has none
	lots     LotStore   // nil unless lots are tracked
	papers   PaperStore // nil when the store has none
	history  HistoryStore
	location Location
	hold     time.Duration
	clock    func() time.Time
	teller   told.Teller
	tx       flywheel.Transactor
}

// New returns a Service on store, or on a fresh memory store when store is nil.
// Nil opts are the defaults.
func New(store Store, opts *Options) (*Service, error) {
	if store == nil {
		store = NewMemory(nil)
	}
	if opts == nil {
		opts = &Options{}
	}
	s := &Service{store: store, location: opts.Location, hold: opts.Hold, clock: opts.Now, teller: told.New(store, opts.Sink), tx: handle.Tx(opts.Tx, store)}
	s.batch, _ = store.(BatchStore)
	s.items, _ = store.(ItemStore)
	_, begins := store.(flywheel.Transactor)
	transactions := opts.Tx != nil || begins || handle.Of(store) != nil
	if transactions {
		s.papers, _ = store.(PaperStore)
	}
	s.history, _ = store.(HistoryStore)
	if opts.Lots {
		if s.lots, _ = store.(LotStore); s.lots == nil || s.items == nil || !transactions {
			return nil, refused(flywheel.ErrInvalid, "the store keeps no lots in transactions")
		}
	}
	if opts.Alerts {
		if s.batch == nil || s.items == nil {
			return nil, refused(flywheel.ErrInvalid, "the store cannot tell of bounds")
		}
		bounds := &alerting{s.store, s.batch, s}
		s.store, s.batch = bounds, bounds
	}
	if s.location == "" {
		s.location = DefaultLocation
	}
	if err := checkLocation(s.location); err != nil {
		return nil, err
	}
	if s.hold == 0 {
		s.hold = DefaultHold
	}
	if s.hold < time.Microsecond {
		return nil, refused(flywheel.ErrOutOfRange, "hold of %v is not positive", s.hold)
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// At returns the service of another location on the same store. Refs of
// reservations are shared by all locations. A location that is no identifier is
// refused by the calls made there.
func (s *Service) At(location Location) *Service {
	other := *s
	other.location = location
	return &other
}

// Location returns where the service works.
func (s *Service) Location() Location { return s.location }

func (s *Service) now() time.Time { return micros(s.clock()) }

func micros(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// Deliver publishes to the Sink what it did not accept before, as far as that is
// to be tried again at now, and reports whether there was anything. A sink outside
// the store's database needs it: a runner calls it, or a program now and then.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

// told runs fn, a change that the sink is told of, as one transaction.
func (s *Service) told(ctx context.Context, fn func(ctx context.Context) error) error {
	if !s.teller.Listens() && s.batch != nil && s.lots == nil {
		return fn(ctx) // one call of the store
	}
	return s.tx.InTx(ctx, fn)
}

// checkRef looks at the names that every change has.
func (s *Service) checkRef(ref string) error {
	if err := checkLocation(s.location); err != nil {
		return err
	}
	return checkID("ref", ref)
}

func checkLocation(location Location) error {
	if location == EveryPlace {
		return refused(flywheel.ErrInvalid, "location %q is no place", location)
	}
	return checkID("location", string(location))
}

func checkID(what, id string) error {
	if err := flywheel.CheckID(id); err != nil {
		return refused(err, "%s", what)
	}
	return nil
}
