package checkout

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/told"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// The defaults of [SessionOptions].
const (
	DefaultSessionTime = 6 * time.Hour
	DefaultHoldTime    = 15 * time.Minute
	DefaultWorkTime    = time.Minute
)

// SessionOptions are the neighbors and terms of [Sessions]. Carts and Orders are
// needed.
type SessionOptions struct {
	Carts  *cart.Service
	Orders *order.Service
	// Catalog describes the items; nil knows nothing of them, and nothing is
	// shipped with a weight. It is best the one of Carts.
	Catalog flywheel.Catalog
	// Network says how goods are delivered; nil is a shop that ships nothing.
	Network *fulfillment.Network
	// Stock holds goods; nil has everything.
	Stock Goods
	// Codes know discount codes; nil knows none.
	Codes Codes
	// GiftCards, StoreCredit and Points pay; a tender whose neighbor is nil is
	// refused.
	GiftCards, StoreCredit Balance
	Points                 Points
	// PointValue is what one point is worth in minor units, PointsMaxPercent the
	// part of a total that points pay at most, zero for all. Without a value the
	// programs of Points say it, at the instant of the quote, where those are a
	// [PointRates]: a session that was seen at another rate is quote_changed.
	PointValue, PointsMaxPercent money.Rate
	// PointValueIn is what one point is worth in minor units of a currency, in place of
	// PointValue.
	PointValueIn map[money.Currency]money.Rate
	// Taxes says which taxes a place levies; nil takes those of the price engine
	// everywhere. Home is where buyers without an address are taxed.
	Taxes tax.Provider
	Home  tax.Place
	// UntaxedElsewhere levies no tax in a place that Taxes does not know; without it
	// such an address cannot be delivered to.
	UntaxedElsewhere bool
	// DeliveryIncludesTax says that the charges of Network contain tax.
	DeliveryIncludesTax bool
	// Mode says when cards are captured, Policy is that of returns.
	Mode   order.CaptureMode
	Policy order.Policy
	// SessionTime is how long a session may take, HoldTime how long what it needs is
	// held for one try, WorkTime how long one call of a try may take before another
	// takes it over.
	SessionTime, HoldTime, WorkTime time.Duration
	// Hidden gives the same answer for every code that cannot be used, whatever the
	// reason. Without it only codes of a series are answered so, see
	// coupon.RefusedError; of codes that are published the buyer is told the reason.
	// Staff see it with [Sessions.CodeReasons].
	Hidden bool
	// Terms tells what the shop knows of a customer, such as groups; nil knows
	// nothing. At, Taxes, Shipping, Items and Coupons are set by the session.
	Terms func(ctx context.Context, customer flywheel.CustomerID) (cart.Terms, error)
	// Return is the address to which a bank sends the buyer of a session back after an
	// action, always the same for a session; nil where the gateway knows one.
	Return func(SessionID) string
	// Continue is the address of the page where the buyer of a session goes on, such as
	// one that an agent or a letter leads to; nil names none.
	Continue func(SessionID) string
	// Sink learns of begin_checkout, [EventCheckoutExpired] and purchase.
	Sink flywheel.Sink
	// Tx makes what is recorded one transaction, by default the database of the
	// sessions.
	Tx    flywheel.Transactor
	Now   func() time.Time
	NewID func() string
}

// EventCheckoutExpired reports a session that was not placed in time: Ref is the
// session.
const EventCheckoutExpired = "checkout_expired"

// Sessions keeps checkout sessions and makes orders of them. It is safe for
// concurrent use.
type Sessions struct {
	counter
	store SessionStore
	opts  SessionOptions
	// together says that session, order and cart are kept in one database.
	together bool
}

// NewSessions returns a service on store; nil stands for a fresh memory store.
func NewSessions(store SessionStore, opts *SessionOptions) (*Sessions, error) {
	s := &Sessions{store: store}
	if opts != nil {
		s.opts = *opts
	}
	o := &s.opts
	if o.Carts == nil || o.Orders == nil {
		return nil, fmt.Errorf("checkout: sessions without carts or orders: %w", flywheel.ErrInvalid)
	}
	if s.store == nil {
		s.store = NewMemory(nil)
	}
	for _, d := range []struct {
		of    *time.Duration
		value time.Duration
		name  string
	}{{&o.SessionTime, DefaultSessionTime, "SessionTime"}, {&o.HoldTime, DefaultHoldTime, "HoldTime"}, {&o.WorkTime, DefaultWorkTime, "WorkTime"}} {
		if *d.of < 0 {
			return nil, fmt.Errorf("checkout: %s %v: %w", d.name, *d.of, flywheel.ErrOutOfRange)
		}
		if *d.of == 0 {
			*d.of = d.value
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.NewID == nil {
		o.NewID = newid.New
	}
	o.Tx = handle.Tx(o.Tx, s.store)
	s.counter = counter{o.Carts, o.Orders, told.New(s.store, o.Sink)}
	s.together = !handle.None(o.Tx)
	for _, v := range []any{s.store, o.Orders, o.Carts, o.Stock, o.Codes, o.GiftCards, o.StoreCredit, o.Points} {
		s.together = s.together && (v == nil || handle.Joins(o.Tx, v))
	}
	return s, nil
}

// Handle implements flywheel.Stored: the database of the sessions, or nil if their
// store names none.
func (s *Sessions) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Deliver tells the Sink what it did not take when it was told; see
// [Checkout.Deliver].
func (s *Sessions) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

// Session returns the session as it is stored, for the shop's own programs.
func (s *Sessions) Session(ctx context.Context, id SessionID) (Session, error) {
	of, err := s.get(ctx, id)
	return of.Clone(), err
}

// stored returns a session as it is stored. Whoever asks changes none of its parts, and
// hands out none.
func (s *Sessions) stored(ctx context.Context, id SessionID) (Session, error) {
	if m, memory := s.store.(*MemoryStore); memory {
		return m.shared(ctx, id)
	}
	return s.store.Session(ctx, id)
}

// get returns a session if the caller may see it; see [flywheel.WithActor].
func (s *Sessions) get(ctx context.Context, id SessionID) (Session, error) {
	of, err := s.stored(ctx, id)
	if errors.Is(err, flywheel.ErrNotFound) || err == nil && !flywheel.Allowed(ctx, of.Customer, of.Visitor) {
		return Session{}, fmt.Errorf("checkout: session %q: %w", id, flywheel.ErrNotFound)
	}
	return of, err
}

// Forget removes the sessions of a customer, and what the Sink has not received of
// them yet.
func (s *Sessions) Forget(ctx context.Context, c flywheel.CustomerID) error {
	return s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.teller.Forget(ctx, c); err != nil {
			return err
		}
		return s.store.Forget(ctx, c)
	})
}

