package checkout

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/newid"
)

// Checkout turns carts into orders. It is safe for concurrent use.
type Checkout struct {
	carts  *cart.Service
	orders *order.Service
	opts   Options
}

// Options are the neighbours of a [Checkout]. The zero value is ready.
type Options struct {
	// Stock sets goods aside and takes them; nil where no stock is kept.
	Stock Stock
	// Sink learns of purchases, by default flywheel.Discard.
	Sink flywheel.Sink
	// Tx makes order, stock, cart and event one transaction; it is that of the
	// database in which orders, stock and the sink's log are kept. Without
	// it each step is atomic on its own and repeated until all are done.
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
	c := &Checkout{carts: carts, orders: orders}
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
	if c.opts.Sink == nil {
		c.opts.Sink = flywheel.Discard
	}
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

// noStock has everything.
type noStock struct{}

func (noStock) Reserve(context.Context, string, []flywheel.Line) error { return nil }
func (noStock) Commit(context.Context, string) error                   { return nil }
func (noStock) Release(context.Context, string) error                  { return nil }

// inTx runs fn in the transaction that the options name.
func (c *Checkout) inTx(ctx context.Context, fn func(ctx context.Context) error) error {
	if err := c.opts.Tx.InTx(ctx, fn); err != nil {
		return fmt.Errorf("checkout: %w", err)
	}
	return nil
}
