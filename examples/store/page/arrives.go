package page

import (
	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// arrives says how one unit would reach a buyer at home, and when, if it were ordered now.
func (s *Shop) arrives(r *web.Request, sku flywheel.SKU, stock fulfillment.Stock) ([]fulfillment.Offer, error) {
	return s.Network.Offers(fulfillment.Request{
		Items: []fulfillment.Item{{Line: "1", SKU: sku, Quantity: 1}}, Stock: stock, Address: fulfillment.Address{Country: r.Place.Country}, At: s.Now(), Value: money.New(0, currency(r)),
	})
}
