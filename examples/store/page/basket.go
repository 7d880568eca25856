package page

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// basketOf is the open cart of a customer, or of a device: the one that was changed last.
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
	return last, nil
}
