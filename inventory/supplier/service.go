package supplier

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Stock is what a [Service] needs of inventory; *inventory.Service fits it. Calls may
// be repeated: the same key or version again changes nothing.
type Stock interface {
	// Schedule replaces what is expected of a purchase order, as of a version of it.
	Schedule(ctx context.Context, ref string, version int64, rows []fulfillment.Incoming) error
	// Supply posts what a document, key, of a purchase order does to stock.
	Supply(ctx context.Context, ref, key string, units []fulfillment.Unit) error
	// Positions returns what a plan needs to know of SKUs, by SKU and place.
	Positions(ctx context.Context, skus []flywheel.SKU) ([]fulfillment.Position, error)
}

// Options configure a [Service]; nil and zero fields are the defaults.
type Options struct {
	// Stock learns what is expected and what came. Default: nobody, and [Service.Plan]
	// and the effects of receipts are left to the caller.
	Stock Stock
	// Place is where lines without a place go. Default: fulfillment.DefaultLocation.
	Place fulfillment.Location
	// Window is how far back orders tell of lead times and scores. Default: two years.
	Window time.Duration
	// Strength is how many receipts what is believed of a lead time counts for.
	// Default: 5.
	Strength float64
	// Exchange has the rates by which [Service.Land] and [Service.Holdings] bring costs
	// into its base, the currency of the shop. Default: none, for a shop that buys in one
	// currency.
	Exchange func(ctx context.Context) (*money.Exchange, error)
	// Now is the clock. Default: time.Now.
	Now func() time.Time
	// Tx makes the change of an order and of stock one transaction. Default: the
	// database of the store.
	Tx flywheel.Transactor
}

// Service keeps suppliers and their orders, from the plan to the score. It is safe for
// concurrent use.
//
// Where the store and the stock are kept in one database, an order and what it does to
// stock change in one transaction. Where they are not, the order is saved first, and
// [Service.Resume] finishes what a crash left behind.
type Service struct {
	store    Store
	opts     Options
	tx       flywheel.Transactor
	together bool
}

const (
	defaultWindow   = 2 * 366 * 24 * time.Hour
	defaultStrength = 5
	rounds          = 40 // tries of a change that others overtake
)

// New returns a service on store, a new [MemoryStore] when it is nil. It does no I/O.
func New(store Store, opts *Options) (*Service, error) {
	if store == nil {
		store = NewMemory(nil)
	}
	s := &Service{store: store}
	if opts != nil {
		s.opts = *opts
	}
	o := &s.opts
	if o.Place == "" {
		o.Place = fulfillment.DefaultLocation
	}
	if o.Window == 0 {
		o.Window = defaultWindow
	}
	if o.Window < 0 {
		return nil, refuse("window", o.Window, ErrRange)
	}
	if o.Strength == 0 {
		o.Strength = defaultStrength
	}
	if err := between("strength", o.Strength, 1e-6, 1e9); err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s.tx = handle.Tx(o.Tx, store)
	s.together = o.Stock == nil || !handle.None(s.tx) && handle.Joins(s.tx, store) && handle.Joins(s.tx, o.Stock)
	return s, nil
}

// Handle implements flywheel.Stored: the database of the store, or nil if the store
// names none.
func (s *Service) Handle() flywheel.Transactor { return handle.Of(s.store) }

// SaveSupplier keeps a supplier. Its Version is that of the supplier that was read, 0
// for a new one: what somebody else saved meanwhile is not overwritten, and the error
// matches [ErrStale].
func (s *Service) SaveSupplier(ctx context.Context, sup Supplier) (Supplier, error) {
	if err := sup.Check(); err != nil {
		return Supplier{}, err
	}
	return s.store.SaveSupplier(ctx, sup)
}

// Supplier returns a supplier. A missing one matches [ErrUnknown].
func (s *Service) Supplier(ctx context.Context, id string) (Supplier, error) {
	return s.store.Supplier(ctx, id)
}

// Suppliers yields all suppliers by their IDs. An error is yielded once, last.
func (s *Service) Suppliers(ctx context.Context) iter.Seq2[Supplier, error] {
	return s.store.Suppliers(ctx)
}

// Order returns an order. A missing one matches [ErrUnknown].
func (s *Service) Order(ctx context.Context, id string) (Order, error) { return s.store.Order(ctx, id) }

// Orders yields orders by (Placed, ID). An error is yielded once, last.
func (s *Service) Orders(ctx context.Context, f OrderFilter) iter.Seq2[Order, error] {
	return s.store.Orders(ctx, f)
}

// Draft keeps an order of what plans want, see [Supplier.Draft]; its lines are promised
// by the lead times that the supplier's orders show. The same order again is the one
// that is there; its ID with another supplier or other wants matches [ErrReused]. It is
// sent by a [Send] document.
func (s *Service) Draft(ctx context.Context, supplier, id string, wants []Want) (Order, error) {
	if err := flywheel.CheckID(id); err != nil {
		return Order{}, refuse("order id", id, ErrInput)
	}
	if before, err := s.store.Order(ctx, id); !errors.Is(err, ErrUnknown) {
		return before, errors.Join(err, s.sameDraft(before, supplier, wants))
	}
	sup, err := s.store.Supplier(ctx, supplier)
	if err != nil {
		return Order{}, err
	}
	leads, err := s.leadTimes(ctx, &sup)
	if err != nil {
		return Order{}, err
	}
	for i := range sup.Items {
		if e, ok := leads[sup.Items[i].SKU]; ok {
			sup.Items[i].Lead = LeadLaw{Mean: e.Mean, SD: e.SD}
		}
	}
	wants = slices.Clone(wants)
	for i := range wants {
		if wants[i].Place == "" {
			wants[i].Place = string(s.opts.Place)
		}
	}
	o, err := sup.Draft(id, s.opts.Now().Round(0), wants)
	if err != nil {
		return Order{}, err
	}
	saved, err := s.store.SaveOrder(ctx, o)
	if errors.Is(err, ErrStale) { // drafted by another call just now
		if saved, err = s.store.Order(ctx, id); err == nil {
			err = s.sameDraft(saved, supplier, wants)
		}
	}
	return saved, err
}

