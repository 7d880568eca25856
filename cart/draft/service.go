package draft

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/eventid"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/told"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The events of drafts. Ref is the draft, property "by" who made it; of EventOrdered
// property "order" is the order.
const (
	EventSent      = "draft_sent"
	EventOrdered   = "draft_ordered"
	EventWithdrawn = "draft_withdrawn"
	EventExpired   = "draft_expired"
)

// DefaultValid is how long a draft holds that does not say.
const DefaultValid = 14 * 24 * time.Hour

// Metadata is the key under which a session, and its order, name the draft.
const Metadata = "draft"

// Options are the neighbors and terms of a [Service]. Carts, Sessions and Links are
// needed.
type Options struct {
	Carts    *cart.Service
	Sessions *checkout.Sessions
	// Links sign what is sent. They may be those of orders.
	Links *order.Links
	// Catalog describes the items; without it every SKU is one that the price lists
	// have, or that has a price of its own.
	Catalog flywheel.Catalog
	// Valid is how long a draft holds that does not say; [DefaultValid] if it is zero.
	Valid time.Duration
	// Sink learns of the events.
	Sink flywheel.Sink
	// Tx makes a change and its event one, by default the database of the drafts.
	Tx    flywheel.Transactor
	Now   func() time.Time
	NewID func() string
}

// Service keeps drafts. It is safe for concurrent use.
type Service struct {
	store  Store
	opts   Options
	teller told.Teller
}

// New returns a service on store; nil stands for a fresh memory store.
func New(store Store, opts *Options) (*Service, error) {
	if opts == nil || opts.Carts == nil || opts.Sessions == nil || opts.Links == nil {
		return nil, refuse("options", flywheel.ErrInvalid, "carts, sessions or links are missing")
	}
	s := &Service{store: store, opts: *opts}
	if s.store == nil {
		s.store = NewMemory(nil)
	}
	if s.opts.Valid < 0 {
		return nil, refuse("valid", flywheel.ErrOutOfRange, "%v", s.opts.Valid)
	}
	if s.opts.Valid == 0 {
		s.opts.Valid = DefaultValid
	}
	if s.opts.Now == nil {
		s.opts.Now = time.Now
	}
	if s.opts.NewID == nil {
		s.opts.NewID = newid.New
	}
	s.opts.Tx = handle.Tx(s.opts.Tx, s.store)
	s.teller = told.New(s.store, s.opts.Sink)
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// Deliver publishes to the Sink what it did not accept before. A runner calls it.
func (s *Service) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return s.teller.Deliver(ctx, now)
}

// ErrStaff reports a call that only the shop's own staff makes.
var ErrStaff = fmt.Errorf("draft: only the shop's staff does that: %w", flywheel.ErrForbidden)

// StatusError tells what state of a draft forbids a call. It matches
// flywheel.ErrConflict or, of an expired one, flywheel.ErrExpired.
type StatusError struct {
	Draft  ID
	Status Status
}

func (e *StatusError) Error() string { return fmt.Sprintf("draft %q is %s", e.Draft, e.Status) }

// Unwrap returns the kind.
func (e *StatusError) Unwrap() error {
	if e.Status == Expired {
		return flywheel.ErrExpired
	}
	return flywheel.ErrConflict
}

func staff(ctx context.Context) error {
	if _, shopper := flywheel.ActorOf(ctx); shopper {
		return ErrStaff
	}
	return nil
}

func (s *Service) now() time.Time { return normal(s.opts.Now()) }

// Create saves a new draft. Of d it takes what staff says; an empty ID has one made, an
// empty ValidUntil is Options.Valid from now. The same Key and body again answer with
// the draft as it is; another body matches flywheel.ErrKeyReused.
func (s *Service) Create(ctx context.Context, d Draft) (Draft, error) {
	if err := staff(ctx); err != nil {
		return Draft{}, err
	}
	body, err := json.Marshal(terms(&d))
	if err != nil {
		return Draft{}, refuse("draft", flywheel.ErrInvalid, "%v", err)
	}
	sum := sha256.Sum256(body)
	asked, now := hex.EncodeToString(sum[:]), s.now()
	fresh := terms(&d)
	fresh.ID, fresh.Key, fresh.Asked, fresh.Status = d.ID, d.Key, asked, Open
	if fresh.ID == "" {
		fresh.ID = ID(s.opts.NewID())
	}
	fresh.CreatedAt, fresh.UpdatedAt = now, now
	if err := flywheel.CheckID(d.Key); err != nil {
		return Draft{}, &flywheel.FieldError{Field: "key", Err: err}
	}
	for range attempts {
		there, err := s.store.ByKey(ctx, d.Key)
		if err == nil {
			if there.Asked != asked {
				return Draft{}, ErrKeyTaken
			}
			return there, nil
		}
		if !errors.Is(err, flywheel.ErrNotFound) {
			return Draft{}, err
		}
		if err := s.settleTerms(ctx, &fresh, now); err != nil {
			return Draft{}, err
		}
		saved, err := s.store.Save(ctx, fresh)
		if !errors.Is(err, ErrKeyTaken) {
			return saved, err
		}
	}
	return Draft{}, ErrStale
}

