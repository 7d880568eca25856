package checkout

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
)

// Place turns a cart into a paid order: it prices the cart, reserves the stock,
// authorizes the total, records the order (with the stock taken, the cart closed
// and the purchase published), and captures the money.
//
// Place is idempotent and resumable. The same key with the same body returns the
// same order and has one effect, however often and from wherever it is called;
// with another body it reports an error matching order.ErrKeyReused. A try that
// had no effect, such as one that was declined, is made anew. A cart that
// another request has ordered gives that order.
//
// When the error is certain nothing remains of the try. When it is uncertain
// (see payment.Uncertain) the same request goes on where it stopped. When the
// order stands but its money could not be taken, Place returns the order
// together with the error; [Checkout.Resume] or the same request tries again.
func (c *Checkout) Place(ctx context.Context, r Request) (order.Order, error) {
	if err := r.check(); err != nil {
		return order.Order{}, err
	}
	basket, err := c.carts.Get(ctx, r.Cart)
	if err != nil {
		return order.Order{}, err
	}
	o, err := c.orders.ByKey(ctx, order.BuyerOf(basket.Customer, basket.Visitor), r.Key)
	if err == nil {
		if o.Fingerprint != r.fingerprint() {
			return order.Order{}, order.ErrKeyReused
		}
		return c.finish(ctx, o)
	}
	if !errors.Is(err, flywheel.ErrNotFound) {
		return order.Order{}, err
	}
	switch basket.Status {
	case cart.Merged:
		return order.Order{}, &cart.ClosedError{Cart: basket.ID, Status: basket.Status, Into: basket.Into}
	case cart.Ordered: // unless the transaction that closed the cart came to nothing
		o, err := c.byOther(ctx, &r, order.ID(basket.Order))
		if !errors.Is(err, flywheel.ErrNotFound) {
			return o, err
		}
	}
	if o, err = c.draft(&basket, &r); err != nil {
		if errors.Is(err, ErrPrice) {
			o.Total = r.Expect // what an earlier try was authorized for
			err = c.forget(ctx, &o, r.Method, err)
		}
		return order.Order{}, err
	}
	if err := c.secure(ctx, &o, r.Method); err != nil {
		return order.Order{}, err
	}
	placed, err := c.record(ctx, o, &basket)
	if err == nil {
		return c.finish(ctx, placed)
	}
	cause := err
	if untold, ok := errors.AsType[*flywheel.TellError](err); ok {
		cause = untold.Err // the transaction came to nothing as it does for any cause
	}
	if payment.Uncertain(cause) {
		return order.Order{}, err
	}
	err = c.undo(ctx, &o, err)
	if d, ok := errors.AsType[*order.DuplicateError](err); ok && d.Field == "cart" {
		return c.byOther(ctx, &r, d.Existing)
	}
	return order.Order{}, err
}

// byOther returns the order that another request has made of the cart.
func (c *Checkout) byOther(ctx context.Context, r *Request, id order.ID) (order.Order, error) {
	o, err := c.orders.Get(ctx, id)
	if err != nil {
		return order.Order{}, err
	}
	if err := r.seen(o.Total); err != nil {
		return order.Order{}, err
	}
	return c.finish(ctx, o)
}

// secure reserves the stock and authorizes the total. When the authorization
// fails for certain the stock is released.
func (c *Checkout) secure(ctx context.Context, o *order.Order, method string) error {
	reservation, authorization := steps(o, method)
	o.Reservation = reservation
	if err := c.opts.Stock.Reserve(ctx, reservation, o.Items()); err != nil {
		err = fmt.Errorf("checkout: reserve: %w", err)
		if payment.Uncertain(err) {
			return err
		}
		return c.forget(ctx, o, method, err)
	}
	if o.Total.IsZero() {
		return nil
	}
	auth, err := c.authorize(ctx, payment.Charge{Key: authorization, Amount: o.Total, Method: method, Ref: o.Cart, Customer: o.Customer})
	if err != nil {
		if payment.Uncertain(err) {
			return err
		}
		return c.release(ctx, o, err)
	}
	o.Payment = order.Payment{Authorization: auth.ID, Method: method, Authorized: auth.Amount}
	return nil
}