// Open begins a session for a cart, or answers with the one that is open. An empty
// id has one made. The codes of the cart count as typed now, as with
// [Sessions.SetCodes]: those of a buyer of whom too many failed are left out, with a
// warning in this answer.
func (s *Sessions) Open(ctx context.Context, of cart.ID, id SessionID) (View, error) {
	c, err := s.opts.Carts.Read(ctx, of)
	if err != nil {
		return View{}, err
	}
	if c.Status != cart.Open {
		return View{}, &cart.ClosedError{Cart: c.ID, Status: c.Status, Order: c.Order, Into: c.Into}
	}
	there, err := s.store.OpenSession(ctx, of)
	if err == nil {
		c, err := s.settle(ctx, &there)
		if err != nil {
			return View{}, err
		}
		if there.Closed == "" {
			return s.answer(ctx, &there, c)
		}
	} else if !errors.Is(err, flywheel.ErrNotFound) {
		return View{}, err
	}
	if id == "" {
		id = SessionID(s.opts.NewID())
	}
	if err := flywheel.CheckID(string(id)); err != nil {
		return View{}, &flywheel.FieldError{Field: "id", Err: err}
	}
	now := s.opts.Now()
	fresh := Session{
		ID: id, Cart: of, Customer: c.Customer, Visitor: c.Visitor,
		OpenedAt: now, ExpiresAt: now.Add(s.opts.SessionTime),
	}
	leftOut := false
	for _, code := range c.Coupons {
		switch err := s.typed(ctx, &fresh, code); {
		case err == nil:
			fresh.Codes = append(fresh.Codes, code)
		case errors.Is(err, flywheel.ErrRateLimited):
			leftOut = true
		default:
			return View{}, err
		}
	}
	v, err := s.price(ctx, &fresh, &c, nil)
	if err != nil {
		return View{}, err
	}
	if leftOut {
		v.Messages = append(v.Messages, onlyOnce(warned(CodeInvalid, pathCodes)))
	}
	err = s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		saved, err := s.save(ctx, fresh)
		if err != nil {
			return err
		}
		e := s.event(flywheel.EventBeginCheckout, &saved, now)
		e.Value = v.Total
		for _, l := range v.Lines {
			e.Lines = append(e.Lines, flywheel.Line{SKU: l.SKU, Quantity: l.Quantity, Amount: l.Total})
		}
		return s.tell(ctx, e)
	})
	if errors.Is(err, ErrOpen) { // another call was first
		if there, err = s.store.OpenSession(ctx, of); err == nil {
			return s.answer(ctx, &there, nil)
		}
	}
	if err != nil {
		return View{}, err
	}
	return v, nil
}

func (s *Sessions) event(name string, of *Session, at time.Time) flywheel.Event {
	return flywheel.Event{
		ID: eventid.Of(name, string(of.ID)), Name: name, Time: at, Customer: of.Customer, Visitor: of.Visitor, Ref: string(of.ID),
	}
}

func (s *Sessions) tell(ctx context.Context, e flywheel.Event) error {
	if !s.teller.Listens() {
		return nil
	}
	return s.teller.Tell(ctx, e)
}

func (s *Sessions) save(ctx context.Context, of Session) (Session, error) {
	of.Due = of.due()
	if m, memory := s.store.(*MemoryStore); memory {
		return m.save(ctx, of, true) // the order of a try, and what that needs, are made for it and only read
	}
	return s.store.SaveSession(ctx, of)
}

// Get answers with the session as it is now. Only an expired one is refused.
func (s *Sessions) Get(ctx context.Context, id SessionID) (View, error) {
	of, c, err := s.load(ctx, id)
	if err != nil {
		return View{}, err
	}
	return s.answer(ctx, &of, c)
}

// load returns a session after what was due, with its cart as settle does; an expired
// one is an error.
func (s *Sessions) load(ctx context.Context, id SessionID) (Session, *cart.Cart, error) {
	of, err := s.get(ctx, id)
	if err != nil {
		return Session{}, nil, err
	}
	c, err := s.settle(ctx, &of)
	if err != nil {
		return Session{}, nil, err
	}
	if of.Closed == Expired {
		return of, nil, &SessionError{Session: id, Status: Expired, Err: flywheel.ErrExpired}
	}
	return of, c, nil
}

func (s *Sessions) charge(of *Session, t *Try) payment.Charge {
	c := payment.Charge{Key: t.Charge, Amount: t.Amount, Method: t.Method, Ref: string(of.ID), Customer: t.Order.Customer}
	if s.opts.Return != nil {
		c.Return = s.opts.Return(of.ID)
	}
	return c
}