// terms returns what staff says of a draft.
func terms(d *Draft) Draft {
	d2 := d.Clone()
	return Draft{
		By: d2.By, Customer: d2.Customer, Visitor: d2.Visitor, Currency: d2.Currency, Lines: d2.Lines, Buyer: d2.Buyer,
		Address: d2.Address, Billing: d2.Billing, Deliveries: d2.Deliveries, Note: d2.Note, ValidUntil: d2.ValidUntil,
	}
}

// settleTerms completes and checks what staff says, and fixes the prices.
func (s *Service) settleTerms(ctx context.Context, d *Draft, now time.Time) error {
	if d.ValidUntil.IsZero() {
		d.ValidUntil = now.Add(s.opts.Valid)
	}
	d.ValidUntil = normal(d.ValidUntil)
	d.Due = d.ValidUntil
	if d.Customer == "" && d.Visitor == "" {
		d.Visitor = flywheel.VisitorID("draft:" + s.opts.NewID()) // the ID of the draft is no secret
	}
	for i := range d.Lines {
		d.Lines[i].Unit = d.Lines[i].Price
	}
	if err := d.check(now); err != nil {
		return err
	}
	if err := s.fixPrices(ctx, d, now); err != nil {
		return err
	}
	return d.check(now) // two lines may come to the same price
}

// fixPrices notes the price of the day where a line has none, and what is agreed.
func (s *Service) fixPrices(ctx context.Context, d *Draft, now time.Time) error {
	c := cart.Cart{ID: cart.ID(d.ID), Customer: d.Customer, Visitor: d.Visitor, Currency: d.Currency, Status: cart.Open}
	for i := range d.Lines {
		l := &d.Lines[i]
		c.Lines = append(c.Lines, cart.Line{ID: strconv.Itoa(i + 1), SKU: l.SKU, Quantity: l.Quantity, Agreed: l.Price, TaxIncluded: l.TaxIncluded})
	}
	t := cart.Terms{At: now, Coupons: []string{}, WithoutPromotions: true}
	var err error
	if t.Segments, err = s.opts.Carts.SegmentsOf(ctx, d.Customer); err != nil {
		return err
	}
	if s.opts.Catalog != nil {
		if t.Items, err = s.opts.Catalog.Describe(ctx, c.SKUs()...); err != nil {
			return fmt.Errorf("draft: describe: %w", err)
		}
		for i := range d.Lines {
			if item, known := t.Items[d.Lines[i].SKU]; !known || item.Withdrawn {
				return refuse(fmt.Sprintf("lines[%d].sku", i), flywheel.ErrNotFound, "%q", d.Lines[i].SKU)
			}
		}
	}
	var q pricing.Quote
	if err := s.opts.Carts.QuoteInto(&q, &c, t); err != nil {
		return err
	}
	if err := q.Priced(); err != nil {
		return fmt.Errorf("draft: %w", err)
	}
	for i := range d.Lines {
		l := &d.Lines[i]
		if (l.Price == money.Price{}) {
			l.Price, l.TaxIncluded = q.Lines[i].Unit, q.Lines[i].TaxIncluded
		}
		if l.Unit = l.Price; l.Off.IsZero() {
			continue
		}
		whole := int64(1)
		for range l.Off.Scale() {
			whole *= 10
		}
		less, err := l.Price.MulRatio(whole-l.Off.Coefficient(), whole, money.HalfUp)
		if err != nil {
			return &flywheel.FieldError{Field: fmt.Sprintf("lines[%d].off", i), Err: err}
		}
		l.Unit = money.PriceOf(less)
	}
	return nil
}

