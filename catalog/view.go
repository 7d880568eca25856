package catalog

import (
	"context"
	"maps"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// View is a product as a channel and a locale show it, or as it is kept where no
// channel is named.
type View struct {
	ID          ID             `json:"id"`
	Type        string         `json:"type"`
	Status      Status         `json:"status"`
	Version     int64          `json:"version"`
	Title       string         `json:"title,omitempty"`
	Description string         `json:"description,omitempty"`
	SEO         Text           `json:"seo,omitzero"`
	Categories  []CategoryID   `json:"categories"`
	Tags        []string       `json:"tags"`
	Vendor      string         `json:"vendor,omitempty"`
	ProductType string         `json:"product_type,omitempty"`
	Taxonomy    string         `json:"taxonomy,omitempty"`
	TaxClass    string         `json:"tax_class,omitempty"`
	GiftCard    bool           `json:"gift_card"`
	Digital     bool           `json:"digital"`
	Attributes  map[string]any `json:"attributes"` // by code, as shown
	// Options with the values that the variants shown have, in the order of the
	// sets.
	Options      []OptionView  `json:"options"`
	Variants     []VariantView `json:"variants"`
	VariantCount int           `json:"variant_count"`
	Media        []MediaView   `json:"media"`
	Components   []Component   `json:"components,omitempty"`
	Channels     []Channel     `json:"channels"` // in which it is listed

	// Of the channel that was asked for.
	State       State  `json:"state,omitempty"`
	Slug        string `json:"slug,omitempty"`
	PublishAt   string `json:"publish_at,omitempty"`
	UnpublishAt string `json:"unpublish_at,omitempty"`
}

// OptionView is an option and its values in use.
type OptionView struct {
	Code   string      `json:"code"`
	Name   string      `json:"name"`
	Values []ValueView `json:"values"`
}

// ValueView is a value of an option.
type ValueView struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

// VariantView is a variant as it is shown.
type VariantView struct {
	SKU              flywheel.SKU   `json:"sku"`
	Options          []string       `json:"options"`
	OptionNames      []string       `json:"option_names"`
	Attributes       map[string]any `json:"attributes"`
	Version          int64          `json:"version"`
	Barcode          string         `json:"barcode,omitempty"`
	WeightGrams      *int64         `json:"weight_grams,omitempty"`
	RequiresShipping bool           `json:"requires_shipping"`
	Taxable          bool           `json:"taxable"`
	Media            []string       `json:"media"` // addresses of pictures and videos
}

// MediaView is a picture, a video or a model with its text in the locale.
type MediaView struct {
	Role    Role              `json:"role"`
	URL     string            `json:"url,omitempty"`
	Alt     string            `json:"alt,omitempty"`
	Sources map[string]string `json:"sources,omitempty"`
}

// shelved is a product as the store keeps it, with all its variants.
type shelved struct {
	head *Head
	rows []*VariantRow
}

// visible returns the rows that a channel shows, all of them without one.
func (p *shelved) visible(ch *channel) []*VariantRow {
	if ch == nil {
		return p.rows
	}
	l := p.head.Product.Listings[ch.Code]
	if l == nil {
		return nil
	}
	if l.Variants == nil {
		return p.rows
	}
	var rows []*VariantRow
	for _, row := range p.rows {
		if l.shows(row.Variant.SKU) {
			rows = append(rows, row)
		}
	}
	return rows
}

// products returns those of the products that exist, by ID.
func (s *Service) products(ctx context.Context, ids []ID) (map[ID]*shelved, error) {
	heads, err := s.store.Heads(ctx, ids...)
	if err != nil {
		return nil, err
	}
	return s.shelve(ctx, heads)
}

// shelve returns products with their variants, by ID.
func (s *Service) shelve(ctx context.Context, heads []*Head) (map[ID]*shelved, error) {
	m := make(map[ID]*shelved, len(heads))
	stored := make([]ID, 0, len(heads))
	for _, h := range heads {
		m[h.Product.ID] = &shelved{head: h}
		if h.Variants > 0 {
			stored = append(stored, h.Product.ID)
		}
	}
	if len(stored) == 0 {
		return m, nil
	}
	rows, err := s.store.Variants(ctx, VariantQuery{Products: stored})
	for _, row := range rows {
		if p := m[row.Product]; p != nil {
			p.rows = append(p.rows, row)
		}
	}
	return m, err
}

func (s *Service) product(ctx context.Context, id ID) (*shelved, error) {
	m, err := s.products(ctx, []ID{id})
	if err != nil {
		return nil, err
	}
	if m[id] == nil {
		return nil, fieldError("product", flywheel.ErrNotFound, "product %q", id)
	}
	return m[id], nil
}

// Get returns a product as it is kept.
func (s *Service) Get(ctx context.Context, id ID) (Product, error) {
	p, err := s.product(ctx, id)
	if err != nil {
		return Product{}, err
	}
	return assemble(p.head, p.rows), nil
}

// BySKU returns the product of an SKU, without its other variants, and the variant.
func (s *Service) BySKU(ctx context.Context, sku flywheel.SKU) (Product, Variant, error) {
	rows, err := s.store.Variants(ctx, VariantQuery{SKUs: []flywheel.SKU{sku}})
	if err != nil {
		return Product{}, Variant{}, err
	}
	if len(rows) == 0 {
		return Product{}, Variant{}, fieldError("sku", flywheel.ErrNotFound, "variant %q", sku)
	}
	head, err := s.head(ctx, rows[0].Product)
	if err != nil {
		return Product{}, Variant{}, err
	}
	p := assemble(head, rows)
	return p, p.Variants[0], nil
}

// View returns a product as a channel, "" for none, and a locale show it; without a
// locale in the channel's default locale, else in English.
func (s *Service) View(ctx context.Context, id ID, code Channel, l Locale) (View, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return View{}, err
	}
	p := newProblems()
	ch := sc.channels[code]
	if code != "" && ch == nil {
		p.notFound("channel", "channel", string(code))
	}
	product, err := s.product(ctx, id)
	if refused, ok := asErrors(err); ok {
		*p.list = append(*p.list, refused...)
	} else if err != nil {
		return View{}, err
	}
	if err := p.err(); err != nil {
		return View{}, err
	}
	return sc.view(product, ch, sc.asked(ch, l), s), nil
}

