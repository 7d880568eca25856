package order

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/told"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
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
	// Stock takes goods that come back of orders without a [CaptureMode]; nil where no
	// stock is kept.
	Stock Restocker
	// Warehouse holds, ships and takes back the goods of the other orders; nil where
	// no stock is kept.
	Warehouse Warehouse
	// Balances give money back to gift cards and store credit, Points to points,
	// Credit pays refunds that a buyer takes as store credit, and Coupons take back
	// codes of orders that were called off. What an order needs and is missing is an
	// error when it is needed; without Coupons no code is given back.
	Balances map[TenderType]Balance
	Points   PointsBalance
	Credit   Credit
	Coupons  Coupons
	// Shop offers what is added to orders.
	Shop Shop
	// NewNumber makes the numbers of orders, by default ten characters at random.
	NewNumber func() string
	// FirstInvoice and FirstCreditNote are the first numbers of these series, by
	// default 1. They matter for a store that has none yet.
	FirstInvoice, FirstCreditNote int64
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

// Warehouse is what orders need of an inventory. inventory.Service is one. Every
// call is idempotent by its reference or key.
type Warehouse interface {
	// Hold sets units aside for ref until a time, or nothing.
	Hold(ctx context.Context, ref string, units []fulfillment.Unit, until time.Time) error
	// Allocate turns the hold of ref into goods of an order that have yet to leave.
	Allocate(ctx context.Context, ref string) error
	// Release lets the hold of ref go. Of nothing it does nothing.
	Release(ctx context.Context, ref string) error
	// Ship takes units of what is allocated for ref off the shelf. Units that wait
	// for stock and are not there yet report an error matching flywheel.ErrConflict.
	Ship(ctx context.Context, ref, key string, units []fulfillment.Unit) error
	// Deallocate gives units of what is allocated for ref back.
	Deallocate(ctx context.Context, ref, key string, units []fulfillment.Unit) error
	// RestockAt puts goods that came back on the shelf of a location.
	RestockAt(ctx context.Context, ref string, place fulfillment.Location, lines []flywheel.Line) error
}

// Readier is a [Warehouse] that can tell whether Ship would refuse units now. It is
// asked before a card is charged for them.
type Readier interface {
	Ready(ctx context.Context, ref string, units []fulfillment.Unit) error
}

// Balance gives money back to an account whose balance paid under ref, once for each
// key.
type Balance interface {
	GiveBack(ctx context.Context, account, key, ref string, amount money.Amount) error
}

// PointsBalance gives points back that were taken under ref, once for each key.
// loyalty.Service is one.
type PointsBalance interface {
	GiveBack(ctx context.Context, member flywheel.CustomerID, key, ref string, points int64) error
}

// Credit pays out store credit, once for each key. *credit.Service is one.
type Credit interface {
	Grant(ctx context.Context, account, key string, amount money.Amount, reason string) error
}

// Coupons take back the use of a code under ref, once. coupon.Service is one; it is
// told who has an order, see [Service.Known].
type Coupons interface {
	GiveBack(ctx context.Context, ref, code string) error
}

// Shop offers items that are added to an order: at today's price, or the agreed one,
// and the tax of the order's destination, without promotions, packed in parcels as an
// order of its own. Items that replace what arrived broken are only packed. An unknown
// item reports an error matching flywheel.ErrNotFound, one that is short a
// [*ShortError].
type Shop interface {
	Offer(ctx context.Context, o *Order, items []Item, at time.Time, replace bool) (Offer, error)
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
	if s.opts.NewNumber == nil {
		s.opts.NewNumber = newNumber
	}
	s.opts.Tx = handle.Tx(s.opts.Tx, s.store)
	s.teller = told.New(s.store, s.opts.Sink)
	if c, ok := s.opts.Coupons.(recognizer); ok {
		c.Recognize(s.Known)
	}
	return s, nil
}

