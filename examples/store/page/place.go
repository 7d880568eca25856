package page

import (
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// currency is that of the prices at the place of a request.
func currency(r *web.Request) money.Currency {
	c, err := money.ParseCurrency(r.Place.Currency)
	if err != nil {
		return money.EUR // the places of the site are constants
	}
	return c
}

// terms are those of prices at the place of a request: its taxes.
func (s *Shop) terms(r *web.Request) (cart.Terms, error) {
	b := pricing.Basket{At: s.Now(), Lines: []pricing.Line{{TaxClass: "standard"}, {TaxClass: "reduced"}}}
	if err := b.AskTaxes(r.Context(), data.Taxes, tax.Place{Country: r.Place.Country}); err != nil {
		return cart.Terms{}, err
	}
	return cart.Terms{Taxes: b.Taxes}, nil
}
