package catalog

import (
	"context"
	"maps"
	"slices"

	"github.com/flywheel-go/flywheel/pricing/money"
)

// inCollection reports whether a product is in the collection of the listing.
func (l *listing) inCollection(p *shelved, price money.Amount) bool {
	f, _ := price.Decimal().Float64()
	return l.coll.matches(p.head.Product.ID, l.facts(p, f, has(price)))
}

// InCollection returns the live products of a channel that are in a collection, by
// ID. It looks at each live product.
func (s *Service) InCollection(ctx context.Context, id string, code Channel, l Locale) ([]ID, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return nil, err
	}
	p := newProblems()
	if sc.collections[id] == nil {
		p.notFound("id", "collection", id)
	}
	if sc.channels[code] == nil {
		p.notFound("channel", "channel", string(code))
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	ids := []ID{}
	for q := (ListQuery{Channel: code, Locale: l, Collection: id, Limit: 1000}); ; {
		page, err := s.List(ctx, q)
		if err != nil {
			return nil, err
		}
		ids = append(ids, page.IDs...)
		if !page.More {
			return ids, nil
		}
		q.Cursor = page.Next
	}
}

// Collections returns the collections that there are, by ID. They are copies.
func (s *Service) Collections(ctx context.Context) ([]Collection, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return nil, err
	}
	var all []Collection
	for _, id := range slices.Sorted(maps.Keys(sc.collections)) {
		c := sc.collections[id].Collection
		c.When, c.Include, c.Except, c.Name = slices.Clone(c.When), slices.Clone(c.Include), slices.Clone(c.Except), maps.Clone(c.Name)
		all = append(all, c)
	}
	return all, nil
}
