package data

import (
	"context"
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// known lets pass that something is there already.
func known(err error) error {
	if errors.Is(err, flywheel.ErrConflict) {
		return nil
	}
	return err
}

// Fill brings the assortment into an empty shop, that of a file (see fillFrom) or without one
// the built-in one; again it changes nothing. A shop that was filled from a file stays as it is
// when it is opened without one.
func Fill(ctx context.Context, file string, products *catalog.Service, prices *pricing.Service, kept pricing.Store, stock *inventory.Service, codes *coupon.Service, purchasing *supplier.Service) error {
	if err := schema(ctx, products); err != nil {
		return err
	}
	goods, err := Sold(ctx, products)
	switch {
	case err != nil:
		return err
	case file != "":
		goods, err = fillFrom(ctx, file, products, prices, kept, stock)
	case len(goods) == 0 || goods[0].ID == Goods[0].ID:
		goods, err = Goods, builtIn(ctx, products, prices, stock)
	default:
		goods = nil // suppliers are kept since the file was read
	}
	if err != nil {
		return err
	}
	return errors.Join(fillSuppliers(ctx, purchasing, goods), fillCodes(ctx, prices, codes))
}

// schema is what products are made of.
func schema(ctx context.Context, products *catalog.Service) error {
	for _, l := range Languages {
		if err := products.PutLocale(ctx, catalog.LocaleDef{Code: l}); err != nil {
			return err
		}
	}
	return errors.Join(
		products.PutChannel(ctx, catalog.ChannelDef{Code: Channel, Locales: Languages, DefaultLocale: "en"}),
		products.PutOptions(ctx, Colors), products.PutType(ctx, catalog.ProductType{Code: "ware"}),
	)
}

// builtIn brings in what this package sells.
func builtIn(ctx context.Context, products *catalog.Service, prices *pricing.Service, stock *inventory.Service) (err error) {
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
	return known(err)
}

// fillCodes makes a promotion, a code for it and a gift card.
func fillCodes(ctx context.Context, prices *pricing.Service, codes *coupon.Service) error {
	_, err := prices.SavePromotion(ctx, pricing.Promotion{ID: "welcome", Percent: money.Percent(10), Coupon: "welcome"})
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
