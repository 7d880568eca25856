package page

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// mine returns an order of whoever asks, and not found for everybody else's.
func (s *Shop) mine(r *web.Request) (order.Order, error) {
	o, err := s.Orders.Get(r.Context(), order.ID(r.PathValue("id")))
	if err != nil {
		return order.Order{}, err
	}
	if !flywheel.Allowed(r.Context(), o.Customer, o.Visitor) {
		return order.Order{}, fmt.Errorf("store: order %q: %w", r.PathValue("id"), flywheel.ErrNotFound)
	}
	return o, nil
}

// order is the confirmation, and later where the parcels are.
func (s *Shop) order(r *web.Request) (web.Answer, error) {
	o, err := s.mine(r)
	if err != nil {
		return web.Answer{}, err
	}
	return web.Page("order", &o)
}

// giveBack asks for a return of units of one line.
func (s *Shop) giveBack(r *web.Request) (web.Answer, error) {
	o, err := s.mine(r)
	if err != nil {
		return web.Answer{}, err
	}
	line, err := r.Text("line")
	if err != nil {
		return web.Answer{}, err
	}
	n, err := r.Number("quantity", 1)
	if err != nil {
		return web.Answer{}, err
	}
	_, err = s.Orders.Do(r.Context(), o.ID, &order.RequestReturn{
		ID: fmt.Sprintf("r%d", len(o.RMAs)+1), Lines: map[string]int64{line: n}, Reason: order.ChangedMind,
	})
	if err != nil {
		return web.Answer{}, err
	}
	return r.Go("/orders/" + string(o.ID))
}
