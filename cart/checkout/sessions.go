package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	"github.com/flywheel-go/flywheel/pricing/coupon"
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
	// part of a total that points pay at most, zero for all.
	PointValue, PointsMaxPercent money.Rate
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
	store  SessionStore
	opts   SessionOptions
	teller told.Teller
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
	s.teller = told.New(s.store, o.Sink)
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
	return s.get(ctx, id)
}

// get returns a session if the caller may see it; see [flywheel.WithActor].
func (s *Sessions) get(ctx context.Context, id SessionID) (Session, error) {
	of, err := s.store.Session(ctx, id)
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
// id has one made.
func (s *Sessions) Open(ctx context.Context, of cart.ID, id SessionID) (View, error) {
	c, err := s.opts.Carts.Get(ctx, of)
	if err != nil {
		return View{}, err
	}
	if c.Status != cart.Open {
		return View{}, &cart.ClosedError{Cart: c.ID, Status: c.Status, Order: c.Order, Into: c.Into}
	}
	there, err := s.store.OpenSession(ctx, of)
	if err == nil {
		if _, err := s.settle(ctx, &there); err != nil {
			return View{}, err
		}
		if there.Closed == "" {
			return s.answer(ctx, &there)
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
		ID: id, Cart: of, Customer: c.Customer, Visitor: c.Visitor, Codes: c.Coupons,
		OpenedAt: now, ExpiresAt: now.Add(s.opts.SessionTime),
	}
	v, err := s.price(ctx, &fresh)
	if err != nil {
		return View{}, err
	}
	err = s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		saved, err := s.save(ctx, fresh)
		if err != nil {
			return err
		}
		fresh = saved
		e := s.event(flywheel.EventBeginCheckout, &fresh, now)
		e.Value = v.Total
		for _, l := range v.Lines {
			e.Lines = append(e.Lines, flywheel.Line{SKU: l.SKU, Quantity: l.Quantity, Amount: l.Total})
		}
		return s.tell(ctx, e)
	})
	if errors.Is(err, ErrOpen) { // another call was first
		if there, err = s.store.OpenSession(ctx, of); err == nil {
			return s.answer(ctx, &there)
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
	return s.store.SaveSession(ctx, of)
}

// Get answers with the session as it is now. Only an expired one is refused.
func (s *Sessions) Get(ctx context.Context, id SessionID) (View, error) {
	of, err := s.load(ctx, id)
	if err != nil {
		return View{}, err
	}
	return s.answer(ctx, &of)
}

// load returns a session after what was due; an expired one is an error.
func (s *Sessions) load(ctx context.Context, id SessionID) (Session, error) {
	of, err := s.get(ctx, id)
	if err != nil {
		return Session{}, err
	}
	if _, err := s.settle(ctx, &of); err != nil {
		return Session{}, err
	}
	if of.Closed == Expired {
		return of, &SessionError{Session: id, Status: Expired, Err: flywheel.ErrExpired}
	}
	return of, nil
}

// maxTurns bounds how often a call begins again because another changed the session.
const maxTurns = 100

// change changes an open session without a try and answers.
func (s *Sessions) change(ctx context.Context, id SessionID, fn func(ctx context.Context, of *Session) error) (View, error) {
	for range maxTurns {
		of, err := s.load(ctx, id)
		if err != nil {
			return View{}, err
		}
		if status := of.status(); status != "" {
			return View{}, &SessionError{Session: id, Status: status, Err: flywheel.ErrConflict}
		}
		if err := fn(ctx, &of); err != nil {
			return View{}, err
		}
		v, err := s.price(ctx, &of)
		if err != nil {
			return View{}, err
		}
		if _, err = s.save(ctx, of); !errors.Is(err, ErrSessionStale) {
			return v, err
		}
	}
	return View{}, ErrSessionStale
}

// SetBuyer says who buys.
func (s *Sessions) SetBuyer(ctx context.Context, id SessionID, b Buyer) (View, error) {
	if err := b.check(); err != nil {
		return View{}, err
	}
	return s.change(ctx, id, func(_ context.Context, of *Session) error {
		of.Buyer = b
		return nil
	})
}

// SetAddress says where the goods go, and where the invoice goes if that is
// somewhere else.
func (s *Sessions) SetAddress(ctx context.Context, id SessionID, to order.Address, billing *order.Address) (View, error) {
	if err := checkAddress(&to, "address"); err != nil {
		return View{}, err
	}
	if billing != nil {
		if err := checkAddress(billing, "billing"); err != nil {
			return View{}, err
		}
	}
	return s.change(ctx, id, func(_ context.Context, of *Session) error {
		of.Address, of.Billing = &to, billing
		return nil
	})
}

// Choose chooses a delivery option. One that does not exist is not found; one that
// is not offered is a conflict.
func (s *Sessions) Choose(ctx context.Context, id SessionID, option string) (View, error) {
	return s.change(ctx, id, func(ctx context.Context, of *Session) error {
		if s.opts.Network == nil {
			return &flywheel.FieldError{Field: "option", Err: fmt.Errorf("%q: %w", option, flywheel.ErrNotFound)}
		}
		if _, known := s.opts.Network.Option(option); !known {
			return &flywheel.FieldError{Field: "option", Err: fmt.Errorf("%q: %w", option, flywheel.ErrNotFound)}
		}
		fresh := of.Clone()
		fresh.Option = "" // what is chosen may stay where it is no longer offered
		q, err := s.quote(ctx, &fresh)
		if err != nil {
			return err
		}
		for i := range q.offers {
			if q.offers[i].ID == option {
				of.Option = option
				return nil
			}
		}
		return &flywheel.FieldError{Field: "option", Err: fmt.Errorf("%q is not offered: %w", option, flywheel.ErrConflict)}
	})
}

// SetCodes replaces the discount codes. Codes that do nothing are told by warnings.
func (s *Sessions) SetCodes(ctx context.Context, id SessionID, codes ...string) (View, error) {
	if len(codes) > cart.MaxCoupons {
		return View{}, &flywheel.FieldError{Field: "codes", Err: fmt.Errorf("%d, at most %d: %w", len(codes), cart.MaxCoupons, flywheel.ErrLimit)}
	}
	for i, code := range codes {
		if len(code) > flywheel.MaxIDBytes {
			return View{}, &flywheel.FieldError{Field: fmt.Sprintf("codes[%d]", i), Err: fmt.Errorf("%d bytes, at most %d: %w", len(code), flywheel.MaxIDBytes, flywheel.ErrLimit)}
		}
	}
	return s.change(ctx, id, func(ctx context.Context, of *Session) error {
		for _, code := range codes {
			if s.opts.Codes == nil || slices.Contains(of.Codes, code) {
				continue
			}
			_, err := s.opts.Codes.Check(ctx, coupon.Request{Code: code, Customer: of.Customer, Visitor: of.Visitor})
			if err != nil && !errors.Is(err, coupon.ErrRefused) {
				return fmt.Errorf("checkout: code: %w", err)
			}
		}
		of.Codes = codes
		return nil
	})
}

// SetTenders replaces the means of payment. They pay in a stated order, whatever
// order they are given in: points, gift cards, store credit, card.
func (s *Sessions) SetTenders(ctx context.Context, id SessionID, tenders ...TenderChoice) (View, error) {
	if err := s.checkTenders(tenders); err != nil {
		return View{}, err
	}
	return s.change(ctx, id, func(ctx context.Context, of *Session) error {
		for i := range tenders {
			c, err := s.opts.Carts.Get(ctx, of.Cart)
			if err != nil {
				return err
			}
			if a := tenders[i].Amount; a != (money.Amount{}) && a.Currency() != c.Currency {
				return &flywheel.FieldError{Field: fmt.Sprintf("tenders[%d].amount", i), Err: &money.MismatchError{A: c.Currency, B: a.Currency()}}
			}
		}
		of.Tenders = tenders
		return nil
	})
}

// Review notes that the buyer confirmed what the session asked to review, or took
// that back.
func (s *Sessions) Review(ctx context.Context, id SessionID, ok bool) (View, error) {
	return s.change(ctx, id, func(_ context.Context, of *Session) error {
		of.Reviewed = ok
		return nil
	})
}

// SetMetadata replaces the program's own notes; they reach the order.
func (s *Sessions) SetMetadata(ctx context.Context, id SessionID, m map[string]string) (View, error) {
	return s.change(ctx, id, func(_ context.Context, of *Session) error {
		of.Metadata = m
		return nil
	})
}

// Cancel gives the session up; what it held is let go. Again it does nothing. One
// that is completing or completed reports a conflict. The cart stays open.
func (s *Sessions) Cancel(ctx context.Context, id SessionID) (View, error) {
	for range maxTurns {
		of, err := s.load(ctx, id)
		if err != nil {
			return View{}, err
		}
		switch status := of.status(); status {
		case Canceled:
			return s.answer(ctx, &of)
		case Completed, Completing:
			return View{}, &SessionError{Session: id, Status: status, Err: flywheel.ErrConflict}
		}
		try := of.Try
		of.Try, of.Closed = nil, Canceled
		if of, err = s.end(ctx, of, try, true, nil); errors.Is(err, ErrSessionStale) {
			continue
		}
		if err != nil {
			return View{}, err
		}
		return s.answer(ctx, &of)
	}
	return View{}, ErrSessionStale
}

// end saves a session whose try is over, and then lets go what the try held. With
// loose the money may be set aside, and is let go too.
func (s *Sessions) end(ctx context.Context, of Session, try *Try, loose bool, more func(ctx context.Context, saved *Session) error) (saved Session, err error) {
	if try != nil {
		of.Claim = Claim{}
	}
	if try != nil && loose && try.Tender >= 0 {
		of.Loose = append(of.Loose, LooseCharge{
			Key: try.Charge, Authorization: try.Authorization, Amount: try.Amount, Method: try.Method, Next: s.opts.Now(),
		})
	}
	err = s.opts.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if saved, err = s.save(ctx, of); err != nil {
			return err
		}
		if more != nil {
			return more(ctx, &saved)
		}
		return nil
	})
	if err != nil {
		return of, err
	}
	if try != nil {
		s.release(ctx, &saved, try)
		_ = s.opts.Carts.Thaw(ctx, of.Cart, string(of.ID)) // else whoever looks next does it
	}
	return s.tighten(ctx, saved)
}

