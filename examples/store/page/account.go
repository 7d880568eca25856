package page

import (
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/loyalty"
)

// member is a handler for customers who have logged in; others log in first.
func (s *Shop) member(h web.Handler) web.Handler {
	return func(r *web.Request) (web.Answer, error) {
		if r.Who.Customer == "" {
			return r.Go("/login")
		}
		return h(r)
	}
}

type accountView struct {
	Account  web.Account
	Standing loyalty.Standing
	Balance  loyalty.Balance
	Orders   []order.Order
}

// account is where a member stands, with the newest orders.
func (s *Shop) account(r *web.Request) (web.Answer, error) {
	v := accountView{}
	var err error
	if v.Account, err = s.Accounts.Get(r.Context(), r.Who.Customer); err != nil {
		return web.Answer{}, err
	}
	if v.Standing, err = s.Points.Standing(r.Context(), r.Who.Customer); err != nil {
		return web.Answer{}, err
	}
	if v.Balance, err = s.Points.Balance(r.Context(), r.Who.Customer); err != nil {
		return web.Answer{}, err
	}
	if v.Orders, err = s.ordersOf(r, v.Account); err != nil {
		return web.Answer{}, err
	}
	return web.Page("account", v)
}

// ordersOf are a member's orders, and those that the owner of the address made as a guest.
func (s *Shop) ordersOf(r *web.Request, of web.Account) ([]order.Order, error) {
	var all []order.Order
	for _, f := range []order.Filter{{Customer: of.ID}, {Email: of.Email}} {
		for o, err := range s.Orders.List(r.Shop(), f) {
			if err != nil {
				return nil, err
			}
			if f.Email == "" || o.Customer == "" && o.Contact.Email == of.Email {
				all = append(all, o)
			}
		}
	}
	slices.SortFunc(all, func(a, b order.Order) int { return b.PlacedAt.Compare(a.PlacedAt) })
	return all, nil
}

// profile changes name and addresses.
func (s *Shop) profile(r *web.Request) (web.Answer, error) {
	f, err := r.Texts("name", "drop", "street", "postcode", "city", "country")
	if err != nil {
		return web.Answer{}, err
	}
	drop, err := r.Number("drop", -1)
	if err != nil {
		return web.Answer{}, err
	}
	_, err = s.Accounts.Change(r.Context(), r.Who.Customer, func(a *web.Account) error {
		switch {
		case drop >= 0 && drop < int64(len(a.Addresses)):
			a.Addresses = slices.Delete(a.Addresses, int(drop), int(drop)+1)
		case f["street"] != "":
			a.Addresses = append(a.Addresses, web.Address{Name: f["name"], Street: f["street"], Postcode: f["postcode"], City: f["city"], Country: f["country"]})
		case f["name"] != "" && len(f["name"]) <= 200:
			a.Name = f["name"]
		default:
			return &flywheel.FieldError{Field: "name", Err: flywheel.ErrInvalid}
		}
		return nil
	})
	if err != nil {
		return web.Answer{}, err
	}
	return r.Go("/account")
}

type pointsView struct {
	Balance loyalty.Balance
	Entries []loyalty.Entry
}

// points are a member's points and how they came about, the newest first.
func (s *Shop) points(r *web.Request) (web.Answer, error) {
	v := pointsView{}
	var err error
	if v.Balance, err = s.Points.Balance(r.Context(), r.Who.Customer); err != nil {
		return web.Answer{}, err
	}
	for e, err := range s.Points.Entries(r.Context(), r.Who.Customer) {
		if err != nil {
			return web.Answer{}, err
		}
		v.Entries = append(v.Entries, e)
	}
	slices.Reverse(v.Entries)
	return web.Page("points", v)
}
