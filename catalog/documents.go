package catalog

import (
	"context"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
)

// Documents are the products of a channel as they are searched. It is the
// [search.Source] of a [search.Follower], which keeps an index up to date:
//
//	products := shop.Documents("web", "en", "de")
//	follower := &search.Follower{Engine: search.Local{Index: index}, Source: products, Product: catalog.ChangedProduct}
//	err := products.Fill(ctx, follower.Engine) // then give follower to the runner
type Documents struct {
	service *Service
	channel Channel
	locales []Locale
}

// Attributes of the documents beside those of the products and variants, which have their
// own codes. They are the roles that package search knows.
const (
	SearchPrice    = "price"    // in minor units of the channel's currency
	SearchStock    = "stock"    // units on hand, where they are counted
	SearchBrand    = "brand"    //
	SearchCategory = "cat"      // names from the top, as in "Kitchen > Cups", in the first locale
	SearchTags     = "tags"     //
	SearchID       = "category" // ids of the categories and all above them
	SearchProduct  = "product"  // its id
)

// Documents returns the documents of a channel in locales, the first of which is the
// index's first.
func (s *Service) Documents(channel Channel, locales ...Locale) Documents {
	if len(locales) == 0 {
		locales = []Locale{"en"}
	}
	return Documents{s, channel, locales}
}

// ChangedProduct returns the product that an entry of the log changed.
func ChangedProduct(e flywheel.Entry) (id string, ok bool) {
	c, ok := ChangeOf(e.Event)
	return string(c.Product), ok
}

// Fill puts all live products of the channel into an engine, some hundred at a time. What
// is no longer live is taken out when the log reports it, or with the engine's own means.
func (d Documents) Fill(ctx context.Context, engine search.Engine) error {
	for q := (ListQuery{Channel: d.channel, Limit: 200}); ; {
		page, err := d.service.List(ctx, q)
		if err != nil {
			return err
		}
		ids := make([]string, len(page.IDs))
		for i, id := range page.IDs {
			ids[i] = string(id)
		}
		docs, err := d.Documents(ctx, ids)
		if err != nil {
			return err
		}
		if err := engine.Change(ctx, docs, nil); err != nil {
			return err
		}
		if !page.More {
			return nil
		}
		q.Cursor = page.Next
	}
}

// Documents implements [search.Source]: products that are not live are left out. Prices
// and stock are those of the service's Offers.
func (d Documents) Documents(ctx context.Context, ids []string) ([]search.Document, error) {
	var docs []search.Document
	for _, id := range ids {
		doc, ok, err := d.document(ctx, ID(id))
		if err != nil {
			return nil, err
		}
		if ok {
			docs = append(docs, doc)
		}
	}
	return docs, nil
}

// document returns a product as it is searched; false where it is not live.
func (x Documents) document(ctx context.Context, id ID) (search.Document, bool, error) {
	d := search.Document{ID: string(id), Locales: map[string]map[string]string{}}
	var first View
	for i, l := range x.locales {
		v, err := x.service.View(ctx, id, x.channel, l)
		if _, gone := asErrors(err); gone {
			return d, false, nil
		}
		if err != nil {
			return d, false, err
		}
		text := map[string]string{"title": v.Title, "description": PlainText(v.Description), "brand": v.Vendor}
		if i == 0 {
			first, d.Text = v, text
			continue
		}
		d.Locales[string(l)] = text
	}
	if first.State != StateLive {
		return d, false, nil
	}
	d.Attributes = first.Attributes
	d.Attributes[SearchBrand], d.Attributes[SearchTags] = first.Vendor, first.Tags
	var names, within []string
	for _, c := range first.Categories {
		crumbs, err := x.service.Path(ctx, c, x.locales[0])
		if err != nil {
			return d, false, err
		}
		path := ""
		for _, crumb := range crumbs {
			if path != "" {
				path += " > "
			}
			path += crumb.Name
			within = append(within, string(crumb.ID))
		}
		names = append(names, path)
	}
	d.Attributes[SearchCategory], d.Attributes[SearchID] = names, within
	d.Attributes[SearchProduct] = string(id)
	skus := make([]flywheel.SKU, len(first.Variants))
	for i, v := range first.Variants {
		skus[i] = v.SKU
	}
	offers, err := x.service.offers.Offers(ctx, x.channel, skus)
	if err != nil {
		return d, false, err
	}
	for _, v := range first.Variants {
		a := v.Attributes
		for i, name := range v.OptionNames {
			if i < len(first.Options) {
				a[first.Options[i].Code] = name
			}
		}
		if o, ok := offers[v.SKU]; ok {
			if has(o.Price) {
				a[SearchPrice] = o.Price.Minor()
			}
			if o.Stock != nil {
				a[SearchStock] = *o.Stock
			}
		}
		d.Variants = append(d.Variants, search.Variant{SKU: v.SKU, Attributes: a})
	}
	return d, true, nil
}
