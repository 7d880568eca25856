package main

import (
	"context"
	"errors"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/page"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/pricing/tax"
	"github.com/flywheel-go/flywheel/segment"
)

// newShop wires the packages over one database, and fills what is empty.
func newShop(ctx context.Context, s *stores) (*page.Shop, error) {
	events, err := segment.NewLog(s.log, nil)
	if err != nil {
		return nil, err
	}
	prices, err := pricing.New(s.prices, &pricing.Options{Config: pricing.Config{
		Taxes: []pricing.Tax{{Class: "standard", Rate: money.Percent(19)}, {Class: "reduced", Rate: money.Percent(7)}},
	}})
	if err != nil {
		return nil, err
	}
	stock, err := inventory.New(s.stock, &inventory.Options{Sink: events})
	if err != nil {
		return nil, err
	}
	products, err := catalog.New(s.products, &catalog.Options{Sink: events, Offers: offers{prices, stock}})
	if err != nil {
		return nil, err
	}
	codes, err := coupon.New(s.codes, nil)
	if err != nil {
		return nil, err
	}
	counter := products.Counter(data.Channel, "en")
	carts, err := cart.New(s.carts, &cart.Options{Prices: prices, Catalog: counter, Sink: events})
	if err != nil {
		return nil, err
	}
	network, err := fulfillment.New(delivery())
	if err != nil {
		return nil, err
	}
	rates, err := tax.NewTable([]tax.Entry{
		{Place: tax.Place{Country: "DE"}, Class: "standard", Tax: tax.Tax{Code: "VAT", Rate: money.Percent(19)}},
		{Place: tax.Place{Country: "DE"}, Class: "reduced", Tax: tax.Tax{Code: "VAT", Rate: money.Percent(7)}},
		{Place: tax.Place{Country: "AT"}, Class: "standard", Tax: tax.Tax{Code: "VAT", Rate: money.Percent(20)}},
		{Place: tax.Place{Country: "AT"}, Class: "reduced", Tax: tax.Tax{Code: "VAT", Rate: money.Percent(10)}},
	}, nil)
	if err != nil {
		return nil, err
	}
	gateway := new(payment.Memory)
	gateway.Intercept(page.Bank)
	opts := &checkout.SessionOptions{
		Carts: carts, Catalog: counter, Network: network, Stock: stock, Codes: codes, Taxes: rates, Home: tax.Place{Country: "DE"},
		DeliveryIncludesTax: true, Mode: order.OnPlace, Sink: events, Policy: order.Policy{WindowDays: 30, ClaimDays: 730, DeliveryRefund: order.DeliveryCheapest, Zone: "Europe/Berlin"},
	}
	added, err := checkout.NewShop(opts)
	if err != nil {
		return nil, err
	}
	if opts.Orders, err = order.New(s.orders, &order.Options{Gateway: gateway, Warehouse: stock, Coupons: codes, Shop: added, Sink: events}); err != nil {
		return nil, err
	}
	sessions, err := checkout.NewSessions(s.sessions, opts)
	if err != nil {
		return nil, err
	}
	profiles, err := segment.NewProfiles(s.profiles, nil)
	if err != nil {
		return nil, err
	}
	index, err := search.New(search.Settings{Locales: []search.Locale{{Code: "en"}, {Code: "de", Fallback: "en"}, {Code: "zh", Fallback: "en"}}, Prefix: true})
	if err != nil {
		return nil, err
	}
	documents := products.Documents(data.Channel, data.Languages...)
	follower := &search.Follower{Engine: search.Local{Index: index}, Source: documents, Product: catalog.ChangedProduct}
	wheel, err := segment.NewRunner(events, nil, profiles, follower)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(fill(ctx, products, prices, stock, codes), prices.Reload(ctx)); err != nil {
		return nil, err
	}
	return &page.Shop{
		Products: products, Follower: follower, Index: index, Stock: stock, Prices: prices, Carts: carts, Sessions: sessions, Orders: opts.Orders, Gateway: gateway,
		Events: events, Wheel: wheel, Profiles: profiles,
	}, documents.Fill(ctx, follower.Engine)
}