// asked is the chain of a locale that was asked for.
func (s *schema) asked(ch *channel, l Locale) []Locale {
	if l == "" && ch == nil {
		l = "en"
	}
	return s.chain(ch, l.canonical())
}

func (s *schema) view(p *shelved, ch *channel, locales []Locale, service *Service) View {
	head := &p.head.Product
	rows := p.visible(ch)
	v := View{
		ID: head.ID, Type: head.Type, Status: head.Status, Version: head.Version, Title: textTitle(head.Text, locales), Description: textDescription(head.Text, locales),
		SEO: Text{textTitle(head.SEO, locales), textDescription(head.SEO, locales)}, Categories: append([]CategoryID{}, head.Categories...), Tags: append([]string{}, head.Tags...),
		Vendor: head.Vendor, ProductType: head.ProductType, Taxonomy: head.Taxonomy, TaxClass: head.TaxClass, GiftCard: head.GiftCard, Digital: head.Digital,
		Attributes: s.shownAll(head, head.Attributes, ch, locales), VariantCount: len(rows), Components: slices.Clone(head.Components),
		Channels: append([]Channel{}, sortedKeys(head.Listings)...), Options: s.optionViews(head, rows, locales),
		Variants: make([]VariantView, len(rows)), Media: make([]MediaView, len(head.Media)),
	}
	for i, row := range rows {
		v.Variants[i] = s.variantView(head, &row.Variant, ch, locales)
	}
	for i, m := range head.Media {
		v.Media[i] = MediaView{Role: m.Role, URL: m.URL, Alt: textIn(m.Alt, locales, ""), Sources: maps.Clone(m.Sources)}
	}
	if ch == nil {
		return v
	}
	v.State = head.state(ch.Code, len(rows) > 0, service.instant())
	if l := head.Listings[ch.Code]; l != nil {
		v.Slug, v.PublishAt, v.UnpublishAt = l.Slugs[ch.locale(s, locales[0])], l.PublishAt, l.UnpublishAt
	}
	return v
}