// Get returns a draft as it is now.
func (s *Service) Get(ctx context.Context, id ID) (Draft, error) {
	if err := staff(ctx); err != nil {
		return Draft{}, err
	}
	d, err := s.store.Get(ctx, id)
	if err != nil {
		return Draft{}, err
	}
	return s.settle(ctx, d)
}

// List yields the drafts that match f, by ID, as they are stored. IDs that the service
// made are in the order of making.
func (s *Service) List(ctx context.Context, f Filter) iter.Seq2[Draft, error] {
	return func(yield func(Draft, error) bool) {
		if err := staff(ctx); err != nil {
			yield(Draft{}, err)
			return
		}
		for after := ID(""); ; {
			list, err := s.store.List(ctx, f, after, batch)
			if err != nil {
				yield(Draft{}, err)
				return
			}
			for i := range list {
				if after = list[i].ID; !yield(list[i], nil) {
					return
				}
			}
			if len(list) < batch {
				return
			}
		}
	}
}

const (
	batch    = 64
	attempts = 20
	// pause is how long a draft is left alone whose payment is under way.
	pause = time.Minute
)

// Change replaces the terms of a draft by what fn makes of them: all that Create takes
// but ID and Key. A draft that was sent is open again, and its link shows it no longer.
// A price stays what it was unless fn sets it to zero or to another.
func (s *Service) Change(ctx context.Context, id ID, fn func(d *Draft) error) (Draft, error) {
	return s.change(ctx, id, "", func(d *Draft) error {
		next := d.Clone()
		if err := fn(&next); err != nil {
			return err
		}
		said := terms(&next)
		said.ID, said.Key, said.Asked, said.CreatedAt, said.Version, said.Sends = d.ID, d.Key, d.Asked, d.CreatedAt, d.Version, d.Sends
		said.Status = Open
		if err := s.settleTerms(ctx, &said, s.now()); err != nil {
			return err
		}
		*d = said
		return nil
	})
}

// Withdraw takes a draft back for good. Again it does nothing.
func (s *Service) Withdraw(ctx context.Context, id ID) (Draft, error) {
	d, err := s.change(ctx, id, EventWithdrawn, func(d *Draft) error {
		if d.Status == Withdrawn {
			return errDone
		}
		d.Status, d.Due = Withdrawn, time.Time{}
		return nil
	})
	if errors.Is(err, errDone) {
		return s.store.Get(ctx, id)
	}
	return d, err
}

// errDone ends a change that has nothing to do.
var errDone = errors.New("done already")

// change changes a draft that is open or sent, takes it back if it was sent, and tells
// the event.
func (s *Service) change(ctx context.Context, id ID, event string, fn func(d *Draft) error) (Draft, error) {
	if err := staff(ctx); err != nil {
		return Draft{}, err
	}
	for range attempts {
		d, err := s.store.Get(ctx, id)
		if err != nil {
			return Draft{}, err
		}
		if d, err = s.settle(ctx, d); err != nil {
			return Draft{}, err
		}
		if d.Status == Withdrawn && event == EventWithdrawn {
			return d, nil
		}
		if d.Status.Final() {
			return Draft{}, &StatusError{Draft: id, Status: d.Status}
		}
		before := d.Cart
		if d.Status == Open {
			before = nextCart(&d) // of a sending that did not come to its end
		}
		if err := fn(&d); err != nil {
			return Draft{}, err
		}
		if err := s.retire(ctx, &d, before); err != nil {
			return Draft{}, err
		}
		saved, err := s.end(ctx, d, before, event)
		if !errors.Is(err, ErrStale) {
			return saved, err
		}
	}
	return Draft{}, ErrStale
}

// end saves a draft whose cart is retired, with its event.
func (s *Service) end(ctx context.Context, d Draft, retired cart.ID, event string) (saved Draft, err error) {
	d.UpdatedAt, d.Cart = s.now(), ""
	err = s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		if saved, err = s.store.Save(ctx, d); err != nil {
			return err
		}
		return s.tell(ctx, event, &saved)
	})
	if err == nil && retired != "" {
		err = s.opts.Carts.Delete(ctx, retired)
	}
	return saved, err
}

