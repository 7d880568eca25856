package catalog

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// ListQuery selects products.
type ListQuery struct {
	// Channel and Locale of the listing; without a channel all products.
	Channel Channel
	Locale  Locale
	// Status of the products. Without one, and with a channel, those that are live.
	Status Status
	// Category, with all below it.
	Category   CategoryID
	Collection string
	Type       string
	// Where asks for values by field, options.SET or attributes.CODE: one of them
	// in each field, and those of variants all in one variant that the channel
	// shows.
	Where map[string][]any
	// Sort is one of the Sort constants, SortID where it is empty.
	Sort Sort
	// Limit is at most 1,000, and 50 where it is 0.
	Limit int
	// Cursor is the Next of a page of the same channel, locale, filters and order:
	// the page begins behind its last product, in the order of now.
	Cursor string
	// Total asks for the number of all products, Facets for the values of fields
	// among them. With Where both cost a look at each.
	Total  bool
	Facets []string
}

// Sort is an order of products. Equal ones are ordered by ID.
type Sort string

// The orders.
const (
	SortID        Sort = "id"
	SortPosition  Sort = "position" // of the listing
	SortTitle     Sort = "title"
	SortNewest    Sort = "newest"
	SortPrice     Sort = "price" // the lowest of a variant that is shown; without one last
	SortPriceDesc Sort = "price_desc"
)

// Listed is one page of a listing.
type Listed struct {
	IDs  []ID `json:"ids"`
	More bool `json:"more"`
	// Next is the cursor of the following page, empty where there is none. End is
	// the end of this page, also of the last one: what comes behind it later.
	Next string `json:"next,omitempty"`
	End  string `json:"end,omitempty"`
	// Total is -1 where it was not asked for.
	Total int `json:"total"`
	// Facets by field: values and how many products have them, most first. A field
	// lists MaxFacetValues of them, and those that Where chooses.
	Facets map[string][]FacetCount `json:"facets,omitempty"`
	// Unlisted is the number of values that Facets leaves out, by field. Fields that
	// list all of theirs are absent.
	Unlisted map[string]int `json:"unlisted,omitempty"`
}

// MaxFacetValues is the most values that one facet of a page lists.
const MaxFacetValues = 1000

// FacetCount is a value and the number of products with it.
type FacetCount struct {
	Value    any `json:"value"`
	Products int `json:"products"`
}

// listing is a query in the making.
type listing struct {
	s      *Service
	schema *schema
	q      ListQuery
	ch     *channel // nil without
	chain  []Locale
	coll   *collection
	fields []filter
	at     int64
}

// filter is one field of Where.
type filter struct {
	name    string
	option  string     // a set, or
	attr    *Attribute // an attribute
	variant bool
	values  []string // texts of the values
	raw     []any
}

// List returns a page of products, from the index. Without Where, Type, Collection
// and an order by price it is one query of the index, whatever the number of
// products; these look at the products of the index one by one.
func (s *Service) List(ctx context.Context, q ListQuery) (Listed, error) {
	l, err := s.listing(ctx, q)
	if err != nil {
		return Listed{}, err
	}
	from, err := l.cursor()
	if err != nil {
		return Listed{}, err
	}
	if l.plain() {
		return l.fromIndex(ctx, from)
	}
	return l.fromProducts(ctx, from)
}

func (s *Service) listing(ctx context.Context, q ListQuery) (*listing, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return nil, err
	}
	p := newProblems()
	l := &listing{s: s, schema: sc, q: q, at: s.instant().UnixMicro()}
	if q.Channel != "" {
		if l.ch = sc.channels[q.Channel]; l.ch == nil {
			p.notFound("channel", "channel", string(q.Channel))
		}
	}
	l.chain = sc.asked(l.ch, q.Locale)
	if q.Status != "" && !q.Status.known() {
		p.invalid("status", "%q is unknown", q.Status)
	}
	if q.Category != "" && sc.tree.get(q.Category) == nil {
		p.notFound("category", "category", string(q.Category))
	}
	if q.Type != "" && sc.types[q.Type] == nil {
		p.notFound("type", "type", q.Type)
	}
	if q.Collection != "" {
		if l.coll = sc.collections[q.Collection]; l.coll == nil {
			p.notFound("collection", "collection", q.Collection)
		}
	}
	for _, name := range sortedKeys(q.Where) {
		if f, ok := sc.filter(name, q.Where[name]); ok {
			l.fields = append(l.fields, f)
		} else {
			p.notFound("where."+name, "field", name)
		}
	}
	for _, name := range q.Facets {
		if _, ok := sc.filter(name, nil); !ok {
			p.notFound("facets", "field", name)
		}
	}
	switch l.q.Sort {
	case "":
		l.q.Sort = SortID
	case SortID, SortPosition, SortTitle, SortNewest, SortPrice, SortPriceDesc:
	default:
		p.invalid("sort", "%q is unknown", q.Sort)
	}
	switch {
	case q.Limit < 0:
		p.add("limit", flywheel.ErrOutOfRange, "%d", q.Limit)
	case q.Limit > 1000:
		p.add("limit", flywheel.ErrLimit, "%d, at most 1000", q.Limit)
	case q.Limit == 0:
		l.q.Limit = 50
	}
	return l, p.err()
}

