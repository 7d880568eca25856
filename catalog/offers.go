package catalog

import (
	"context"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Offers is what the catalog asks of pricing and inventory: prices and stock, which
// it does not keep. Implementations are safe for concurrent use.
type Offers interface {
	// Offers returns the offers of a channel, in its currency. An SKU without one
	// is absent.
	Offers(ctx context.Context, channel Channel, skus []flywheel.SKU) (map[flywheel.SKU]Offer, error)
}

// Offer is at what price a variant is offered, and whether it is there. A price
// without a currency is none.
type Offer struct {
	Price money.Amount
	// SalePrice holds from SaleFrom up to SaleTo; without an end or a beginning
	// where they are zero.
	SalePrice        money.Amount
	SaleFrom, SaleTo time.Time
	CompareAt, Cost  money.Amount
	// What is nil is not known. Tracked reports that the stock is counted,
	// ContinueSelling that it may be sold beyond.
	Stock                    *int64
	Tracked, ContinueSelling *bool
	Policy                   StockPolicy
	AvailableAt              time.Time // of what is ordered before or beyond the stock
}

// StockPolicy is what happens when nothing is in stock.
type StockPolicy string

// The policies; the empty one is Deny.
const (
	Deny      StockPolicy = "deny"
	Preorder  StockPolicy = "preorder"
	Backorder StockPolicy = "backorder"
)

// OffersFunc makes a function [Offers].
type OffersFunc func(ctx context.Context, channel Channel, skus []flywheel.SKU) (map[flywheel.SKU]Offer, error)

// Offers calls f.
func (f OffersFunc) Offers(ctx context.Context, channel Channel, skus []flywheel.SKU) (map[flywheel.SKU]Offer, error) {
	return f(ctx, channel, skus)
}

type noOffers struct{}

func (noOffers) Offers(context.Context, Channel, []flywheel.SKU) (map[flywheel.SKU]Offer, error) {
	return nil, nil
}

// has reports whether a is an amount.
func has(a money.Amount) bool { return a.Currency() != money.Currency{} }

// onSale reports whether the sale price holds at an instant.
func (o *Offer) onSale(now time.Time) bool {
	return has(o.SalePrice) && (o.SaleFrom.IsZero() || !now.Before(o.SaleFrom)) && (o.SaleTo.IsZero() || now.Before(o.SaleTo))
}

// effective returns the price that is paid at an instant, no amount without one.
func (o *Offer) effective(now time.Time) money.Amount {
	if o.onSale(now) && o.SalePrice.Sign() > 0 && o.SalePrice.Minor() < o.Price.Minor() {
		return o.SalePrice
	}
	return o.Price
}
