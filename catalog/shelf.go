package catalog

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// ListedPrices says what one unit of SKUs costs at an instant; those without a price are
// left out. *pricing.Service is one.
type ListedPrices interface {
	Listed(c money.Currency, at time.Time, skus ...flywheel.SKU) (map[flywheel.SKU]money.Amount, error)
}

// Shelves say what can be had of SKUs. *inventory.Service is one.
type Shelves interface {
	Available(ctx context.Context, skus []flywheel.SKU) (fulfillment.Stock, error)
}

// Shelf is the [Offers] of a shop with one price list in one currency: what is listed,
// and what is there. A SKU without a price is not offered.
type Shelf struct {
	Prices   ListedPrices
	Stock    Shelves
	Currency money.Currency
	Now      func() time.Time // time.Now where it is nil
}

// Offers implements [Offers]; all channels are the same.
func (s Shelf) Offers(ctx context.Context, _ Channel, skus []flywheel.SKU) (map[flywheel.SKU]Offer, error) {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	prices, err := s.Prices.Listed(s.Currency, now(), skus...)
	if err != nil {
		return nil, err
	}
	stock, err := s.Stock.Available(ctx, skus)
	if err != nil {
		return nil, err
	}
	all := make(map[flywheel.SKU]Offer, len(prices))
	for sku, price := range prices {
		offer := Offer{Price: price}
		free, counted := stock.Count(sku)
		if offer.Tracked = &counted; counted {
			offer.Stock = &free
		}
		all[sku] = offer
	}
	return all, nil
}
