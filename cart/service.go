package cart

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/told"
	"github.com/flywheel-go/flywheel/pricing"
)

// DefaultMaxLines is how many lines a cart may have unless Options say otherwise.
const DefaultMaxLines = 1000

// Service keeps carts. It is safe for concurrent use.
type Service struct {
	store  Store
	opts   Options
	teller told.Teller
	engine atomic.Pointer[pricing.Engine]
}

// Options are the neighbours and limits of a [Service]. The zero value is ready.
type Options struct {
	// Engine prices the carts. Without one, Quote takes agreed prices only.
	Engine *pricing.Engine
	// Prices takes the place of Engine where prices change: each quote asks it for
	// the engine of the moment, so that a price that is saved is charged at once.
	// A pricing.Service is one.
	Prices Prices
	// Catalog describes the items of the lines for prices, promotions and taxes, and
	// knows which can be bought: [Service.Add] refuses others. By default every SKU
	// can be, and nothing is known of it.
	Catalog flywheel.Catalog
	// Segments knows the live segments of customers, for promotions such as
	// {"segments": "vip"}. A segment.Profiles does. By default nobody is in any.
	Segments Segments
	// Now is the clock, by default time.Now.
	Now func() time.Time
	// NewID names carts that are created without an ID, by default a UUIDv7.
	NewID func() string
	// MaxLines is how many lines a cart may have, by default DefaultMaxLines.
	MaxLines int
	// AbandonAfter is how long an open cart with lines is left alone until it
	// counts as abandoned, and ExpireAfter how long until it is closed; zero is
	// never. [Service.Advance] does both.
	AbandonAfter, ExpireAfter time.Duration
	// Sink learns of add_to_cart, remove_from_cart and [EventCartAbandoned], by
	// default nobody. A log in the database of the carts is told in the transaction
	// of the change, any other sink after it, see [Service.Deliver].
	Sink flywheel.Sink
	// Tx makes a change and its event one, by default the database of the carts.
	Tx flywheel.Transactor
}

// Prices hands out the engine of the moment. It is safe for concurrent use.
type Prices interface {
	Engine() *pricing.Engine
}

// Segments knows of which live segments a customer is a member now. It is safe for
// concurrent use.
type Segments interface {
	SegmentsOf(ctx context.Context, customer flywheel.CustomerID) ([]string, error)
}

