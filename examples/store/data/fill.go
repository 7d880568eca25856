package data

import (
	"context"
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Fill brings the assortment into an empty shop; again it changes nothing.
func Fill(ctx context.Context, products *catalog.Service, prices *pricing.Service, stock *inventory.Service, codes *coupon.Service) error {
	known := func(err error) error {
		if errors.Is(err, flywheel.ErrConflict) {
			return nil
		}
		return err
	}
	for _, l := range Languages {
		if err := products.PutLocale(ctx, catalog.LocaleDef{Code: l}); err != nil {
			return err
		}
	}
	err := errors.Join(
		products.PutChannel(ctx, catalog.ChannelDef{Code: Channel, Locales: Languages, DefaultLocale: "en"}),
		products.PutOptions(ctx, Colors), products.PutType(ctx, catalog.ProductType{Code: "ware"}),
	)
	for _, c := range Categories {
		err = errors.Join(err, products.PutCategory(ctx, c))
	}
	if err != nil {
		return err
	}
	for i := range Goods {
		g := &Goods[i]
		if _, err := products.Get(ctx, g.ID); err == nil {
			continue
		}
		if _, err := products.Put(ctx, g.Product()); err != nil {
			return err
		}
		for _, sku := range g.SKUs() {
			if g.Later > 0 {
				if err := stock.SetItem(ctx, inventory.Item{SKU: sku, Policy: fulfillment.Backorder, Limit: g.Later}); err != nil {
					return err
				}
			}
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
	for _, c := range Collections {
		if err := products.PutCollection(ctx, c); err != nil {
			return err
		}
	}
	_, err = prices.SaveList(ctx, Prices())
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
	if err := known(codes.Add(ctx, coupon.Code{Code: "WELCOME", Campaign: "welcome"})); err != nil {
		return err
	}
	// A gift card to try: real ones have codes of coupon.CardPattern.
	_, err = codes.SaveCampaign(ctx, coupon.Campaign{ID: "gift-cards"})
	if err := known(err); err != nil {
		return err
	}
	return known(codes.Add(ctx, coupon.Code{Code: GiftCard, Campaign: "gift-cards", Value: money.New(2000, money.EUR)}))
}

// GiftCard is a gift card of 20 EUR in the shop that Fill made.
const GiftCard = "GIFT-2026-ABCD-EFGH-JKMN"
