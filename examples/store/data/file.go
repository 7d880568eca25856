package data

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// mostErrors of a file are named; the others are counted.
const mostErrors = 20

// fillFrom brings the assortment of a file into the shop: Shopify's product export, in English,
// with prices in EUR that include the tax. Products whose Type column says something are put in
// a category of that name. A file with a mistake changes nothing, and the error names the lines
// and columns. The same file again changes nothing; a file with other prices changes them.
func fillFrom(ctx context.Context, file string, products *catalog.Service, prices *pricing.Service, kept pricing.Store, stock *inventory.Service) ([]Good, error) {
	if _, err := products.Get(ctx, Goods[0].ID); err == nil {
		return nil, fmt.Errorf("%s: the store has the built-in assortment already; choose another -store: %w", file, flywheel.ErrConflict)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // it is only read
	offers, err := take(ctx, filepath.Base(file), f, products)
	if err != nil {
		return nil, err
	}
	goods, err := Sold(ctx, products)
	if err != nil {
		return nil, err
	}
	list := pricing.List{ID: "shop", TaxIncluded: true}
	for i := range goods {
		g := &goods[i]
		priced := g.Items[:0]
		for _, sku := range g.Items {
			offer := offers[sku]
			if offer.Price == nil {
				continue // it is shown, and cannot be bought before it has a price
			}
			home, err := money.Parse(*offer.Price, money.EUR)
			if err != nil {
				return nil, fmt.Errorf("%s: price of %s: %w", filepath.Base(file), sku, err)
			}
			for _, c := range Currencies {
				unit, err := home.Convert(c.Currency, c.Rate, money.HalfUp)
				if err == nil {
					unit, err = unit.EndIn(c.Ending, c.Modulus)
				}
				if err != nil {
					return nil, fmt.Errorf("%s: price of %s in %s: %w", filepath.Base(file), sku, c.Currency, err)
				}
				list.Entries = append(list.Entries, pricing.Entry{SKU: sku, Unit: money.PriceOf(unit)})
			}
			if err := inStock(ctx, stock, sku, offer); err != nil {
				return nil, err
			}
			if offer.Cost != nil {
				if g.Costs == nil {
					g.Costs = map[flywheel.SKU]money.Amount{}
				}
				if g.Costs[sku], err = money.Parse(*offer.Cost, money.EUR); err != nil {
					return nil, fmt.Errorf("%s: cost of %s: %w", filepath.Base(file), sku, err)
				}
			}
			priced, g.Price = append(priced, sku), *offer.Price
		}
		g.Items = priced
	}
	goods = slices.DeleteFunc(goods, func(g Good) bool { return len(g.Items) == 0 })
	return goods, savePrices(ctx, prices, kept, list)
}

// take imports the products of a file, all or none, and puts them where its types say.
func take(ctx context.Context, name string, file io.Reader, products *catalog.Service) (map[flywheel.SKU]catalog.ImportOffer, error) {
	report, err := products.Import(ctx, file, catalog.Import{Form: catalog.ShopifyForm, Channel: Channel, Locale: "en", Type: "ware", Atomic: true})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var wrong []error
	for i, e := range report.Errors {
		if i == mostErrors {
			wrong = append(wrong, fmt.Errorf("%s: %d more: %w", name, len(report.Errors)-i, flywheel.ErrInvalid))
			break
		}
		wrong = append(wrong, fmt.Errorf("%s: %w", name, e))
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	for id, err := range everything(ctx, products) {
		if err != nil {
			return nil, err
		}
		p, err := products.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		before := len(p.Categories)
		if category := catalog.Slugify(p.ProductType, "en", catalog.ASCIISlugs, ""); before == 0 && category != "" {
			if err := products.PutCategory(ctx, catalog.Category{ID: catalog.CategoryID(category), Name: map[catalog.Locale]string{"en": p.ProductType}}); err != nil {
				return nil, fmt.Errorf("%s: category of %s: %w", name, id, err)
			}
			p.Categories = []catalog.CategoryID{catalog.CategoryID(category)}
		}
		if p.TaxClass != "" && len(p.Categories) == before {
			continue
		}
		if p.TaxClass == "" {
			p.TaxClass = "standard"
		}
		if _, err := products.Put(ctx, p); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", name, id, err)
		}
	}
	return report.Offers, nil
}

// inStock keeps what a file says of the stock of an item. What is there is received once: later
// files find the stock as sales left it.
func inStock(ctx context.Context, stock *inventory.Service, sku flywheel.SKU, offer catalog.ImportOffer) error {
	switch {
	case offer.Tracked != nil && !*offer.Tracked:
		return stock.SetItem(ctx, inventory.Item{SKU: sku, Untracked: true})
	case offer.ContinueSelling != nil && *offer.ContinueSelling:
		if err := stock.SetItem(ctx, inventory.Item{SKU: sku, Policy: fulfillment.Backorder, Limit: inventory.Unlimited}); err != nil {
			return err
		}
	}
	if offer.Quantity == nil || *offer.Quantity <= 0 {
		return nil
	}
	return known(stock.Receive(ctx, "first-"+string(sku), []flywheel.Line{{SKU: sku, Quantity: *offer.Quantity}}))
}

// savePrices makes the list the price list of the shop, unless it is that already.
func savePrices(ctx context.Context, prices *pricing.Service, kept pricing.Store, list pricing.List) error {
	for l, err := range kept.Lists(ctx) {
		if err != nil {
			return err
		}
		if l.ID != list.ID {
			continue
		}
		if list.Version = l.Version; slices.Equal(l.Entries, list.Entries) {
			return nil
		}
	}
	_, err := prices.SaveList(ctx, list)
	return err
}

// Sold are the goods of a shop: the built-in ones where it was filled with them, else what its
// catalog sells, by ID, without prices.
func Sold(ctx context.Context, products *catalog.Service) ([]Good, error) {
	if _, err := products.Get(ctx, Goods[0].ID); err == nil {
		return Goods, nil
	}
	var goods []Good
	for id, err := range everything(ctx, products) {
		if err != nil {
			return nil, err
		}
		p, err := products.Get(ctx, id)
		if err != nil {
			return nil, err
		}
		if p.Status != catalog.Active || p.GiftCard || p.Listings[Channel] == nil {
			continue
		}
		g := Good{ID: id, Brand: p.Vendor, En: p.Text["en"].Title, Digital: true}
		if g.Brand == "" {
			g.Brand = "Supplier"
		}
		for i := range p.Variants {
			g.Items = append(g.Items, p.Variants[i].SKU)
			g.Digital = g.Digital && !p.Variants[i].Shipped()
		}
		goods = append(goods, g)
	}
	return goods, nil
}

// everything are the IDs of all products.
func everything(ctx context.Context, products *catalog.Service) func(yield func(catalog.ID, error) bool) {
	return func(yield func(catalog.ID, error) bool) {
		for cursor := ""; ; {
			page, err := products.List(ctx, catalog.ListQuery{Limit: 1000, Cursor: cursor})
			if err != nil {
				yield("", err)
				return
			}
			for _, id := range page.IDs {
				if !yield(id, nil) {
					return
				}
			}
			if cursor = page.Next; !page.More {
				return
			}
		}
	}
}
