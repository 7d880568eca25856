package catalog

import (
	"context"
	"maps"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Costs is what the catalog asks of purchasing: what a unit of SKUs costs on the shelf.
// *supplier.Service is one. Implementations are safe for concurrent use.
type Costs interface {
	// UnitCosts returns the costs of SKUs. One of which nothing is known is absent.
	UnitCosts(ctx context.Context, skus []flywheel.SKU) (map[flywheel.SKU]money.Amount, error)
}

// WithCosts returns offers whose Cost, where it is not known, is that of costs. A cost in
// another currency than the price says nothing of the margin and is left out. Nil offers
// are none, so that nothing has a cost either.
func WithCosts(offers Offers, costs Costs) Offers {
	if offers == nil {
		return noOffers{}
	}
	return OffersFunc(func(ctx context.Context, channel Channel, skus []flywheel.SKU) (map[flywheel.SKU]Offer, error) {
		found, err := offers.Offers(ctx, channel, skus)
		if err != nil {
			return nil, err
		}
		var missing []flywheel.SKU
		for _, sku := range skus {
			if o, ok := found[sku]; ok && o.Cost.Currency() == (money.Currency{}) {
				missing = append(missing, sku)
			}
		}
		if len(missing) == 0 {
			return found, nil
		}
		known, err := costs.UnitCosts(ctx, missing)
		if err != nil {
			return nil, err
		}
		found = maps.Clone(found)
		for sku, cost := range known {
			if o, ok := found[sku]; ok && o.Price.Currency() == cost.Currency() {
				o.Cost = cost
				found[sku] = o
			}
		}
		return found, nil
	})
}