// New returns a service on store; nil stands for a fresh memory store, nil
// options for the defaults.
func New(store Store, opts *Options) (*Service, error) {
	s := &Service{store: store}
	if opts != nil {
		s.opts = *opts
	}
	if s.store == nil {
		s.store = NewMemory(nil)
	}
	if s.opts.AbandonAfter < 0 || s.opts.ExpireAfter < 0 {
		return nil, fmt.Errorf("cart: AbandonAfter %v, ExpireAfter %v: %w", s.opts.AbandonAfter, s.opts.ExpireAfter, flywheel.ErrOutOfRange)
	}
	s.opts.Tx = handle.Tx(s.opts.Tx, s.store)
	s.teller = told.New(s.store, s.opts.Sink)
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	if s.opts.NewID == nil {
		s.opts.NewID = newid.New
	}
	if s.opts.MaxLines == 0 {
		s.opts.MaxLines = DefaultMaxLines
	}
	if s.opts.MaxLines < 0 {
		return nil, fmt.Errorf("cart: MaxLines %d: %w", s.opts.MaxLines, flywheel.ErrInvalid)
	}
	if s.opts.Engine == nil {
		engine, err := pricing.Compile(pricing.Config{})
		if err != nil {
			return nil, err
		}
		s.opts.Engine = engine
	}
	s.engine.Store(s.opts.Engine)
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Deliver tells the Sink what it did not take when it was told, as far as that is
// to be tried again at now, and reports whether there was anything. A sink outside
// the store's database needs it: a runner calls it, or a program now and then.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

// Create adds an open cart. Of c it takes ID, Customer, Visitor, Session, Currency,
// Coupons, Draft and Lines, which are added as [Service.Add] does; an empty ID has one
// made. A cart needs a customer or a visitor. An ID that is taken reports an error
// matching [flywheel.ErrConflict].
func (s *Service) Create(ctx context.Context, c Cart) (Cart, error) {
	if c.ID == "" {
		c.ID = ID(s.opts.NewID())
	}
	fail := func(field string, err error) (Cart, error) {
		return Cart{}, fmt.Errorf("cart %q: %s: %w", c.ID, field, err)
	}
	if err := flywheel.CheckID(string(c.ID)); err != nil {
		return fail("id", err)
	}
	if c.Customer == "" && c.Visitor == "" {
		return fail("customer", fmt.Errorf("neither customer nor visitor: %w", flywheel.ErrInvalid))
	}
	if c.Customer != "" {
		if err := flywheel.CheckID(string(c.Customer)); err != nil {
			return fail("customer", err)
		}
	}
	if c.Visitor != "" {
		if err := flywheel.CheckID(string(c.Visitor)); err != nil {
			return fail("visitor", err)
		}
	}
	if !flywheel.Allowed(ctx, c.Customer, c.Visitor) {
		return fail("customer", fmt.Errorf("another's: %w", flywheel.ErrForbidden))
	}
	if c.Currency.IsZero() {
		return fail("currency", fmt.Errorf("missing: %w", flywheel.ErrInvalid))
	}
	if c.Draft != "" {
		if _, known := flywheel.ActorOf(ctx); known {
			return fail("draft", ErrDraft)
		}
		if err := flywheel.CheckID(c.Draft); err != nil {
			return fail("draft", err)
		}
	}
	now := s.opts.Now()
	fresh := Cart{
		ID: c.ID, Customer: c.Customer, Visitor: c.Visitor, Session: c.Session, Currency: c.Currency, Draft: c.Draft,
		Status: Open, CreatedAt: now, UpdatedAt: now,
	}
	if err := fresh.attach(c.Coupons); err != nil {
		return Cart{}, err
	}
	if len(c.Lines) == 0 {
		return s.save(ctx, fresh, nil)
	}
	e, err := s.put(ctx, &fresh, c.Lines)
	if err != nil {
		return Cart{}, err
	}
	return s.save(ctx, fresh, e)
}

// Get returns the cart.
func (s *Service) Get(ctx context.Context, id ID) (Cart, error) { return s.load(ctx, id) }

// Read is [Service.Get] for those who change no part of the answer, which may share
// memory with the store.
func (s *Service) Read(ctx context.Context, id ID) (Cart, error) {
	m, memory := s.store.(*MemoryStore)
	if !memory {
		return s.load(ctx, id)
	}
	c, err := m.shared(ctx, id)
	return visible(ctx, id, c, err)
}

// load returns the cart if the caller may see it; see [flywheel.WithActor].
func (s *Service) load(ctx context.Context, id ID) (Cart, error) {
	c, err := s.store.Get(ctx, id)
	return visible(ctx, id, c, err)
}

func visible(ctx context.Context, id ID, c Cart, err error) (Cart, error) {
	if errors.Is(err, flywheel.ErrNotFound) || err == nil && !flywheel.Allowed(ctx, c.Customer, c.Visitor) {
		return Cart{}, missing(id)
	}
	return c, err
}

// missing is the answer for a cart that does not exist, or not for the caller.
func missing(id ID) error { return fmt.Errorf("cart %q: %w", id, flywheel.ErrNotFound) }

// List yields the carts that match f, ordered by (UpdatedAt, ID); those of the actor
// where ctx has one.
func (s *Service) List(ctx context.Context, f Filter) iter.Seq2[Cart, error] {
	return func(yield func(Cart, error) bool) {
		for c, err := range s.store.List(ctx, f) {
			if err == nil && !flywheel.Allowed(ctx, c.Customer, c.Visitor) {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// Abandoned yields the open carts with lines that nobody touched since t, the
// longest untouched first.
func (s *Service) Abandoned(ctx context.Context, t time.Time) iter.Seq2[Cart, error] {
	return func(yield func(Cart, error) bool) {
		for c, err := range s.store.List(ctx, Filter{Status: Open, UpdatedBefore: t}) {
			if err == nil && len(c.Lines) == 0 {
				continue
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// Forget removes the carts of a customer, those of a guest that were merged into them,
// and what the Sink has not received of them yet.
func (s *Service) Forget(ctx context.Context, c flywheel.CustomerID) error {
	return s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.teller.Forget(ctx, c); err != nil {
			return err
		}
		var merged []ID
		if c != "" {
			for own, err := range s.store.List(ctx, Filter{Customer: c}) {
				if err != nil {
					return err
				}
				merged = append(merged, own.Absorbed...)
			}
		}
		for len(merged) > 0 { // one that was merged may have taken others before
			id := merged[len(merged)-1]
			merged = merged[:len(merged)-1]
			guest, err := s.store.Get(ctx, id)
			if errors.Is(err, flywheel.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if guest.Status != Merged || guest.Customer != "" && guest.Customer != c {
				continue
			}
			if err := s.store.Delete(ctx, id); err != nil {
				return err
			}
			merged = append(merged, guest.Absorbed...)
		}
		return s.store.Forget(ctx, c)
	})
}

// Delete removes the cart, whatever its status. One that is not there is no
// error.
func (s *Service) Delete(ctx context.Context, id ID) error {
	if _, known := flywheel.ActorOf(ctx); known {
		c, err := s.load(ctx, id)
		if err == nil && c.Draft != "" {
			err = fmt.Errorf("cart %q: %w", id, ErrDraft)
		}
		if err != nil {
			return err
		}
	}
	return s.store.Delete(ctx, id)
}

// change loads an open cart, changes it, and saves it with its event; when
// someone else saved meanwhile it begins again.
func (s *Service) change(ctx context.Context, id ID, fn func(*Cart) (*flywheel.Event, error)) (Cart, error) {
	return s.update(ctx, id, func(c *Cart) (*flywheel.Event, error) {
		if c.Status != Open {
			return nil, &ClosedError{Cart: c.ID, Status: c.Status, Order: c.Order, Into: c.Into}
		}
		if c.Draft != "" {
			return nil, fmt.Errorf("cart %q: %w", c.ID, ErrDraft)
		}
		if c.Frozen != "" {
			return nil, fmt.Errorf("cart %q: %w", c.ID, ErrFrozen)
		}
		e, err := fn(c)
		c.touch(s.opts.Now())
		return e, err
	})
}

// maxTries bounds how often a change begins again. Each time someone else's
// change went through, so it is reached only when a store is broken.
const maxTries = 1000

func (s *Service) update(ctx context.Context, id ID, fn func(*Cart) (*flywheel.Event, error)) (Cart, error) {
	for range maxTries {
		c, err := s.load(ctx, id)
		if err != nil {
			return Cart{}, err
		}
		e, err := fn(&c)
		if err != nil {
			return Cart{}, err
		}
		saved, err := s.save(ctx, c, e)
		if !errors.Is(err, ErrStale) {
			return saved, err
		}
	}
	return Cart{}, ErrStale
}

// save writes the cart and publishes the event, if any, whose ID is that of the
// version.
func (s *Service) save(ctx context.Context, c Cart, e *flywheel.Event) (saved Cart, err error) {
	c.Due = s.due(&c)
	if e == nil || !s.teller.Listens() {
		return s.store.Save(ctx, c)
	}
	err = s.opts.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if saved, err = s.store.Save(ctx, c); err != nil {
			return err
		}
		e.ID = eventid.Of(e.Name, string(c.ID), strconv.FormatInt(saved.Version, 10))
		if e.Ref = string(c.ID); e.Time.IsZero() {
			e.Time = saved.UpdatedAt
		}
		e.Customer, e.Visitor, e.Session = c.Customer, c.Visitor, c.Session
		if err := s.teller.Tell(ctx, *e); err != nil {
			return fmt.Errorf("cart %q: %w", c.ID, err)
		}
		return nil
	})
	if err != nil {
		return Cart{}, err
	}
	return saved, nil
}