// tighten lets loose charges go. What the gateway does not answer is tried again
// later.
func (s *Sessions) tighten(ctx context.Context, of Session) (Session, error) {
	now, gateway := s.opts.Now(), s.opts.Orders.Gateway()
	var left []LooseCharge
	for _, l := range of.Loose {
		if now.Before(l.Next) {
			left = append(left, l)
			continue
		}
		var err error
		if l.Authorization != "" {
			err = gateway.Void(ctx, eventid.Of("void", l.Key), l.Authorization)
		} else {
			err = gateway.Abandon(ctx, payment.Charge{Key: l.Key, Amount: l.Amount, Method: l.Method, Ref: string(of.ID), Customer: of.Customer})
		}
		if payment.Uncertain(err) {
			l.Next = now.Add(s.opts.WorkTime)
			left = append(left, l)
		}
	}
	if len(of.Loose) == 0 {
		return of, nil
	}
	of.Loose = left
	saved, err := s.save(ctx, of)
	if errors.Is(err, ErrSessionStale) { // what another call saved has them still
		return s.store.Session(ctx, of.ID)
	}
	if err != nil {
		return of, err
	}
	return saved, nil
}

// settle does what time, or the end of the cart, made due, and reports whether it did
// anything. When another call was first it loads again.
func (s *Sessions) settle(ctx context.Context, of *Session) (changed bool, err error) {
	for range maxTurns {
		did, err := s.settleOnce(ctx, of)
		if errors.Is(err, ErrSessionStale) {
			*of, err = s.store.Session(ctx, of.ID)
			did = true
		}
		if err != nil || !did {
			return changed, err
		}
		changed = true
	}
	return changed, ErrSessionStale
}