// recognizer is a coupon service that asks who has an order.
type recognizer interface {
	Recognize(known func(ctx context.Context, customer flywheel.CustomerID) (bool, error))
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
	if o.Mode == "" {
		if err := o.Validate(); err != nil {
			return Order{}, err
		}
		return s.store.Insert(ctx, o)
	}
	made := o.Number == ""
	for range maxTries {
		if made {
			o.Number = s.opts.NewNumber()
		}
		placed, err := o.placed()
		if err != nil {
			return Order{}, err
		}
		placed, err = s.store.Insert(ctx, placed)
		if d, ok := errors.AsType[*DuplicateError](err); ok && made && d.Field == "number" {
			continue
		}
		return placed, err
	}
	return Order{}, ErrStale
}

// asPlaced reports whether a line is as it is when its order has just been placed.
func (l *Line) asPlaced() bool {
	return l.Canceled == 0 && l.DeliveredAt.IsZero() && l.Added == "" && (l.Shipped == 0 && !l.Download || l.Download && l.Shipped == l.Quantity)
}

// placed returns o as it is when it has just been placed, see [Order.Validate].
func (o Order) placed() (Order, error) {
	none := o.amount(0)
	o = o.withLines()
	if slices.ContainsFunc(o.Lines, func(l Line) bool { return !l.asPlaced() }) {
		o.Lines = slices.Clone(o.Lines)
	}
	o.RMAs, o.Documents, o.Operations, o.Sequence = nil, nil, nil, 0
	o.PaidAt, o.Credited, o.Due, o.Prepaid = time.Time{}, none, none, none
	o.PlacedAt = normalTime(o.PlacedAt)
	for i := range o.Tenders {
		t := &o.Tenders[i]
		t.Refunded, t.Disputed, t.PointsBack = none, none, 0
		if t.Type != Card {
			o.Prepaid = o.amount(o.Prepaid.Minor() + t.Amount.Minor())
		}
		for j := range t.Authorizations {
			a := &t.Authorizations[j]
			a.Captured, a.Released, a.Refunded = none, none, none
		}
	}
	for _, d := range o.deliveries() {
		d.Invoiced, d.Back = false, none
	}
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.asPlaced() {
			continue
		}
		l.Canceled, l.Shipped, l.DeliveredAt, l.Added = 0, 0, time.Time{}, ""
		if l.Download {
			l.Shipped = l.Quantity
		}
	}
	o.sumPayment()
	if err := o.Validate(); err != nil {
		return Order{}, err
	}
	if op := o.firstCapture(); op != nil {
		o.Operations, o.Sequence = []Operation{*op}, op.Sequence
	}
	return o, nil
}

// Get returns the order.
func (s *Service) Get(ctx context.Context, id ID) (Order, error) { return s.load(ctx, id) }

// load returns the order if the caller may see it; see [flywheel.WithActor].
func (s *Service) load(ctx context.Context, id ID) (Order, error) {
	o, err := s.store.Get(ctx, id)
	if errors.Is(err, flywheel.ErrNotFound) || err == nil && !flywheel.Allowed(ctx, o.Customer, o.Visitor) {
		return Order{}, fmt.Errorf("order %q: %w", id, flywheel.ErrNotFound)
	}
	return o, err
}

// ByKey returns the order that buyer placed with the idempotency key.
func (s *Service) ByKey(ctx context.Context, buyer Buyer, key string) (Order, error) {
	if !flywheel.Allowed(ctx, buyer.Customer, buyer.Visitor) {
		return Order{}, fmt.Errorf("order of key %q: %w", key, flywheel.ErrNotFound)
	}
	return s.store.ByKey(ctx, buyer, key)
}

// List yields the orders that match f, ordered by (PlacedAt, ID).
func (s *Service) List(ctx context.Context, f Filter) iter.Seq2[Order, error] {
	if _, known := flywheel.ActorOf(ctx); !known {
		return s.store.List(ctx, f)
	}
	return func(yield func(Order, error) bool) {
		for o, err := range s.store.List(ctx, f) {
			if err == nil && !flywheel.Allowed(ctx, o.Customer, o.Visitor) {
				continue
			}
			if !yield(o, err) {
				return
			}
		}
	}
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
	o, err := s.load(ctx, id)
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
