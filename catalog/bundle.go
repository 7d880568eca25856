package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// bundleState is the definition that a change of bundles writes: with it the revision
// of definitions rises, so that of two changes decided at the same moment, which
// together would close a circle, one is decided again. Definitions is the revision by
// which everything else is defined, At the one that the change made.
type bundleState struct {
	At          int64 `json:"at"`
	Definitions int64 `json:"definitions"`
}

// meaning is the revision since which no definition has changed what a product is.
func (s *schema) meaning() int64 {
	if s.bundles.At == s.revision {
		return s.bundles.Definitions
	}
	return s.revision
}

// guardBundles enters in the batch that bundles change.
func (w *write) guardBundles() error {
	if !w.bundles || len(w.batch.Definitions) > 0 || w.batch.Bump {
		return nil
	}
	body, err := json.Marshal(bundleState{At: w.batch.Revision + 1, Definitions: w.schema.meaning()})
	if err != nil {
		return fmt.Errorf("catalog: %w", err)
	}
	w.batch.Definitions = []Definition{{Kind: kindBundles, Code: "changes", Body: body}}
	return nil
}

// bundled reports whether a product may become a part of itself: it has components,
// and other ones than stored or an SKU that is new to it.
func (k *work) bundled(p *Product) bool {
	if len(p.Components) == 0 {
		return false
	}
	if k.head == nil || !slices.Equal(k.head.Product.Components, p.Components) {
		return true
	}
	own := ownSKUs(k.rows)
	return slices.ContainsFunc(p.Variants, func(v Variant) bool { return !own[v.SKU] })
}

// checkBundles reports components by which a bundle of a list would be part of itself,
// directly or through the components of others.
func (w *write) checkBundles(ctx context.Context, list []Product, place func(i int) string, p problems) error {
	return w.circles(ctx, list, func(i, component int) {
		p.invalid(fmt.Sprintf("%scomponents[%d].sku", place(i), component), "%q makes the bundle a part of itself", list[i].Components[component].SKU)
	})
}

// checkBundled is checkBundles for a variant that a stored product gets.
func (w *write) checkBundled(ctx context.Context, k *work, v *Variant, p problems) error {
	product := k.head.Product
	if len(product.Components) == 0 {
		return nil
	}
	for _, row := range k.rows {
		product.Variants = append(product.Variants, row.Variant)
	}
	product.Variants = append(product.Variants, *v)
	return w.circles(ctx, []Product{product}, func(int, int) {
		p.invalid("sku", "%q is part of what the bundle %q is made of", v.SKU, product.ID)
	})
}

// circles calls found for each component through which a product of a list would be
// part of itself.
func (w *write) circles(ctx context.Context, list []Product, found func(i, component int)) error {
	if !slices.ContainsFunc(list, func(p Product) bool { return w.work[p.ID].bundled(&p) }) {
		return nil
	}
	w.bundles = true
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
					found(i, from[sku])
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