func (s *Sessions) settleOnce(ctx context.Context, of *Session) (did bool, err error) {
	now := s.opts.Now()
	for _, l := range of.Loose {
		if !now.Before(l.Next) {
			*of, err = s.tighten(ctx, *of)
			return true, err
		}
	}
	next, try := of.Clone(), of.Try
	switch {
	case of.Closed != "":
		return false, nil
	case try != nil && try.Phase != TryAction:
		if !try.Held || now.Before(try.Until) {
			return false, nil
		}
		next.Try.Held = false // the outcome stays open, but nothing is held for it
		if next, err = s.save(ctx, next); err == nil {
			s.release(ctx, &next, try)
			*of = next
		}
		return true, err
	case !now.Before(of.ExpiresAt):
		next.Try, next.Closed = nil, Expired
		*of, err = s.end(ctx, next, try, true, func(ctx context.Context, saved *Session) error {
			return s.tell(ctx, s.event(EventCheckoutExpired, saved, saved.ExpiresAt))
		})
		return true, err
	case try != nil:
		if now.Before(try.Until) {
			return false, nil
		}
		next.Try = nil // the buyer did not answer the bank
		*of, err = s.end(ctx, next, try, true, nil)
		return true, err
	}
	c, err := s.opts.Carts.Get(ctx, of.Cart)
	switch {
	case err != nil && !errors.Is(err, flywheel.ErrNotFound):
		return false, err
	case err == nil && c.Status == cart.Open:
		if c.Frozen == string(of.ID) { // the call that ended the try did not come to it
			return false, s.opts.Carts.Thaw(ctx, of.Cart, string(of.ID))
		}
		return false, nil
	}
	next.Closed = Canceled
	*of, err = s.end(ctx, next, nil, false, nil)
	return true, err
}

// Advance does what time alone made due at or before an instant of the trusted
// clock: sessions expire and holds end. It does a small batch and reports whether
// it did anything. Processes that share a store take different sessions.
func (s *Sessions) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	list, err := s.store.DueSessions(ctx, now, dueBatch)
	if err != nil {
		return false, err
	}
	for i := range list {
		changed, err := s.settle(ctx, &list[i])
		if err != nil {
			return more, err
		}
		more = more || changed
	}
	return more, nil
}

const dueBatch = 64

func (s *Sessions) charge(of *Session, t *Try) payment.Charge {
	return payment.Charge{Key: t.Charge, Amount: t.Amount, Method: t.Method, Ref: string(of.ID), Customer: t.Order.Customer}
}
