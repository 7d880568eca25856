package page

import (
	"errors"
	"net/url"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
)

type cartView struct {
	Cart    cart.Cart
	Quote   pricing.Quote
	Names   map[flywheel.SKU]string
	Freight *fulfillment.Offer // nil where nothing is shipped
	Added   string             // what was put in just now
	Changed []cart.PriceChange // since the last look
}

// cart is the cart with its price, the delivery home and the tax included.
func (s *Shop) cart(r *web.Request) (web.Answer, error) {
	c, err := s.basketOf(r)
	if errors.Is(err, flywheel.ErrNotFound) {
		return web.Page("cart", cartView{})
	}
	if err != nil {
		return web.Answer{}, err
	}
	v := cartView{Cart: c, Names: map[flywheel.SKU]string{}}
	terms, err := s.terms(r)
	if err != nil {
		return web.Answer{}, err
	}
	goods, changed, err := s.Carts.Look(r.Context(), c.ID, terms)
	if err != nil {
		return web.Answer{}, err
	}
	v.Changed = changed
	if v.Freight, err = s.freight(r, &c, goods.Total); err != nil {
		return web.Answer{}, err
	}
	terms.Shipping = charges(v.Freight)
	if v.Quote, err = s.Carts.Quote(r.Context(), c.ID, terms); err != nil {
		return web.Answer{}, err
	}
	for _, l := range c.Lines {
		if v.Names[l.SKU], err = s.title(r, l.SKU); err != nil {
			return web.Answer{}, err
		}
	}
	v.Added = v.Names[flywheel.SKU(r.FormValue("added"))]
	return web.Page("cart", v)
}

// add puts goods into the cart of the device, which is opened where there is none.
func (s *Shop) add(r *web.Request) (web.Answer, error) {
	sku, err := r.Text("sku")
	if err != nil {
		return web.Answer{}, err
	}
	quantity, err := r.Number("quantity", 1)
	if err != nil {
		return web.Answer{}, err
	}
	line := cart.Line{SKU: flywheel.SKU(sku), Quantity: quantity}
	c, err := s.basketOf(r)
	if errors.Is(err, flywheel.ErrNotFound) {
		c, err = s.Carts.Create(r.Context(), cart.Cart{Visitor: r.Who.Visitor, Customer: r.Who.Customer, Currency: currency(r)})
	}
	if err != nil {
		return web.Answer{}, err
	}
	if _, err := s.Carts.Add(r.Context(), c.ID, line); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/cart?" + url.Values{"added": {sku}}.Encode())
}

// set changes the quantity of a line; zero takes it out.
func (s *Shop) set(r *web.Request) (web.Answer, error) {
	line, err := r.Text("line")
	if err != nil {
		return web.Answer{}, err
	}
	quantity, err := r.Number("quantity", 0)
	if err != nil {
		return web.Answer{}, err
	}
	c, err := s.basketOf(r)
	if err != nil {
		return web.Answer{}, err
	}
	if _, err := s.Carts.SetQuantity(r.Context(), c.ID, line, quantity); err != nil {
		return web.Answer{}, err
	}
	return r.Go("/cart")
}
