package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// define decides on definitions while no one else changes any, and saves them.
func (s *Service) define(ctx context.Context, decide func(ctx context.Context, sc *schema, p problems) ([]Definition, error)) error {
	return s.change(ctx, func(ctx context.Context) error {
		sc, err := s.latest(ctx)
		if err != nil {
			return err
		}
		// Taking the revision first keeps out products that would need what is
		// about to change.
		if err := s.store.Save(ctx, &Batch{Revision: sc.revision, Bump: true}); err != nil {
			return err
		}
		p := newProblems()
		defs, err := decide(ctx, sc, p)
		if err != nil {
			return err
		}
		if err := p.err(); err != nil {
			return err
		}
		if err := s.store.Save(ctx, &Batch{Revision: sc.revision + 1, Definitions: defs}); err != nil {
			return err
		}
		flywheel.AfterCommit(ctx, s.install)
		return nil
	})
}

func definition(kind, code string, v any) ([]Definition, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("catalog: %s %q: %w", kind, code, err)
	}
	return []Definition{{Kind: kind, Code: code, Body: body}}, nil
}

// exists reports whether the index has an entry in a space that begins with a name.
func (s *Service) exists(ctx context.Context, prefix bool, spaces ...string) (bool, error) {
	entries, err := s.store.Scan(ctx, Scan{Spaces: spaces, Prefix: prefix, Limit: 1, Timeless: true})
	return len(entries) > 0, err
}

// PutLocale declares a locale and what it falls back to, which may not lead back to
// it.
func (s *Service) PutLocale(ctx context.Context, l LocaleDef) error {
	return s.define(ctx, func(_ context.Context, sc *schema, p problems) ([]Definition, error) {
		code, err := ParseLocale(string(l.Code))
		if err != nil {
			p.wrap("code", err)
		}
		l.Code = code
		if l.Fallback != "" {
			fallback, err := ParseLocale(string(l.Fallback))
			if err != nil || containsLocale(chain(sc.fallbacks, fallback, ""), code) {
				p.invalid("fallback", "%q is no locale, or leads back", l.Fallback)
			}
			l.Fallback = fallback
		}
		return definition(kindLocale, string(l.Code), l)
	})
}

// PutChannel creates or replaces a channel.
func (s *Service) PutChannel(ctx context.Context, c ChannelDef) error {
	return s.define(ctx, func(_ context.Context, _ *schema, p problems) ([]Definition, error) {
		return definition(kindChannel, string(c.Code), c.compile(p).ChannelDef)
	})
}

// PutAttribute creates or replaces an attribute. Of one that some product has a
// value of, type, scope, unit and flags stay.
func (s *Service) PutAttribute(ctx context.Context, a Attribute) error {
	return s.define(ctx, func(ctx context.Context, sc *schema, p problems) ([]Definition, error) {
		a = a.normalize(p)
		if old := sc.attributes[a.Code]; old != nil {
			changed := map[string]bool{
				"type": old.Type != a.Type, "scope": old.Scope != a.Scope, "unit": old.Unit != a.Unit, "target": old.Target != a.Target,
				"localised": old.Localized != a.Localized, "per_channel": old.PerChannel != a.PerChannel, "many": old.Many != a.Many,
			}
			if used, err := s.exists(ctx, true, space("t", "attributes."+a.Code, "")); err != nil {
				return nil, err
			} else if used {
				for _, key := range sortedKeys(changed) {
					if changed[key] {
						p.conflict(key, "products have values of %q", a.Code)
					}
				}
			}
		}
		return definition(kindAttribute, a.Code, a)
	})
}

// PutOptions creates or replaces an option set. Values that variants have stay.
func (s *Service) PutOptions(ctx context.Context, o OptionSet) error {
	return s.define(ctx, func(ctx context.Context, sc *schema, p problems) ([]Definition, error) {
		next := o.compile(p)
		if old := sc.options[o.Code]; old != nil {
			for _, v := range old.Values {
				if _, stays := next.at[v.Code]; stays {
					continue
				}
				used, err := s.exists(ctx, false, termSpace("options."+o.Code, v.Code))
				if err != nil {
					return nil, err
				}
				if used {
					p.conflict("values", "variants have %q", v.Code)
					break
				}
			}
		}
		return definition(kindOptions, o.Code, next.OptionSet)
	})
}

