package page

import (
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// basketOf is the open cart of a customer, or of a device: the one that was changed last, in
// the currency of the place where they are.
func (s *Shop) basketOf(r *web.Request) (last cart.Cart, err error) {
	of := cart.Filter{Visitor: r.Who.Visitor, Status: cart.Open}
	if r.Who.Customer != "" {
		of = cart.Filter{Customer: r.Who.Customer, Status: cart.Open}
	}
	for c, err := range s.Carts.List(r.Context(), of) {
		if err != nil {
			return cart.Cart{}, err
		}
		last = c
	}
	if last.ID == "" {
		return cart.Cart{}, flywheel.ErrNotFound
	}
	c, err := s.Carts.SetCurrency(r.Context(), last.ID, currency(r))
	if errors.Is(err, cart.ErrFrozen) { // it is being paid: in the currency that it has
		return last, nil
	}
	return c, err
}
