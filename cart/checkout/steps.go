package checkout

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/internal/told"
)

// counter is where orders are placed: the steps that [Sessions] and [Checkout] have in
// common.
type counter struct {
	carts  *cart.Service
	orders *order.Service
	teller told.Teller
}

// stand makes an order stand, with what take takes for it, its cart among it. The caller
// makes it one transaction.
func (c *counter) stand(ctx context.Context, o order.Order, take func(ctx context.Context, placed *order.Order) error) (placed order.Order, err error) {
	if placed, err = c.orders.Place(ctx, o); err != nil {
		return order.Order{}, err
	}
	if err := take(ctx, &placed); err != nil {
		return order.Order{}, err
	}
	return placed, c.announce(ctx, &placed)
}

// closeCart marks the cart as ordered. One that is deleted is closed enough. A cart at
// hand is read only if it has changed.
func (c *counter) closeCart(ctx context.Context, o *order.Order, at *cart.Cart, version int64) error {
	if o.Cart == "" {
		return nil
	}
	err := error(cart.ErrStale)
	if at != nil {
		_, err = c.carts.CloseOf(ctx, *at, string(o.ID))
	}
	if errors.Is(err, cart.ErrStale) {
		_, err = c.carts.Close(ctx, cart.ID(o.Cart), version, string(o.ID))
	}
	if err != nil && !errors.Is(err, flywheel.ErrNotFound) {
		return fmt.Errorf("checkout: close cart %q: %w", o.Cart, err)
	}
	return nil
}

// announce tells of the purchase.
func (c *counter) announce(ctx context.Context, o *order.Order) error {
	if !c.teller.Listens() {
		return nil
	}
	if err := c.teller.Tell(ctx, purchaseOf(o)); err != nil {
		return fmt.Errorf("checkout: order %q: %w", o.ID, err)
	}
	return nil
}

// authorize sets the money of a charge aside and returns the authorization.
func (c *counter) authorize(ctx context.Context, charge payment.Charge) (payment.Authorization, error) {
	auth, err := c.orders.Gateway().Authorize(ctx, charge)
	if err != nil {
		err = fmt.Errorf("checkout: authorize: %w", err)
	}
	return auth, err
}

// letGo gives back what a charge set aside: by its authorization or, where no answer
// named one, by the charge itself.
func (c *counter) letGo(ctx context.Context, key string, charge payment.Charge, authorization string) error {
	if authorization != "" {
		return c.orders.Gateway().Void(ctx, key, authorization)
	}
	return c.orders.Gateway().Abandon(ctx, charge)
}