func (s *schema) filter(name string, values []any) (filter, bool) {
	f := filter{name: name, raw: values}
	if set, ok := strings.CutPrefix(name, "options."); ok && s.options[set] != nil {
		f.option, f.variant = set, true
	} else if code, ok := strings.CutPrefix(name, "attributes."); ok && s.attributes[code] != nil {
		f.attr = s.attributes[code]
		f.variant = f.attr.Scope == VariantScope
	} else {
		return f, false
	}
	f.values = make([]string, len(values))
	for i, v := range values {
		if f.attr != nil {
			if normal, err := f.attr.leaf(v); err == nil && normal != nil {
				v = normal
			}
		}
		f.values[i] = termValue(v)
	}
	return f, true
}

// plain reports whether the index alone answers.
func (l *listing) plain() bool {
	if len(l.fields)+len(l.q.Facets) > 0 || l.q.Type != "" || l.coll != nil {
		return false
	}
	switch l.q.Sort {
	case SortID, SortNewest:
		return true
	case SortPosition:
		return l.ch != nil
	case SortTitle:
		return l.ch != nil && containsLocale(l.ch.Locales, l.chain[0])
	}
	return false
}

// spaces returns where the index has the products of the listing, in an order.
func (l *listing) spaces(order string) []string {
	statuses := []Status{l.q.Status}
	switch {
	case l.q.Status != "":
	case l.ch != nil:
		statuses = []Status{Active}
	default:
		statuses = []Status{Draft, Active, Archived}
	}
	categories := []CategoryID{""}
	if l.q.Category != "" {
		categories = categories[:0]
		l.schema.tree.walk(l.q.Category, func(n *node, _ int) { categories = append(categories, n.ID) })
	}
	list := make([]string, 0, len(statuses)*len(categories))
	for _, status := range statuses {
		for _, c := range categories {
			if l.ch == nil {
				list = append(list, space("n", string(status), string(c), order))
			} else {
				list = append(list, space("l", string(status), string(l.ch.Code), string(c), order))
			}
		}
	}
	return list
}

// scan returns the query of the index for the products of the listing.
func (l *listing) scan(order string) Scan {
	// With a status those that are listed count, live or not.
	return Scan{Spaces: l.spaces(order), At: l.at, Timeless: l.ch == nil || l.q.Status != "", Single: true}
}

func (l *listing) fromIndex(ctx context.Context, from position) (Listed, error) {
	order := map[Sort]string{SortID: byID, SortNewest: byNewest, SortPosition: byPosition, SortTitle: byTitle + string(l.chain[0])}[l.q.Sort]
	q := l.scan(order)
	q.AfterKey, q.AfterID, q.Limit = from.Key, from.ID, l.q.Limit+1
	entries, err := l.s.store.Scan(ctx, q)
	if err != nil {
		return Listed{}, err
	}
	page := Listed{Total: -1, IDs: make([]ID, 0, min(len(entries), l.q.Limit))}
	if len(entries) > l.q.Limit {
		page.More, entries = true, entries[:l.q.Limit]
	}
	for _, e := range entries {
		page.IDs = append(page.IDs, e.ID)
	}
	if n := len(entries); n > 0 {
		from = position{Key: entries[n-1].Key, ID: entries[n-1].ID}
	}
	l.end(&page, from)
	if l.q.Total {
		page.Total, err = l.s.store.Count(ctx, q)
	}
	return page, err
}

// found is a product of a listing and its place in it.
type found struct {
	position
	product *shelved
}

func (l *listing) fromProducts(ctx context.Context, from position) (Listed, error) {
	candidates, err := l.candidates(ctx)
	if err != nil {
		return Listed{}, err
	}
	facets := newFacets(l)
	var list []found
	for ids := range slices.Chunk(candidates, 1000) {
		batch, err := l.evaluate(ctx, ids, facets)
		if err != nil {
			return Listed{}, err
		}
		list = append(list, batch...)
	}
	slices.SortFunc(list, func(a, b found) int { return a.compare(b.position) })
	page := Listed{Total: -1, IDs: []ID{}}
	facets.result(&page)
	if l.q.Total {
		page.Total = len(list)
	}
	if from != (position{}) {
		i, there := slices.BinarySearchFunc(list, from, func(f found, p position) int { return f.compare(p) })
		if there {
			i++
		}
		list = list[i:]
	}
	if len(list) > l.q.Limit {
		page.More, list = true, list[:l.q.Limit]
	}
	for _, f := range list {
		page.IDs = append(page.IDs, f.ID)
		from = f.position
	}
	l.end(&page, from)
	return page, nil
}

