package checkout

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/handle"
	"github.com/flywheel-go/flywheel/internal/newid"
	"github.com/flywheel-go/flywheel/internal/told"
)

// Checkout turns carts into orders. It is safe for concurrent use.
type Checkout struct {
	counter
	opts Options
	// together: order and stock change in one transaction. withCart: so does the
	// cart.
	together, withCart bool
}

// Options are the neighbours of a [Checkout]. The zero value is ready.
type Options struct {
	// Stock sets goods aside and takes them; nil where no stock is kept.
	Stock Stock
	// Sink learns of purchases, by default nobody. A log in the database of the
	// orders is told in the transaction of the order, any other sink after it, see
	// [Checkout.Deliver].
	Sink flywheel.Sink
	// Tx makes order, stock, cart and event one transaction, as far as they are
	// kept in one database; by default it is that of the orders. What is kept in
	// another is changed outside of it, so that no lock of one database is held
	// while another is waited for: then each step is atomic on its own and
	// repeated until all are done.
	Tx flywheel.Transactor
	// Now is the clock, by default time.Now.
	Now func() time.Time
	// NewID names orders that the request does not name, by default a UUIDv7.
	NewID func() string
}

// Stock is what checkout needs of an inventory. inventory.Service is one.
type Stock interface {
	// Reserve sets all of lines aside for ref, or nothing. The same ref and
	// lines again have one effect; after ref was released or has expired
	// it reserves anew.
	Reserve(ctx context.Context, ref string, lines []flywheel.Line) error
	// Commit takes what is reserved for ref out of the stock. Again it does
	// nothing. A reservation that is not there any more reports an error
	// matching flywheel.ErrExpired, ErrNotFound or ErrConflict.
	Commit(ctx context.Context, ref string) error
	// Release lets go what is reserved for ref.
	Release(ctx context.Context, ref string) error
}

// New returns a checkout from carts to orders, which brings the gateway. Nil
// stands for a service on a fresh memory store, nil options for the defaults.
func New(carts *cart.Service, orders *order.Service, opts *Options) (*Checkout, error) {
	c := &Checkout{counter: counter{carts: carts, orders: orders}}
	if opts != nil {
		c.opts = *opts
	}
	var err error
	if c.carts == nil {
		if c.carts, err = cart.New(nil, &cart.Options{Now: c.opts.Now}); err != nil {
			return nil, err
		}
	}
	if c.orders == nil {
		if c.orders, err = order.New(nil, &order.Options{Now: c.opts.Now}); err != nil {
			return nil, err
		}
	}
	if c.opts.Stock == nil {
		c.opts.Stock = noStock{}
	}
	c.opts.Tx = handle.Tx(c.opts.Tx, c.orders)
	c.teller = told.New(c.orders, c.opts.Sink)
	var stock any = c.opts.Stock
	if stock == (noStock{}) {
		stock = nil
	}
	c.together = !handle.None(c.opts.Tx) && handle.Joins(c.opts.Tx, c.orders) && handle.Joins(c.opts.Tx, stock)
	c.withCart = handle.Joins(c.opts.Tx, c.carts)
	if c.opts.Now == nil {
		c.opts.Now = time.Now
	}
	if c.opts.NewID == nil {
		c.opts.NewID = newid.New
	}
	return c, nil
}

// Carts returns the service that keeps the carts.
func (c *Checkout) Carts() *cart.Service { return c.carts }

// Orders returns the service that keeps the orders.
func (c *Checkout) Orders() *order.Service { return c.orders }

// Handle implements flywheel.Stored: the database of the orders, or nil if their
// store names none.
func (c *Checkout) Handle() flywheel.Transactor { return c.orders.Handle() }

// Deliver tells the Sink what it did not take when it was told, as far as that is
// to be tried again at now, and reports whether there was anything. A sink outside
// the database of the orders needs it: a runner calls it, or a program now and
// then.
func (c *Checkout) Deliver(ctx context.Context, now time.Time) (more bool, err error) {
	return c.teller.Deliver(ctx, now)
}

// noStock has everything.
type noStock struct{}

func (noStock) Reserve(context.Context, string, []flywheel.Line) error { return nil }
func (noStock) Commit(context.Context, string) error                   { return nil }
func (noStock) Release(context.Context, string) error                  { return nil }
