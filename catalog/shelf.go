package catalog

import (
	"context"

	"github.com/flywheel-go/flywheel"
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

// Crumb is a category on the way to another.
type Crumb struct {
	ID   CategoryID `json:"id"`
	Name string     `json:"name"`
}

// Path returns the categories from the top to one, with their names in a locale.
func (s *Service) Path(ctx context.Context, id CategoryID, l Locale) ([]Crumb, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return nil, err
	}
	if sc.tree.get(id) == nil {
		return nil, fieldError("category", flywheel.ErrNotFound, "category %q", id)
	}
	return sc.crumbs(id, sc.asked(nil, l)), nil
}

func (s *schema) crumbs(id CategoryID, locales []Locale) []Crumb {
	var list []Crumb
	for _, n := range s.tree.path(id) {
		name := textIn(n.Name, locales, "")
		if name == "" {
			name = textIn(n.Name, sortedKeys(n.Name), string(n.ID))
		}
		list = append(list, Crumb{n.ID, name})
	}
	return list
}

// Branch is a category in the tree and how many products are in it or below.
type Branch struct {
	ID       CategoryID
	Depth    int
	Products int
}

// Tree returns all categories, each before those below it, siblings in order, with
// the number of distinct products: of all of them, or with a channel of those that
// are live there now.
func (s *Service) Tree(ctx context.Context, code Channel) ([]Branch, error) {
	l, err := s.listing(ctx, ListQuery{Channel: code})
	if err != nil {
		return nil, err
	}
	var list []Branch
	var above []map[ID]struct{} // products of the categories on the way down, by depth
	var counts []int            // index in list by depth
	close := func(depth int) {
		for len(above) > depth {
			n := len(above) - 1
			list[counts[n]].Products = len(above[n])
			if n > 0 {
				if len(above[n-1]) == 0 {
					above[n-1] = above[n]
				} else {
					for id := range above[n] {
						above[n-1][id] = struct{}{}
					}
				}
			}
			above, counts = above[:n], counts[:n]
		}
	}
	l.schema.tree.walk("", func(n *node, depth int) {
		if err != nil {
			return
		}
		close(depth)
		products := map[ID]struct{}{}
		own := *l
		own.q.Category = n.ID
		q := l.scan(byID)
		q.Spaces = own.own(byID)
		var entries []Entry
		entries, err = s.store.Scan(ctx, q)
		for _, e := range entries {
			products[e.ID] = struct{}{}
		}
		above, counts = append(above, products), append(counts, len(list))
		list = append(list, Branch{ID: n.ID, Depth: depth})
	})
	close(0)
	return list, err
}

// own returns the spaces of the category itself, without those below.
func (l *listing) own(order string) []string {
	if l.ch == nil {
		return anyStatus(l.q.Category)
	}
	return []string{space("l", string(Active), string(l.ch.Code), string(l.q.Category), order)}
}

// Description is what a cart and an event say of a line: what was true when it was
// sold.
type Description struct {
	SKU        flywheel.SKU
	Product    ID
	Title      string       // with the names of the variant's values
	Categories []CategoryID // with all above them
	Brand      string
	TaxClass   string
	Attributes map[string]any // shown, of the product and the variant
	Cost       money.Amount   // no amount where it is not known
	// GiftCard, Digital, Shipped and Taxable as they are kept.
	GiftCard, Digital, Shipped, Taxable bool
	Components                          []Component
	// WeightGrams is nil where it is not known.
	WeightGrams *int64
	// State is that of the variant in the channel: unlisted where the channel does not
	// show it. Without a channel it is that of the product.
	State State
}

// Describe describes the lines of a cart or an event: one call for many SKUs. An SKU
// that does not exist is absent.
func (s *Service) Describe(ctx context.Context, code Channel, l Locale, skus ...flywheel.SKU) (map[flywheel.SKU]Description, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return nil, err
	}
	ch := sc.channels[code]
	if code != "" && ch == nil {
		return nil, fieldError("channel", flywheel.ErrNotFound, "channel %q", code)
	}
	rows, err := s.store.Variants(ctx, VariantQuery{SKUs: skus})
	if err != nil || len(rows) == 0 {
		return map[flywheel.SKU]Description{}, err
	}
	ids := make([]ID, len(rows))
	for i, row := range rows {
		ids[i] = row.Product
	}
	heads, err := s.store.Heads(ctx, distinct(ids)...)
	if err != nil {
		return nil, err
	}
	byID := make(map[ID]*Head, len(heads))
	for _, h := range heads {
		byID[h.Product.ID] = h
	}
	offers, err := s.offers.Offers(ctx, code, skus)
	if err != nil {
		return nil, err
	}
	locales, now := sc.asked(ch, l), s.instant()
	out := make(map[flywheel.SKU]Description, len(rows))
	for _, row := range rows {
		h := byID[row.Product]
		if h == nil {
			continue
		}
		p, v := &h.Product, &row.Variant
		d := Description{
			SKU: v.SKU, Product: p.ID, Title: sc.fullTitle(p, v, locales), Categories: sc.tree.withAbove(p.Categories), Brand: p.Vendor, TaxClass: p.TaxClass,
			Attributes: sc.shownAll(p, p.Attributes, ch, locales), Cost: offers[v.SKU].Cost,
			GiftCard: p.GiftCard, Digital: p.Digital, Shipped: v.Shipped() && !p.Digital, Taxable: v.Taxed(), Components: append([]Component(nil), p.Components...),
			WeightGrams: v.WeightGrams,
		}
		if ch != nil {
			listed := p.Listings[code]
			d.State = p.state(code, listed != nil && (listed.Variants == nil || listed.shows(v.SKU)), now)
		}
		for code, value := range sc.shownAll(p, v.Attributes, ch, locales) {
			d.Attributes[code] = value
		}
		out[v.SKU] = d
	}
	return out, nil
}

// fullTitle is the title with the names of the variant's values.
func (s *schema) fullTitle(p *Product, v *Variant, locales []Locale) string {
	title := collapse(textTitle(p.Text, locales))
	for _, name := range s.optionNames(p, v, locales) {
		title += ", " + name
	}
	return title
}

func distinct(ids []ID) []ID {
	seen := make(map[ID]bool, len(ids))
	out := ids[:0:0]
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
