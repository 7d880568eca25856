package page

import (
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/examples/store/data"
	"github.com/flywheel-go/flywheel/examples/store/web"
)

// swaps are what the units of a line that were sent can be exchanged for: the other variants
// of the product that are there.
func (s *Shop) swaps(r *web.Request, o *order.Order) (map[string][]variantView, error) {
	all := map[string][]variantView{}
	for i := range o.Lines {
		l := &o.Lines[i]
		if l.Fulfilled() == 0 || l.Download || l.FinalSale {
			continue
		}
		p, _, err := s.Products.BySKU(r.Context(), l.SKU)
		if err != nil {
			return nil, err
		}
		v, err := s.Products.View(r.Context(), p.ID, data.Channel, catalog.Locale(r.Language))
		if err != nil {
			return nil, err
		}
		var skus []flywheel.SKU
		for i := range v.Variants {
			skus = append(skus, v.Variants[i].SKU)
		}
		stock, err := s.Stock.Available(r.Context(), skus)
		if err != nil {
			return nil, err
		}
		for i := range v.Variants {
			other := &v.Variants[i]
			if other.SKU != l.SKU && stock.Has(other.SKU) && len(other.OptionNames) > 0 {
				all[l.ID] = append(all[l.ID], variantView{SKU: other.SKU, Name: other.OptionNames[0], InStock: true})
			}
		}
	}
	return all, nil
}

// exchange asks for other goods in place of units of one line, at the price of the day.
func (s *Shop) exchange(r *web.Request) (web.Answer, error) {
	o, err := s.mine(r)
	if err != nil {
		return web.Answer{}, err
	}
	f, err := r.Texts("line", "sku")
	if err != nil {
		return web.Answer{}, err
	}
	n, err := r.Number("quantity", 1)
	if err != nil {
		return web.Answer{}, err
	}
	swaps, err := s.swaps(r, &o)
	if err != nil {
		return web.Answer{}, err
	}
	if !slices.ContainsFunc(swaps[f["line"]], func(v variantView) bool { return string(v.SKU) == f["sku"] }) {
		return web.Answer{}, &flywheel.FieldError{Field: "sku", Err: flywheel.ErrNotFound} // the page offers no other
	}
	return s.command(r, &o, &order.Exchange{
		ID: returnName(&o), Lines: map[string]int64{f["line"]: n}, For: []order.Item{{SKU: flywheel.SKU(f["sku"]), Quantity: n}},
	})
}