func (s *Service) tell(ctx context.Context, name string, d *Draft) error {
	if name == "" || !s.teller.Listens() {
		return nil
	}
	e := flywheel.Event{
		ID: eventid.Of(name, string(d.ID), strconv.FormatInt(d.Sends, 10)), Name: name, Time: d.UpdatedAt,
		Customer: d.Customer, Visitor: d.Visitor, Ref: string(d.ID), Properties: map[string]any{"by": d.By},
	}
	if d.Order != "" {
		e.Properties["order"] = string(d.Order)
	}
	for i := range d.Lines {
		e.Lines = append(e.Lines, flywheel.Line{SKU: d.Lines[i].SKU, Quantity: d.Lines[i].Quantity})
	}
	return s.teller.Tell(ctx, e)
}

func holder(id ID) string { return "draft:" + string(id) }

// retire holds the cart of a draft so that nobody begins to pay for it. It reports a
// conflict while somebody does.
func (s *Service) retire(ctx context.Context, d *Draft, id cart.ID) error {
	if id == "" {
		return nil
	}
	for range attempts {
		c, err := s.opts.Carts.Get(ctx, id)
		if errors.Is(err, flywheel.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err = s.opts.Carts.Freeze(ctx, id, c.Version, holder(d.ID)); !errors.Is(err, flywheel.ErrStale) {
			if err != nil {
				return fmt.Errorf("draft %q: %w", d.ID, err)
			}
			return nil
		}
	}
	return ErrStale
}

// settle does what the cart, or time, made due.
func (s *Service) settle(ctx context.Context, d Draft) (Draft, error) {
	for range attempts {
		if d.Status.Final() {
			return d, nil
		}
		before := d.Cart
		if before != "" {
			c, err := s.opts.Carts.Get(ctx, before)
			if err != nil && !errors.Is(err, flywheel.ErrNotFound) {
				return Draft{}, err
			}
			if err == nil && c.Status == cart.Ordered {
				d.Status, d.Order, d.Due = Ordered, order.ID(c.Order), time.Time{}
				saved, err := s.note(ctx, d, EventOrdered)
				if errors.Is(err, ErrStale) {
					if d, err = s.store.Get(ctx, d.ID); err == nil {
						continue
					}
				}
				return saved, err
			}
		}
		if s.now().Before(d.ValidUntil) {
			return d, nil
		}
		if d.Status == Open {
			before = nextCart(&d) // of a sending that did not come to its end
		}
		if err := s.retire(ctx, &d, before); err != nil {
			if errors.Is(err, cart.ErrFrozen) {
				return d, nil // it is being paid
			}
			return Draft{}, err
		}
		d.Status, d.Due = Expired, time.Time{}
		saved, err := s.end(ctx, d, before, EventExpired)
		if !errors.Is(err, ErrStale) {
			return saved, err
		}
		if d, err = s.store.Get(ctx, d.ID); err != nil {
			return Draft{}, err
		}
	}
	return Draft{}, ErrStale
}

// note saves a draft with its event.
func (s *Service) note(ctx context.Context, d Draft, event string) (saved Draft, err error) {
	d.UpdatedAt = s.now()
	err = s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		if saved, err = s.store.Save(ctx, d); err != nil {
			return err
		}
		return s.tell(ctx, event, &saved)
	})
	return saved, err
}

// Advance does what is due at or before an instant of the trusted clock: drafts expire,
// and those that were ordered meanwhile are noted. It does a small batch and reports
// whether it did anything.
func (s *Service) Advance(ctx context.Context, now time.Time) (more bool, err error) {
	if err := staff(ctx); err != nil {
		return false, err
	}
	list, err := s.store.DueDrafts(ctx, now, batch)
	if err != nil {
		return false, err
	}
	for i := range list {
		d, err := s.settle(ctx, list[i])
		if err == nil && !d.Status.Final() {
			if d.Due = d.ValidUntil; !d.Due.After(now) {
				d.Due = normal(now.Add(pause)) // it is being paid
			}
			_, err = s.note(ctx, d, "")
		}
		if err != nil && !errors.Is(err, ErrStale) {
			return more, err
		}
		more = true
	}
	return more, nil
}

// Forget removes the drafts of a customer, and what the Sink has not received of them
// yet.
func (s *Service) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.teller.Forget(ctx, customer); err != nil {
			return err
		}
		return s.store.Forget(ctx, customer)
	})
}
