package page

import (
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
)

// sites are the places of the site: a language with the country and the currency of its prices.
var sites = []web.Place{
	{Prefix: "en", Language: "en", Country: "DE", Currency: "EUR", Name: "English, Germany, EUR"}, {Prefix: "de", Language: "de", Country: "DE", Currency: "EUR", Name: "Deutsch, Deutschland, EUR"},
	{Prefix: "zh", Language: "zh", Country: "DE", Currency: "EUR", Name: "中文，德国，EUR"}, {Prefix: "de-at", Language: "de", Country: "AT", Currency: "EUR", Name: "Deutsch, Österreich, EUR"},
	{Prefix: "en-us", Language: "en", Country: "US", Currency: "USD", Name: "English, United States, USD"}, {Prefix: "zh-cn", Language: "zh", Country: "CN", Currency: "CNY", Name: "中文，中国，CNY"},
}

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