func (s *schema) shownAll(p *Product, values Attributes, ch *channel, locales []Locale) map[string]any {
	code := Channel("")
	if ch != nil {
		code = ch.Code
	}
	m := make(map[string]any, values.Len())
	for a := range values.All() {
		if v := s.shownAttribute(p, values, a, code, locales); v != nil {
			m[a] = cloneAny(v)
		}
	}
	return m
}

func (s *schema) variantView(p *Product, v *Variant, ch *channel, locales []Locale) VariantView {
	out := VariantView{
		SKU: v.SKU, Options: append([]string{}, v.Options...), OptionNames: s.optionNames(p, v, locales), Attributes: s.shownAll(p, v.Attributes, ch, locales),
		Version: v.Version, Barcode: v.Barcode, WeightGrams: v.WeightGrams, RequiresShipping: v.Shipped(), Taxable: v.Taxed(), Media: []string{},
	}
	for _, m := range v.Media {
		if m.URL != "" {
			out.Media = append(out.Media, m.URL)
		}
	}
	return out
}

// optionNames returns the names of the values of a variant.
func (s *schema) optionNames(p *Product, v *Variant, locales []Locale) []string {
	names := make([]string, len(v.Options))
	for i, value := range v.Options {
		names[i] = value
		if set := s.options[at(p.Options, i)]; set != nil {
			names[i] = set.valueName(value, locales)
		}
	}
	return names
}

// at returns an element of list, "" where there is none.
func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

func (s *schema) optionViews(p *Product, rows []*VariantRow, locales []Locale) []OptionView {
	list := make([]OptionView, 0, len(p.Options))
	for i, code := range p.Options {
		o := OptionView{Code: code, Name: code, Values: []ValueView{}}
		set := s.options[code]
		if set == nil {
			list = append(list, o)
			continue
		}
		o.Name = textIn(set.Name, locales, code)
		used := make(map[string]bool, len(set.Values))
		for _, row := range rows {
			used[at(row.Variant.Options, i)] = true
		}
		for _, v := range set.Values {
			if used[v.Code] {
				o.Values = append(o.Values, ValueView{v.Code, textIn(v.Name, locales, v.Code)})
			}
		}
		list = append(list, o)
	}
	return list
}

// VariantAt returns the product of an SKU and the variant, as shown without a
// channel in English.
func (s *Service) VariantAt(ctx context.Context, sku flywheel.SKU) (ID, VariantView, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return "", VariantView{}, err
	}
	p, v, err := s.BySKU(ctx, sku)
	if err != nil {
		return "", VariantView{}, err
	}
	return p.ID, sc.variantView(&p, &v, nil, sc.asked(nil, "")), nil
}

// Media returns what is shown where a role is asked for, of a variant or, without
// an SKU, of the product; nil where there is nothing. The platform is "ios" or, for
// all others, "web".
func (s *Service) Media(ctx context.Context, id ID, sku flywheel.SKU, r Role, platform string) (*Shown, error) {
	if r.kind() == "" {
		return nil, fieldError("role", flywheel.ErrInvalid, "%q is unknown", r)
	}
	variant, product, err := s.mediaOf(ctx, id, sku)
	if err != nil {
		return nil, err
	}
	return show(variant, product, r, platform), nil
}

// Gallery returns the pictures of a gallery, of a variant first where an SKU is
// given.
func (s *Service) Gallery(ctx context.Context, id ID, sku flywheel.SKU) ([]string, error) {
	variant, product, err := s.mediaOf(ctx, id, sku)
	return gallery(variant, product), err
}

func (s *Service) mediaOf(ctx context.Context, id ID, sku flywheel.SKU) (variant, product []Media, err error) {
	head, err := s.head(ctx, id)
	if err != nil || sku == "" {
		if head != nil {
			product = head.Product.Media
		}
		return nil, product, err
	}
	rows, err := s.store.Variants(ctx, VariantQuery{SKUs: []flywheel.SKU{sku}})
	if err != nil {
		return nil, nil, err
	}
	if len(rows) == 0 || rows[0].Product != id {
		return nil, nil, fieldError("sku", flywheel.ErrNotFound, "variant %q of product %q", sku, id)
	}
	return rows[0].Variant.Media, head.Product.Media, nil
}
