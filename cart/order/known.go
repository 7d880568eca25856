package order

import (
	"context"

	"github.com/flywheel-go/flywheel"
)

// mostAsked bounds how many orders of one customer [Service.Known] reads.
const mostAsked = 100

// Known reports whether a customer has an order that was not called off: among the
// first 100 of them, so that whoever places and cancels makes nobody read for long.
// It is what coupon.Options.Known asks for; [New] tells it to [Options.Coupons].
func (s *Service) Known(ctx context.Context, customer flywheel.CustomerID) (bool, error) {
	if customer == "" {
		return false, nil
	}
	for o, err := range s.store.List(ctx, Filter{Customer: customer, Limit: mostAsked}) {
		if err != nil {
			return false, err
		}
		if o.Status != Canceled && (len(o.Lines) == 0 || o.State() != CalledOff) {
			return true, nil
		}
	}
	return false, nil
}
