package page

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// freight is how the goods of a cart that cost so much would reach a buyer at home: the first
// offer that there is, nil where nothing is shipped or nothing can be.
func (s *Shop) freight(r *web.Request, c *cart.Cart, worth money.Amount) (*fulfillment.Offer, error) {
	var skus []flywheel.SKU
	for i := range c.Lines {
		skus = append(skus, c.Lines[i].SKU)
	}
	known, err := s.Products.Counter(data.Channel, catalog.Locale(r.Language)).Describe(r.Context(), skus...)
	if err != nil {
		return nil, err
	}
	stock, err := s.Stock.Available(r.Context(), skus)
	if err != nil {
		return nil, err
	}
	q := fulfillment.Request{Stock: stock, Value: worth, Address: fulfillment.Address{Country: r.Place.Country}, At: s.Now()}
	for i := range c.Lines {
		l, item := &c.Lines[i], known[c.Lines[i].SKU]
		if !item.Download {
			q.Items = append(q.Items, fulfillment.Item{Line: l.ID, SKU: l.SKU, Quantity: l.Quantity, Weight: item.Weight, Categories: item.Categories})
		}
	}
	if len(q.Items) == 0 {
		return nil, nil
	}
	offers, err := s.Network.Offers(q)
	if err != nil || len(offers) == 0 || offers[0].Latest.IsZero() {
		return nil, err // what is missing, the checkout says
	}
	return &offers[0], nil
}

// charges are what an offer costs, for a quote.
func charges(o *fulfillment.Offer) []pricing.Shipping {
	if o == nil {
		return nil
	}
	return []pricing.Shipping{{ID: o.ID, Amount: o.Charge, TaxIncluded: true, TaxClass: "standard"}}
}
