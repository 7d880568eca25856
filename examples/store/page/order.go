package page

import (
	"errors"
	"fmt"
	"net/url"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// mine returns an order of whoever asks, and not found for everybody else's.
func (s *Shop) mine(r *web.Request) (order.Order, error) {
	id := order.ID(r.PathValue("id"))
	nothing := fmt.Errorf("store: order %q: %w", id, flywheel.ErrNotFound)
	o, err := s.Orders.Get(r.Shop(), id)
	switch {
	case errors.Is(err, flywheel.ErrNotFound):
		return order.Order{}, nothing
	case err != nil:
		return order.Order{}, err
	case flywheel.Allowed(r.Context(), o.Customer, o.Visitor):
		return o, nil
	}
	if token := r.FormValue("token"); token != "" && s.OrderLinks.Check(id, token, s.Now()) == nil {
		return o, nil // the link of the confirmation
	}
	if r.Who.Customer == "" || o.Customer != "" {
		return order.Order{}, nothing
	}
	of, err := s.Accounts.Get(r.Context(), r.Who.Customer)
	if err != nil {
		return order.Order{}, err
	}
	if of.Email != o.Contact.Email { // an order as a guest, by the owner of the address
		return order.Order{}, nothing
	}
	return o, nil
}

type orderView struct {
	*order.Order
	Token string                   // of the letter by which a guest came
	Swaps map[string][]variantView // what units of a line can be exchanged for
}

// order is the confirmation, and later where the parcels are.
func (s *Shop) order(r *web.Request) (web.Answer, error) {
	o, err := s.mine(r)
	if err != nil {
		return web.Answer{}, err
	}
	v := orderView{Order: &o, Token: r.FormValue("token")}
	if v.Swaps, err = s.swaps(r, &o); err != nil {
		return web.Answer{}, err
	}
	return web.Page("order", v)
}

// command carries out what a buyer asks for, who may have come by the link of a letter, and
// shows the order again.
func (s *Shop) command(r *web.Request, o *order.Order, c order.Command) (web.Answer, error) {
	ctx := flywheel.WithActor(r.Context(), flywheel.Actor{Customer: o.Customer, Visitor: o.Visitor}) // mine has let them in
	if _, err := s.Orders.Do(ctx, o.ID, c); err != nil {
		return web.Answer{}, err
	}
	at := "/orders/" + string(o.ID)
	if token := r.FormValue("token"); token != "" {
		at += "?" + url.Values{"token": {token}}.Encode()
	}
	return r.Go(at)
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
	return s.command(r, &o, &order.RequestReturn{ID: returnName(&o), Lines: map[string]int64{line: n}, Reason: order.ChangedMind})
}

// returnName is a name that no return of the order has.
func returnName(o *order.Order) string {
	for n := 1; ; n++ {
		name := fmt.Sprintf("r%d", n)
		if !slices.ContainsFunc(o.RMAs, func(had order.RMA) bool { return had.ID == name }) {
			return name
		}
	}
}