// end enters the cursor of a page that ends at a position.
func (l *listing) end(page *Listed, at position) {
	if at == (position{}) {
		return
	}
	if page.End = l.encode(at); page.More {
		page.Next = page.End
	}
}

// candidates returns the products among which those of the listing are: those of
// the rarest field where there is one and no facet would count it otherwise, else
// those of the category.
func (l *listing) candidates(ctx context.Context) ([]ID, error) {
	q := l.scan(byID)
	best := q
	if len(l.fields) > 0 && len(l.q.Facets) == 0 {
		most, err := l.s.store.Count(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, f := range l.fields {
			terms := Scan{Timeless: true}
			for _, v := range f.values {
				terms.Spaces = append(terms.Spaces, termSpace(f.name, v))
			}
			n, err := l.s.store.Count(ctx, terms)
			if err != nil {
				return nil, err
			}
			if n < most {
				best, most = terms, n
			}
		}
	}
	entries, err := l.s.store.Scan(ctx, best)
	if err != nil {
		return nil, err
	}
	ids := make([]ID, len(entries))
	for i, e := range entries {
		ids[i] = e.ID
	}
	slices.Sort(ids)
	return slices.Compact(ids), nil
}

// evaluate returns those of the products that are in the listing, and counts their
// facets.
func (l *listing) evaluate(ctx context.Context, ids []ID, facets *facets) ([]found, error) {
	products, err := l.s.products(ctx, ids)
	if err != nil {
		return nil, err
	}
	prices, err := l.prices(ctx, products)
	if err != nil {
		return nil, err
	}
	var list []found
	for _, id := range ids {
		p := products[id]
		if p == nil || !l.holds(p) {
			continue
		}
		if l.coll != nil && !l.inCollection(p, prices[id]) {
			continue
		}
		if facets.count(p) {
			list = append(list, found{l.position(p, prices[id]), p})
		}
	}
	return list, nil
}

// holds reports whether a product is in the listing, fields and collection aside.
func (l *listing) holds(p *shelved) bool {
	head := &p.head.Product
	if l.q.Type != "" && head.Type != l.q.Type || l.q.Status != "" && head.Status != l.q.Status {
		return false
	}
	if l.q.Category != "" && !slices.ContainsFunc(head.Categories, func(id CategoryID) bool { return l.schema.tree.below(id, l.q.Category) }) {
		return false
	}
	if l.ch == nil {
		return true
	}
	if l.q.Status != "" {
		return head.Listings[l.ch.Code] != nil
	}
	return head.state(l.ch.Code, len(p.visible(l.ch)) > 0, l.s.instant()) == StateLive
}

// prices returns the lowest price of each product, where the listing asks for it.
func (l *listing) prices(ctx context.Context, products map[ID]*shelved) (map[ID]money.Amount, error) {
	if l.q.Sort != SortPrice && l.q.Sort != SortPriceDesc && (l.coll == nil || !l.coll.priced) {
		return nil, nil
	}
	return l.s.fromPrices(ctx, l.ch, products)
}

// fromPrices returns the lowest price of the variants of each product that a
// channel shows.
func (s *Service) fromPrices(ctx context.Context, ch *channel, products map[ID]*shelved) (map[ID]money.Amount, error) {
	var skus []flywheel.SKU
	for _, id := range sortedKeys(products) {
		for _, row := range products[id].visible(ch) {
			skus = append(skus, row.Variant.SKU)
		}
	}
	code := Channel("")
	if ch != nil {
		code = ch.Code
	}
	offers, err := s.offers.Offers(ctx, code, skus)
	if err != nil {
		return nil, err
	}
	now := s.instant()
	prices := make(map[ID]money.Amount, len(products))
	for id, p := range products {
		for _, row := range p.visible(ch) {
			offer, ok := offers[row.Variant.SKU]
			if !ok || !has(offer.Price) {
				continue
			}
			price := offer.effective(now)
			if lowest, there := prices[id]; !there || price.Minor() < lowest.Minor() {
				prices[id] = price
			}
		}
	}
	return prices, nil
}

// position returns the place of a product in the order.
func (l *listing) position(p *shelved, price money.Amount) position {
	head := &p.head.Product
	at := position{ID: head.ID}
	switch l.q.Sort {
	case SortNewest:
		at.Key = newestKey(head.CreatedAt)
	case SortPosition:
		var listed *Listing
		if l.ch != nil {
			listed = head.Listings[l.ch.Code]
		}
		at.Key = positionKey(listed)
	case SortTitle:
		at.Key = titleKey(textTitle(head.Text, l.chain))
	case SortPrice, SortPriceDesc:
		at.Key = priceKey(price, l.q.Sort == SortPriceDesc)
	}
	return at
}

func (p position) compare(q position) int {
	return cmp.Or(cmp.Compare(p.Key, q.Key), cmp.Compare(p.ID, q.ID))
}
