package catalog

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
)

// Indexing keeps an index of package search in step with the products of a channel. It is
// a [flywheel.Consumer]: the runner brings it the changes of the catalog, and each product
// that changed is read once for a batch and put into the index whole. As an index in
// memory it begins with [Indexing.Fill] in each process, or with the log. It is safe for
// concurrent use.
type Indexing struct {
	service *Service
	index   *search.Index
	channel Channel
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

// NewIndexing returns what keeps index. Its locales decide in which languages the products
// of the channel are searched.
func NewIndexing(s *Service, index *search.Index, channel Channel) (*Indexing, error) {
	if s == nil || index == nil {
		return nil, fmt.Errorf("catalog: indexing wants a service and an index: %w", flywheel.ErrInvalid)
	}
	return &Indexing{s, index, channel}, nil
}

// Name implements the naming of consumers.
func (x *Indexing) Name() string { return "catalog-search-" + string(x.channel) }

// Fill puts all live products of the channel into the index and takes out what is not
// live any more.
func (x *Indexing) Fill(ctx context.Context) error {
	known := map[string]bool{}
	for _, id := range x.index.Snapshot().IDs() {
		known[id] = true
	}
	for q := (ListQuery{Channel: x.channel, Limit: 200}); ; {
		page, err := x.service.List(ctx, q)
		if err != nil {
			return err
		}
		if err := x.Refresh(ctx, page.IDs...); err != nil {
			return err
		}
		for _, id := range page.IDs {
			delete(known, string(id))
		}
		if !page.More {
			break
		}
		q.Cursor = page.Next
	}
	return x.index.Change(nil, sortedKeys(known))
}

// Consume implements [flywheel.Consumer].
func (x *Indexing) Consume(ctx context.Context, entries []flywheel.Entry) error {
	changed := map[ID]bool{}
	for _, e := range entries {
		if c, ok := ChangeOf(e.Event); ok {
			changed[c.Product] = true
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return x.Refresh(ctx, sortedKeys(changed)...)
}

// Refresh reads products again and puts them into the index, or takes them out where they
// are not live in the channel. Prices and stock are those of the service's Offers: call it
// where they changed.
func (x *Indexing) Refresh(ctx context.Context, ids ...ID) error {
	var put []search.Document
	var remove []string
	for _, id := range ids {
		d, ok, err := x.document(ctx, id)
		if err != nil {
			return err
		}
		if ok {
			put = append(put, d)
		} else {
			remove = append(remove, string(id))
		}
	}
	return x.index.Change(put, remove)
}

// document returns a product as it is searched; false where it is not live.
func (x *Indexing) document(ctx context.Context, id ID) (search.Document, bool, error) {
	locales := x.index.Settings().Locales
	if len(locales) == 0 {
		locales = []search.Locale{{Code: "en"}}
	}
	d := search.Document{ID: string(id), Locales: map[string]map[string]string{}}
	var first View
	for i, l := range locales {
		v, err := x.service.View(ctx, id, x.channel, Locale(l.Code))
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
		d.Locales[l.Code] = text
	}
	if first.State != StateLive {
		return d, false, nil
	}
	d.Attributes = first.Attributes
	d.Attributes[SearchBrand], d.Attributes[SearchTags] = first.Vendor, first.Tags
	var names, within []string
	for _, c := range first.Categories {
		crumbs, err := x.service.Path(ctx, c, Locale(locales[0].Code))
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
