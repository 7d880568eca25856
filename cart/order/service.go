package order

import (
	"context"
	"errors"
	"iter"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/told"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Service keeps orders and takes goods and money back. It is safe for concurrent
// use.
type Service struct {
	store  Store
	opts   Options
	teller told.Teller
}

// Options are the neighbours of a [Service]. The zero value is ready.
type Options struct {
	// Now is the clock, by default time.Now.
	Now func() time.Time
	// Gateway moves the money, by default a new payment.Memory. It must be the
	// one that authorized the orders.
	Gateway payment.Gateway
	// Stock takes goods that come back; nil where no stock is kept.
	Stock Restocker
	// Sink learns of refunds, by default nobody. A log in the database of the
	// orders is told in the transaction of the change, any other sink after it,
	// see [Service.Deliver].
	Sink flywheel.Sink
	// Tx makes restocking, telling and saving one change; by default it is the
	// database of the orders. A Stock that is kept elsewhere is asked first. A
	// return that stops on the way is finished by [Service.Resume] or by asking
	// again.
	Tx flywheel.Transactor
}

// Restocker takes goods back into stock, once for each ref.
type Restocker interface {
	Restock(ctx context.Context, ref string, lines []flywheel.Line) error
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
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	if s.opts.Gateway == nil {
		s.opts.Gateway = new(payment.Memory)
	}
	s.opts.Tx = handle.Tx(s.opts.Tx, s.store)
	s.teller = told.New(s.store, s.opts.Sink)
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

// Place validates o and adds it with status [Placed]. It is idempotent by the
// buyer and o.Key, see [Store].Insert. Callers with a cart use
// checkout.Checkout.Place, which reserves, authorizes and captures as well; others
// set o.Booked when the stock is taken and the purchase published.
func (s *Service) Place(ctx context.Context, o Order) (Order, error) {
	none := money.New(0, o.Currency)
	if o.PlacedAt.IsZero() {
		o.PlacedAt = s.opts.Now()
	}
	o.Status = Placed
	if o.Payment.Authorization == "" {
		o.Payment.Authorized = none
	}
	o.Payment.Captured, o.Payment.Refunded = none, none
	if err := o.Validate(); err != nil {
		return Order{}, err
	}
	return s.store.Insert(ctx, o)
}

// Get returns the order.
func (s *Service) Get(ctx context.Context, id ID) (Order, error) { return s.store.Get(ctx, id) }

// ByKey returns the order that buyer placed with the idempotency key.
func (s *Service) ByKey(ctx context.Context, buyer Buyer, key string) (Order, error) {
	return s.store.ByKey(ctx, buyer, key)
}

// List yields the orders that match f, ordered by (PlacedAt, ID).
func (s *Service) List(ctx context.Context, f Filter) iter.Seq2[Order, error] {
	return s.store.List(ctx, f)
}

// Book records that the stock of the order is taken, its cart closed and its
// purchase published. Without a transaction checkout calls it after these steps.
func (s *Service) Book(ctx context.Context, id ID) (Order, error) {
	return s.update(ctx, id, func(o *Order) (bool, error) {
		changed := !o.Booked
		o.Booked = true
		return changed, nil
	})
}

// update loads the order, changes it and saves it. When someone else saved
// meanwhile it begins again. A change that reports false is not saved.
func (s *Service) update(ctx context.Context, id ID, change func(*Order) (bool, error)) (Order, error) {
	o, err := s.store.Get(ctx, id)
	if err != nil {
		return Order{}, err
	}
	return s.change(ctx, o, change)
}

// maxTries bounds how often a change begins again. Each time someone else's
// change went through, so it is reached only when a store is broken.
const maxTries = 1000

// change is update for an order that is loaded already.
func (s *Service) change(ctx context.Context, o Order, change func(*Order) (bool, error)) (Order, error) {
	for range maxTries {
		changed, err := change(&o)
		if err != nil {
			return Order{}, err
		}
		if !changed {
			return o, nil
		}
		saved, err := s.store.Save(ctx, o)
		if !errors.Is(err, ErrStale) {
			return saved, err
		}
		if o, err = s.store.Get(ctx, o.ID); err != nil {
			return Order{}, err
		}
	}
	return Order{}, ErrStale
}

// Gateway returns the gateway that moves the money of the orders.
func (s *Service) Gateway() payment.Gateway { return s.opts.Gateway }
