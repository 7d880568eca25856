package catalog

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
)

// checkBundles reports components by which a bundle would be part of itself,
// directly or through the components of others. Changes of two bundles at the same
// moment are judged each by what was stored before; who walks components bounds the
// depth.
func (w *write) checkBundles(ctx context.Context, list []Product, place func(i int) string, p problems) error {
	given := map[ID]*Product{}
	owner := map[flywheel.SKU]ID{} // of SKUs of the call
	for i := range list {
		given[list[i].ID] = &list[i]
		for n := range list[i].Variants {
			owner[list[i].Variants[n].SKU] = list[i].ID
		}
	}
	stored := map[ID]*Head{}
	for i := range list {
		if len(list[i].Components) == 0 {
			continue
		}
		from := map[flywheel.SKU]int{} // the component through which each part comes in
		var level []flywheel.SKU
		for k, part := range list[i].Components {
			if _, there := from[part.SKU]; !there {
				from[part.SKU] = k
				level = append(level, part.SKU)
			}
		}
		for len(level) > 0 {
			owners, err := w.owners(ctx, level, owner, given, stored)
			if err != nil {
				return err
			}
			var next []flywheel.SKU
			for _, sku := range level {
				id, known := owners[sku]
				if !known {
					continue
				}
				if id == list[i].ID {
					p.invalid(fmt.Sprintf("%scomponents[%d].sku", place(i), from[sku]), "%q makes the bundle a part of itself", list[i].Components[from[sku]].SKU)
					continue
				}
				parts := stored[id]
				var of []Component
				if here := given[id]; here != nil {
					of = here.Components
				} else if parts != nil {
					of = parts.Product.Components
				}
				for _, part := range of {
					if _, there := from[part.SKU]; !there {
						from[part.SKU] = from[sku]
						next = append(next, part.SKU)
					}
				}
			}
			level = next
		}
	}
	return nil
}

// owners returns the products of SKUs, those of the call before those stored, and
// reads the heads of the latter.
func (w *write) owners(ctx context.Context, skus []flywheel.SKU, called map[flywheel.SKU]ID, given map[ID]*Product, stored map[ID]*Head) (map[flywheel.SKU]ID, error) {
	out := make(map[flywheel.SKU]ID, len(skus))
	var missing []flywheel.SKU
	for _, sku := range skus {
		if id, here := called[sku]; here {
			out[sku] = id
		} else {
			missing = append(missing, sku)
		}
	}
	if len(missing) == 0 {
		return out, nil
	}
	rows, err := w.s.store.Variants(ctx, VariantQuery{SKUs: missing})
	if err != nil {
		return nil, err
	}
	var ids []ID
	for _, row := range rows {
		if given[row.Product] != nil {
			continue // the call takes the SKU from the product
		}
		out[row.Variant.SKU] = row.Product
		if _, read := stored[row.Product]; !read {
			stored[row.Product] = nil
			ids = append(ids, row.Product)
		}
	}
	if len(ids) == 0 {
		return out, nil
	}
	heads, err := w.s.store.Heads(ctx, ids...)
	for _, h := range heads {
		stored[h.Product.ID] = h
	}
	return out, err
}
