package checkout

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
)

// Resume finishes what stopped on the way: orders whose money is not taken yet,
// and returns that are not carried through (order.Service.Resume). It reports
// how many it finished. What cannot be finished does not stop the others; the
// errors are joined. A program calls Resume when it starts, and now and then; it
// may run beside other calls.
func (c *Checkout) Resume(ctx context.Context) (int, error) {
	finished := 0
	var failed []error
	for o, err := range c.orders.List(ctx, order.Filter{Pending: true}) {
		if err != nil {
			return finished, errors.Join(append(failed, err)...)
		}
		if o.Status != order.Placed {
			continue
		}
		if _, err := c.finish(ctx, o); err != nil {
			failed = append(failed, err)
			continue
		}
		finished++
	}
	returns, err := c.orders.Resume(ctx)
	return finished + returns, errors.Join(append(failed, err)...)
}

// finish does what is left to do for an order that stands.
func (c *Checkout) finish(ctx context.Context, o order.Order) (order.Order, error) {
	if o.Status != order.Placed {
		return o, nil
	}
	if !o.Booked {
		if err := c.takeStock(ctx, &o); err != nil {
			if payment.Uncertain(err) {
				return o, err
			}
			return c.giveUp(ctx, o, err)
		}
		booked, err := c.bookRest(ctx, &o)
		if err != nil {
			return o, err
		}
		o = booked
	} else if !c.withCart { // it was not closed in the order's transaction
		if err := c.closeCart(ctx, &o, nil, 0); err != nil {
			return o, err
		}
	}
	paid, err := c.orders.CaptureOf(ctx, o)
	if errors.Is(err, order.ErrStatus) { // cancelled meanwhile
		if now, err := c.orders.Get(ctx, o.ID); err == nil && now.Status == order.Canceled {
			return now, nil
		}
	}
	if err != nil {
		return o, fmt.Errorf("checkout: %w", err)
	}
	return paid, nil
}

// bookRest does what follows the stock and records that it is done.
func (c *Checkout) bookRest(ctx context.Context, o *order.Order) (booked order.Order, err error) {
	if err := c.closeCart(ctx, o, nil, 0); err != nil {
		return order.Order{}, err
	}
	err = c.opts.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		if err := c.announce(ctx, o); err != nil {
			return err
		}
		booked, err = c.orders.Book(ctx, o.ID)
		return err
	})
	return booked, err
}

// giveUp cancels an order that stands but whose stock was lost. The purchase is
// published and taken back, since consumers must see both or neither.
func (c *Checkout) giveUp(ctx context.Context, o order.Order, cause error) (order.Order, error) {
	if _, err := c.bookRest(ctx, &o); err != nil {
		return o, fmt.Errorf("%w (and: %v)", cause, err)
	}
	cancelled, err := c.orders.Cancel(ctx, o.ID, order.Request{Key: "out of stock", Reason: "out of stock", Discard: true, At: o.PlacedAt})
	if err != nil {
		return o, fmt.Errorf("%w (and cancel: %v)", cause, err)
	}
	return cancelled, cause
}
