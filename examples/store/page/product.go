package page

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

type productView struct {
	catalog.View
	Variants []variantView
	Price    money.Amount
	Delivery []fulfillment.Offer // of the first variant that is there
	Voices   voicesView
	Together []card
	Redirect string
	Member   bool
	Thanks   string
	Missing  bool // a variant is sold out
}

type variantView struct {
	SKU     flywheel.SKU
	Name    string
	InStock bool
	Later   bool // sold before it is there
}

// goods is the product of an address.
func (s *Shop) goods(r *web.Request) (v productView, err error) {
	at, err := s.Products.Resolve(r.Context(), data.Channel, catalog.Locale(r.Language), r.PathValue("slug"))
	if err != nil || at.Redirect != "" {
		return productView{Redirect: at.Redirect}, err
	}
	if at.Product == "" {
		return v, fmt.Errorf("store: no product at this address: %w", flywheel.ErrNotFound)
	}
	if v.View, err = s.Products.View(r.Context(), at.Product, data.Channel, catalog.Locale(r.Language)); err != nil {
		return v, err
	}
	for _, variant := range v.View.Variants {
		name := v.Title
		if len(variant.OptionNames) > 0 {
			name = variant.OptionNames[0]
		}
		v.Variants = append(v.Variants, variantView{SKU: variant.SKU, Name: name})
	}
	return v, nil
}

// product is one product with its variants; what is sold out stays visible.
func (s *Shop) product(r *web.Request) (web.Answer, error) {
	v, err := s.goods(r)
	if err != nil {
		return web.Answer{}, err
	}
	if v.Redirect != "" {
		return r.Go("/goods/" + v.Redirect)
	}
	var skus []flywheel.SKU
	for _, variant := range v.Variants {
		skus = append(skus, variant.SKU)
	}
	stock, err := s.Stock.Available(r.Context(), skus)
	if err != nil {
		return web.Answer{}, err
	}
	v.Member, v.Thanks = r.Who.Customer != "", r.FormValue("thanks")
	for i := range v.Variants {
		one := &v.Variants[i]
		free, counted := stock.Count(one.SKU)
		one.InStock = stock.Has(one.SKU)
		one.Later = one.InStock && counted && free == 0
		v.Missing = v.Missing || !one.InStock
		if !one.InStock || v.Delivery != nil || v.Digital {
			continue
		}
		if v.Delivery, err = s.arrives(r, one.SKU, stock); err != nil {
			return web.Answer{}, err
		}
	}
	if v.Price, _, err = s.span(r, skus); err != nil {
		return web.Answer{}, err
	}
	if v.Voices, err = s.voices(r, string(v.ID)); err != nil {
		return web.Answer{}, err
	}
	if v.Together, err = s.together(r, skus); err != nil {
		return web.Answer{}, err
	}
	if err := s.tell(r, flywheel.Event{Name: flywheel.EventViewItem, Lines: []flywheel.Line{{SKU: skus[0]}}}); err != nil {
		return web.Answer{}, err
	}
	return web.Page("product", v)
}