// PutType creates or replaces a product type.
func (s *Service) PutType(ctx context.Context, t ProductType) error {
	return s.define(ctx, func(_ context.Context, sc *schema, p problems) ([]Definition, error) {
		p.code("code", t.Code)
		if t.Parent != "" {
			if t.Parent == t.Code || slices.ContainsFunc(sc.typeChain(t.Parent), func(above *ProductType) bool { return above.Code == t.Code }) {
				p.invalid("parent", "%q is below", t.Parent)
			} else if sc.types[t.Parent] == nil {
				p.notFound("parent", "type", t.Parent)
			}
		}
		sc.checkAttributes(t.Attributes, t.Required, p)
		t.Name = normalTexts(t.Name, p, "name")
		return definition(kindType, t.Code, t)
	})
}

// PutCategory creates or replaces a category.
func (s *Service) PutCategory(ctx context.Context, c Category) error {
	return s.define(ctx, func(_ context.Context, sc *schema, p problems) ([]Definition, error) {
		p.code("id", string(c.ID))
		sc.checkParent(c.ID, c.Parent, p)
		if c.Name = normalTexts(c.Name, p, "name"); len(c.Name) == 0 {
			p.invalid("name", "missing")
		}
		c.Google = normalText(c.Google)
		sc.checkAttributes(c.Attributes, c.Required, p)
		return definition(kindCategory, string(c.ID), c)
	})
}

func (s *schema) checkParent(id, parent CategoryID, p problems) {
	switch {
	case parent == "":
	case parent == id || s.tree.below(parent, id):
		p.invalid("parent", "%q is the category itself or below it", parent)
	case s.tree.get(parent) == nil:
		p.notFound("parent", "category", string(parent))
	}
}

// MoveCategory puts a category, with all below it, under another parent, at the top
// where that is empty. A nil position stays as it is.
func (s *Service) MoveCategory(ctx context.Context, id, parent CategoryID, position *int) error {
	return s.define(ctx, func(_ context.Context, sc *schema, p problems) ([]Definition, error) {
		n := sc.tree.get(id)
		if n == nil {
			p.notFound("id", "category", string(id))
			if parent != "" && sc.tree.get(parent) == nil {
				p.notFound("parent", "category", string(parent))
			}
			return nil, nil
		}
		sc.checkParent(id, parent, p)
		c := n.Category
		if c.Parent = parent; position != nil {
			c.Position = *position
		}
		return definition(kindCategory, string(id), c)
	})
}

// RemoveCategory removes a category without categories below and without products.
func (s *Service) RemoveCategory(ctx context.Context, id CategoryID) error {
	return s.define(ctx, func(ctx context.Context, sc *schema, p problems) ([]Definition, error) {
		n := sc.tree.get(id)
		if n == nil {
			p.notFound("id", "category", string(id))
			return nil, nil
		}
		if len(n.children) > 0 {
			p.conflict("children", "%q is below", n.children[0])
		}
		used, err := s.exists(ctx, false, anyStatus(id)...)
		if used {
			p.conflict("products", "products are in it")
		}
		return []Definition{{Kind: kindCategory, Code: string(id)}}, err
	})
}

// anyStatus returns the spaces of all products of a category itself.
func anyStatus(id CategoryID) []string {
	var list []string
	for _, status := range []Status{Draft, Active, Archived} {
		list = append(list, space("n", string(status), string(id), byID))
	}
	return list
}

// PutCollection creates or replaces a collection.
func (s *Service) PutCollection(ctx context.Context, c Collection) error {
	return s.define(ctx, func(_ context.Context, sc *schema, p problems) ([]Definition, error) {
		return definition(kindCollection, c.ID, c.compile(sc.facts, p).Collection)
	})
}