// sameDraft reports whether an order was drafted from the same wants. Its quantities
// were raised to packs.
func (s *Service) sameDraft(o Order, supplier string, wants []Want) error {
	same := o.Supplier == supplier && slices.EqualFunc(o.Lines, wants, func(l Line, w Want) bool {
		if w.Place == "" {
			w.Place = string(s.opts.Place)
		}
		return l.SKU == w.SKU && l.Place == w.Place && l.Ordered >= w.Quantity
	})
	if !same {
		return refuse("order", o.ID, ErrReused)
	}
	return nil
}

// Apply applies a document to an order, see [Order.Apply], and tells stock what came
// and what is still expected. The same document again changes nothing. An order that
// keeps being changed by others matches [ErrStale].
//
// When the error comes from stock and is not in the same database, the order has the
// document already: [Service.Resume], or the same call again, tells stock.
func (s *Service) Apply(ctx context.Context, order string, d Document) (Order, error) {
	return s.change(ctx, order, func(_ context.Context, o Order) (Order, error) {
		next, _, err := o.Apply(d)
		return next, err
	})
}

// change changes an order, again when somebody else was faster, and brings stock up to
// date.
func (s *Service) change(ctx context.Context, id string, fn func(ctx context.Context, o Order) (Order, error)) (Order, error) {
	var saved Order
	err := s.retried(ctx, func(ctx context.Context) error {
		o, err := s.store.Order(ctx, id)
		if err != nil {
			return err
		}
		next, err := fn(ctx, o)
		if err != nil {
			return err
		}
		if s.together {
			if next, err = s.post(ctx, next); err != nil {
				return err
			}
		}
		if saved = next; len(next.Documents) == len(o.Documents) && next.Posted == o.Posted {
			return nil
		}
		saved, err = s.store.SaveOrder(ctx, next)
		return err
	})
	if err != nil || s.together || !saved.Behind() {
		return saved, err
	}
	return s.settle(ctx, id)
}

// retried runs fn in a transaction, again while others are faster.
func (s *Service) retried(ctx context.Context, fn func(ctx context.Context) error) error {
	var err error
	for range rounds {
		if err = s.tx.InTx(ctx, fn); !errors.Is(err, flywheel.ErrStale) {
			break
		}
	}
	return err
}

// settle tells a stock in another database what it does not know of an order, and keeps
// that it knows.
func (s *Service) settle(ctx context.Context, id string) (Order, error) {
	var saved Order
	err := s.retried(ctx, func(ctx context.Context) error {
		o, err := s.store.Order(ctx, id)
		if err != nil {
			return err
		}
		next, err := s.post(ctx, o)
		if saved = next; err != nil || next.Posted == o.Posted {
			return err
		}
		saved, err = s.store.SaveOrder(ctx, next)
		return err
	})
	return saved, err
}

// post tells stock what it does not know of an order.
func (s *Service) post(ctx context.Context, o Order) (Order, error) {
	if !o.Behind() {
		return o, nil
	}
	if s.opts.Stock != nil {
		for _, d := range o.Documents[o.Posted:] {
			moves, err := o.Movements(d.ID)
			if err != nil {
				return o, err
			}
			var units []fulfillment.Unit
			for _, m := range moves {
				place := s.place(m.Place)
				if m.Quarantine {
					place = place.Quarantine()
				}
				units = append(units, fulfillment.Unit{SKU: m.SKU, Location: place, Quantity: m.Quantity, Lot: m.Lot, Expires: m.Expires})
			}
			if len(units) == 0 {
				continue
			}
			if err := s.opts.Stock.Supply(ctx, o.ID, d.ID, units); err != nil {
				return o, err
			}
		}
		// Each document makes a new version of what is expected.
		if err := s.opts.Stock.Schedule(ctx, o.ID, int64(len(o.Documents)), s.rows(&o)); err != nil {
			return o, err
		}
	}
	o.Posted = len(o.Documents)
	return o, nil
}

func (s *Service) place(name string) fulfillment.Location {
	if name == "" {
		return s.opts.Place
	}
	return fulfillment.Location(name)
}

// rows returns what an order expects in the words of inventory.
func (s *Service) rows(o *Order) []fulfillment.Incoming {
	var rows []fulfillment.Incoming
	for _, in := range o.Incoming() {
		rows = append(rows, fulfillment.Incoming{
			SKU: in.SKU, Location: s.place(in.Place), Ref: o.ID, Line: strconv.Itoa(in.Line), Quantity: in.Quantity,
			Due: fulfillment.DateOf(in.Expected), Earliest: fulfillment.DateOf(in.Earliest), Latest: fulfillment.DateOf(in.Latest),
		})
	}
	return rows
}

// Resume tells stock what it does not know of orders, as after a crash between two
// databases, and returns how many orders it brought up to date. One that stock refuses
// does not stop the others; the errors are joined.
func (s *Service) Resume(ctx context.Context) (n int, err error) {
	var failed []error
	for o, err := range s.store.Orders(ctx, OrderFilter{Behind: true}) {
		if err != nil {
			return n, errors.Join(append(failed, err)...)
		}
		if _, err := s.settle(ctx, o.ID); err != nil {
			failed = append(failed, &InputError{What: "order", Value: o.ID, Err: err})
			continue
		}
		n++
	}
	return n, errors.Join(failed...)
}
