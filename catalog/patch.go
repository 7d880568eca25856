package catalog

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
)

// SetStatus changes the status of a product.
func (s *Service) SetStatus(ctx context.Context, id ID, status Status) (Product, error) {
	return s.edit(ctx, id, func(p *Product) error {
		p.Status = status
		return nil
	})
}

// Patch changes fields of a product, in its JSON form: a field is replaced, and
// objects are merged two levels deep, so that {"listings": {"web": {"position": 3}}}
// keeps the other keys of the listing. Then the keys of unset are taken away, such
// as "vendor" or "attributes.material.de".
func (s *Service) Patch(ctx context.Context, id ID, set Fields, unset ...string) (Product, error) {
	return s.edit(ctx, id, func(p *Product) error {
		variants := p.Variants
		p.Variants = nil
		next, err := patched(p, set, unset)
		if err != nil {
			return fieldError("set", flywheel.ErrInvalid, "%v", err)
		}
		if next.ID != p.ID {
			return fieldError("set.id", flywheel.ErrInvalid, "an ID is not changed")
		}
		if _, given := set["variants"]; !given && !slices.Contains(unset, "variants") {
			next.Variants = variants
		}
		*p = next
		return nil
	})
}

// edit puts what fn makes of a stored product.
func (s *Service) edit(ctx context.Context, id ID, fn func(p *Product) error) (out Product, err error) {
	err = s.change(ctx, func(ctx context.Context) error {
		w, err := s.write(ctx)
		if err != nil {
			return err
		}
		if err := w.load(ctx, id); err != nil {
			return err
		}
		k := w.work[id]
		if k.head == nil {
			return fieldError("product", flywheel.ErrNotFound, "product %q", id)
		}
		p := assemble(k.head, k.rows)
		for _, l := range p.Listings {
			l.Slugs = nil // they stay
			if l.Variants != nil {
				l.Variants = slices.DeleteFunc(l.Variants, func(sku flywheel.SKU) bool { // of variants that were removed since
					_, there := p.Variant(sku)
					return !there
				})
			}
		}
		if err := fn(&p); err != nil {
			return err
		}
		list := []Product{p}
		if err := w.put(ctx, list, nil, func(int) string { return "" }); err != nil {
			return err
		}
		if err := w.commit(ctx); err != nil {
			return err
		}
		out = k.stored()
		return nil
	})
	return out, err
}

// jsonObject returns the JSON form of v, integers as they are.
func jsonObject(v any) (map[string]any, error) {
	data, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return plainObject(data)
}

// merge enters given into base. Objects on both sides are merged down to a depth,
// below they are replaced.
func merge(base, given map[string]any, depth int) {
	for k, v := range given {
		into, ok := base[k].(map[string]any)
		if from, both := v.(map[string]any); ok && both && depth > 0 {
			merge(into, from, depth-1)
			continue
		}
		base[k] = v
	}
}

// remove takes away a dotted path. Keys may hold dots themselves.
func remove(m map[string]any, path string) {
	if _, there := m[path]; there {
		delete(m, path)
		return
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if below, ok := m[path[:i]].(map[string]any); ok {
			remove(below, strings.TrimPrefix(path[i:], "."))
		}
	}
}