// record makes the order stand. Where order and stock share a database all that
// belongs to it is done in one transaction; else the order is first, and finish
// does the rest.
func (c *Checkout) record(ctx context.Context, o order.Order, basket *cart.Cart) (placed order.Order, err error) {
	if !c.together {
		return c.orders.Place(ctx, o)
	}
	o.Booked = true
	err = c.opts.Tx.InTx(ctx, func(ctx context.Context) (err error) {
		placed, err = c.stand(ctx, o, func(ctx context.Context, placed *order.Order) error {
			if err := c.takeStock(ctx, placed); err != nil || !c.withCart {
				return err
			}
			return c.closeCart(ctx, placed, basket, basket.Version)
		})
		return err
	})
	return placed, err
}

// takeStock commits the reservation. One that is lost, since much time has
// passed or a parallel try released it, is made anew.
func (c *Checkout) takeStock(ctx context.Context, o *order.Order) error {
	err := c.opts.Stock.Commit(ctx, o.Reservation)
	if errors.Is(err, flywheel.ErrExpired) || errors.Is(err, flywheel.ErrNotFound) || errors.Is(err, flywheel.ErrConflict) {
		if err = c.opts.Stock.Reserve(ctx, o.Reservation, o.Items()); err == nil {
			err = c.opts.Stock.Commit(ctx, o.Reservation)
		}
	}
	if err != nil {
		return fmt.Errorf("checkout: order %q: take the stock: %w", o.ID, err)
	}
	return nil
}

// forget lets go what an earlier try of a request set aside that is now refused with
// cause: a try whose outcome was unknown may have left stock and an authorization. If
// nothing was ever reserved, the gateway was never asked. It returns cause with what
// failed besides; what the gateway does not answer leaves the outcome unknown, and the
// same request lets go again.
func (c *Checkout) forget(ctx context.Context, o *order.Order, method string, cause error) error {
	reservation, authorization := steps(o, method)
	err := c.opts.Stock.Release(ctx, reservation)
	if errors.Is(err, flywheel.ErrNotFound) || errors.Is(err, flywheel.ErrConflict) || o.Total.Sign() <= 0 {
		return cause
	}
	if err != nil {
		return fmt.Errorf("%w (and release: %v)", cause, err)
	}
	err = c.letGo(ctx, "", payment.Charge{Key: authorization, Amount: o.Total, Method: method, Ref: o.Cart, Customer: o.Customer}, "")
	switch {
	case payment.Uncertain(err):
		return fmt.Errorf("%w (and abandon the charge: %v): %w", cause, err, flywheel.ErrUnknownOutcome)
	case err != nil:
		return fmt.Errorf("%w (and abandon the charge: %v)", cause, err)
	}
	return cause
}

// undo lets the stock and the money of a try go that failed with cause, and opens
// a cart that is kept outside of the transaction that came to nothing. It
// returns cause with what failed besides.
func (c *Checkout) undo(ctx context.Context, o *order.Order, cause error) error {
	if err := c.reopen(ctx, o); err != nil {
		cause = fmt.Errorf("%w (and reopen the cart: %v)", cause, err)
	}
	if o.Payment.Authorization != "" {
		err := c.letGo(ctx, "void-"+o.Reservation, payment.Charge{}, o.Payment.Authorization)
		if err != nil {
			cause = fmt.Errorf("%w (and void: %v)", cause, err)
		}
	}
	return c.release(ctx, o, cause)
}

// reopen opens the cart unless an order with this id stands: that of another
// request, or of this one in a parallel call.
func (c *Checkout) reopen(ctx context.Context, o *order.Order) error {
	if _, err := c.orders.Get(ctx, o.ID); !errors.Is(err, flywheel.ErrNotFound) {
		return err
	}
	return c.carts.Reopen(ctx, cart.ID(o.Cart), string(o.ID))
}

func (c *Checkout) release(ctx context.Context, o *order.Order, cause error) error {
	err := c.opts.Stock.Release(ctx, o.Reservation)
	if err != nil && !errors.Is(err, flywheel.ErrNotFound) && !errors.Is(err, flywheel.ErrConflict) {
		cause = fmt.Errorf("%w (and release: %v)", cause, err)
	}
	return cause
}
