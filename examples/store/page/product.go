package page

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

type productView struct {
	catalog.View
	Variants []variantView
	Price    int64
}

type variantView struct {
	SKU     flywheel.SKU
	Name    string
	InStock bool
}

// product is one product with its variants; what is sold out stays visible.
func (s *Shop) product(r *web.Request) (web.Answer, error) {
	at, err := s.Products.Resolve(r.Context(), data.Channel, catalog.Locale(r.Language), r.PathValue("slug"))
	if err != nil {
		return web.Answer{}, err
	}
	if at.Redirect != "" {
		return r.Go("/goods/" + at.Redirect)
	}
	if at.Product == "" {
		return web.Answer{}, fmt.Errorf("store: no product at this address: %w", flywheel.ErrNotFound)
	}
	v, err := s.Products.View(r.Context(), at.Product, data.Channel, catalog.Locale(r.Language))
	if err != nil {
		return web.Answer{}, err
	}
	skus := make([]flywheel.SKU, len(v.Variants))
	for i, variant := range v.Variants {
		skus[i] = variant.SKU
	}
	stock, err := s.Stock.Available(r.Context(), skus)
	if err != nil {
		return web.Answer{}, err
	}
	shown := productView{View: v}
	for _, variant := range v.Variants {
		name := v.Title
		if len(variant.OptionNames) > 0 {
			name = variant.OptionNames[0]
		}
		shown.Variants = append(shown.Variants, variantView{variant.SKU, name, there(stock, variant.SKU)})
	}
	found, err := s.Index.Search(search.Query{Filter: fmt.Appendf(nil, `{"product":%q}`, v.ID), Limit: 1})
	if err != nil {
		return web.Answer{}, err
	}
	for _, hit := range found.Hits {
		shown.Price = int64(hit.Price.From)
	}
	err = s.Events.Publish(r.Context(), flywheel.Event{
		ID: newID(), Name: flywheel.EventViewItem, Time: s.Now(), Customer: r.Who.Customer, Visitor: r.Who.Visitor, Lines: []flywheel.Line{{SKU: skus[0]}},
	})
	if err != nil {
		return web.Answer{}, err
	}
	return web.Page("product", shown)
}