func delivery() fulfillment.Config {
	rate := func(minor int64) []fulfillment.Rate { return []fulfillment.Rate{{Price: money.New(minor, money.EUR)}} }
	free := money.New(10000, money.EUR)
	return fulfillment.Config{
		Calendar: fulfillment.Calendar{Zone: "Europe/Berlin", Handling: 1},
		Places:   []fulfillment.Place{{ID: fulfillment.DefaultLocation, Country: "DE"}},
		Options: []fulfillment.Option{
			{ID: "standard", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: rate(490), FreeFrom: &free, Days: [2]int{1, 2}, Tax: "class:standard"},
			{ID: "express", Type: fulfillment.Shipping, Zones: []string{"DE"}, Rates: rate(1290), Days: [2]int{1, 1}, Tax: "class:standard"},
			{ID: "austria", Type: fulfillment.Shipping, Zones: []string{"AT"}, Rates: rate(990), Days: [2]int{2, 4}, Tax: "class:standard"},
		},
	}
}

// offers are the prices of the counter and what is on the shelf.
type offers struct {
	prices *pricing.Service
	stock  *inventory.Service
}

func (o offers) Offers(ctx context.Context, _ catalog.Channel, skus []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
	there, err := o.stock.Available(ctx, skus)
	if err != nil {
		return nil, err
	}
	all := map[flywheel.SKU]catalog.Offer{}
	for _, sku := range skus {
		listed, err := o.prices.Engine().Price(&pricing.Basket{Currency: money.EUR, At: time.Now()}, sku, 1)
		if errors.Is(err, pricing.ErrNoPrice) {
			continue
		}
		if err != nil {
			return nil, err
		}
		unit, err := listed.Unit.Times(1, money.HalfUp)
		if err != nil {
			return nil, err
		}
		offer := catalog.Offer{Price: unit}
		if supply := there[sku]; !supply.Untracked {
			n := int64(0)
			for _, free := range supply.Free {
				n += free
			}
			offer.Stock = &n
		}
		all[sku] = offer
	}
	return all, nil
}

// fill brings the assortment into an empty shop; again it changes nothing.
func fill(ctx context.Context, products *catalog.Service, prices *pricing.Service, stock *inventory.Service, codes *coupon.Service) error {
	known := func(err error) error {
		if errors.Is(err, flywheel.ErrConflict) {
			return nil
		}
		return err
	}
	for _, l := range data.Languages {
		if err := products.PutLocale(ctx, catalog.LocaleDef{Code: l}); err != nil {
			return err
		}
	}
	err := errors.Join(
		products.PutChannel(ctx, catalog.ChannelDef{Code: data.Channel, Locales: data.Languages, DefaultLocale: "en"}),
		products.PutOptions(ctx, data.Colors), products.PutType(ctx, catalog.ProductType{Code: "ware"}),
	)
	for _, c := range data.Categories {
		err = errors.Join(err, products.PutCategory(ctx, c))
	}
	if err != nil {
		return err
	}
	for i := range data.Goods {
		g := &data.Goods[i]
		if _, err := products.Get(ctx, g.ID); err == nil {
			continue
		}
		if _, err := products.Put(ctx, g.Product()); err != nil {
			return err
		}
		for _, sku := range g.SKUs() {
			if g.Digital {
				err = stock.SetItem(ctx, inventory.Item{SKU: sku, Untracked: true})
			} else {
				err = stock.Receive(ctx, "first-"+string(sku), []flywheel.Line{{SKU: sku, Quantity: g.InStock}})
			}
			if err != nil {
				return err
			}
		}
	}
	_, err = prices.SaveList(ctx, data.Prices())
	if err := known(err); err != nil {
		return err
	}
	_, err = prices.SavePromotion(ctx, pricing.Promotion{ID: "welcome", Percent: money.Percent(10), Coupon: "welcome"})
	if err := known(err); err != nil {
		return err
	}
	_, err = codes.SaveCampaign(ctx, coupon.Campaign{ID: "welcome", Promotion: "welcome"})
	if err := known(err); err != nil {
		return err
	}
	return known(codes.Add(ctx, coupon.Code{Code: "WELCOME", Campaign: "welcome"}))
}
