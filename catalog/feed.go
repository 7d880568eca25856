package catalog

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The forms of feeds.
const (
	GoogleFeed = "google" // Google Merchant product data
	OpenAIFeed = "openai" // the product feed that agents read
)

// DefaultLink is the address of a product's page where none is named.
const DefaultLink = "https://shop.example/{locale}/{slug}"

// Feed says what is in a feed: a row for each variant of each live product that the
// channel shows.
type Feed struct {
	Form    string // GoogleFeed or OpenAIFeed
	Channel Channel
	Locale  Locale // the channel's default where it is empty
	// Link is the address of a product's page with {locale} and {slug}, DefaultLink
	// where it is empty.
	Link string
	// Map says where color, size, material, pattern, gender, age_group, mpn and
	// condition come from: options.SET or attributes.CODE.
	Map map[string]string

	// Of the form for agents: NoSearch and Checkout say what agents may do with the
	// rows, the others are given as they are. Checkout needs SellerTOS and
	// SellerPrivacyPolicy.
	NoSearch, Checkout             bool
	SellerName, SellerURL          string
	SellerTOS, SellerPrivacyPolicy string
	TargetCountries                []string
	StoreCountry, ReturnPolicy     string
}

// FeedField is a name and a value: a string, a bool, a []string or, of
// variant_dict, a []FeedField.
type FeedField struct {
	Name  string
	Value any
}

// FeedRow is one row of a feed, its fields in the order of the form.
type FeedRow struct {
	SKU    flywheel.SKU
	Fields []FeedField
}

// Get returns the value of a field, nil where the row has none.
func (r *FeedRow) Get(name string) any {
	for _, f := range r.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

// FeedIssue is something that a row lacks or that was changed. A row with a Dropped
// one is not in the feed, and nothing else is told of it.
type FeedIssue struct {
	SKU     flywheel.SKU `json:"sku"`
	Field   string       `json:"field"`
	Kind    string       `json:"kind"` // missing, invalid, cut or ambiguous
	Dropped bool         `json:"dropped"`
}

// feeder makes the rows of a feed.
type feeder struct {
	Feed
	schema  *schema
	ch      *channel
	locale  Locale
	chain   []Locale
	now     time.Time
	sources map[string]source
}

// source is where a mapped field comes from.
type source struct {
	option string
	attr   *Attribute
}

// mappable fields of a feed.
var mappable = set("color", "size", "material", "pattern", "gender", "age_group", "mpn", "condition")

func (s *Service) feeder(ctx context.Context, f Feed) (*feeder, error) {
	sc, err := s.schema(ctx)
	if err != nil {
		return nil, err
	}
	p := newProblems()
	out := &feeder{Feed: f, schema: sc, ch: sc.channels[f.Channel], now: s.instant(), sources: map[string]source{}}
	if out.ch == nil {
		p.notFound("channel", "channel", string(f.Channel))
	} else {
		out.chain = sc.asked(out.ch, f.Locale)
		out.locale = out.ch.locale(sc, out.chain[0])
	}
	if out.Link == "" {
		out.Link = DefaultLink
	}
	for _, field := range sortedKeys(f.Map) {
		from, ok := sc.filter(f.Map[field], nil)
		switch {
		case !mappable[field]:
			p.invalid("map."+field, "unknown")
		case !ok && !strings.HasPrefix(f.Map[field], "options.") && !strings.HasPrefix(f.Map[field], "attributes."):
			p.invalid("map."+field, "%q is neither options.SET nor attributes.CODE", f.Map[field])
		case ok:
			out.sources[field] = source{from.option, from.attr}
		}
	}
	return out, p.err()
}

// mapped returns the text of a mapped field: lists joined by a slash, three at most.
func (f *feeder) mapped(field string, p *Product, v *Variant) string {
	from, ok := f.sources[field]
	if !ok {
		return ""
	}
	if from.option != "" {
		for i, set := range p.Options {
			if set == from.option && i < len(v.Options) {
				return collapse(f.schema.options[set].valueName(v.Options[i], f.chain))
			}
		}
		return ""
	}
	values := p.Attributes
	if from.attr.Scope == VariantScope {
		values = v.Attributes
	}
	shown := f.schema.shownAttribute(p, values, from.attr.Code, f.ch.Code, f.chain)
	list, many := shown.([]any)
	if !many {
		if shown == nil {
			return ""
		}
		list = []any{shown}
	}
	texts := make([]string, 0, 3)
	for _, e := range list[:min(3, len(list))] {
		text := termValue(e)
		if from.attr.Type == RichAttribute {
			text = PlainText(text)
		}
		texts = append(texts, collapse(text))
	}
	return strings.Join(texts, "/")
}

// link returns the address of a product's page, of a variant where there is one.
func (f *feeder) link(head *Head, l Locale, v *Variant) string {
	address := f.Link
	if strings.IndexByte(address, '{') >= 0 {
		address = strings.ReplaceAll(strings.ReplaceAll(address, "{locale}", string(l)), "{slug}", percent(head.slug(f.ch.Code, l)))
	}
	if v != nil && len(head.Product.Options) > 0 {
		sign := "?"
		if strings.Contains(address, "?") {
			sign = "&"
		}
		address += sign + "variant=" + percent(string(v.SKU))
	}
	return address
}

// percent encodes all but unreserved characters (RFC 3986, 2.3).
func percent(s string) string {
	const hex = "0123456789ABCDEF"
	bare := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '.' || c == '_' || c == '~'
	}
	i := 0
	for i < len(s) && bare(s[i]) {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	for _, c := range []byte(s) {
		if bare(c) {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

// availability returns in_stock, preorder, backorder or out_of_stock, with the time
// of what is ordered, and what is wrong with that time.
func (f *feeder) availability(o *Offer) (state string, at time.Time, wrong string) {
	switch {
	case o.Stock != nil && *o.Stock > 0:
		return "in_stock", at, ""
	case o.Policy != Preorder && o.Policy != Backorder:
		return "out_of_stock", at, ""
	case o.AvailableAt.IsZero():
		return "out_of_stock", at, "missing"
	case !o.AvailableAt.After(f.now) || o.AvailableAt.After(f.now.AddDate(1, 0, 0)):
		return "out_of_stock", at, "invalid"
	}
	return string(o.Policy), o.AvailableAt, ""
}

// row is a row in the making: its fields in any order, and what is told of it.
type row struct {
	sku    flywheel.SKU
	place  map[string]int // of the fields of the form
	values []any
	issues []FeedIssue
}

func newRow(sku flywheel.SKU, place map[string]int) *row {
	return &row{sku: sku, place: place, values: make([]any, len(place))}
}

func (r *row) get(name string) any { return r.values[r.place[name]] }

func (r *row) set(name string, v any) {
	switch v := v.(type) {
	case string:
		if v == "" {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	}
	r.values[r.place[name]] = v
}

func (r *row) issue(field, kind string) {
	r.issues = append(r.issues, FeedIssue{SKU: r.sku, Field: field, Kind: kind})
}

func (r *row) drop(field, kind string) {
	r.issues = append(r.issues, FeedIssue{SKU: r.sku, Field: field, Kind: kind, Dropped: true})
}

func (r *row) dropped() bool {
	return slices.ContainsFunc(r.issues, func(i FeedIssue) bool { return i.Dropped })
}

// Lengths of fields in characters.
const (
	feedTitle       = 150
	feedDescription = 5000
)

// texts enters title and description.
func (r *row) texts(f *feeder, p *Product, v *Variant) {
	title := collapse(textTitle(p.Text, f.chain))
	values := ""
	for _, name := range f.schema.optionNames(p, v, f.chain) {
		values += ", " + name
	}
	if utf8.RuneCountInString(title+values) > feedTitle {
		title, _ = cutAtSpace(title, max(feedTitle-utf8.RuneCountInString(values), 0))
		values = firstRunes(values, feedTitle)
		r.issue("title", "cut")
	}
	r.set("title", title+values)
	description, cut := cutAtSpace(PlainText(textDescription(p.Text, f.chain)), feedDescription)
	if cut {
		r.issue("description", "cut")
	}
	if description == "" {
		r.drop("description", "missing")
	}
	r.set("description", description)
}

// priceText is an amount as feeds have it: 19.90 EUR.
func priceText(a money.Amount) string { return amountText(a) + " " + a.Currency().String() }

// price enters the price. It reports false where the row is dropped for it.
func (r *row) price(o *Offer) bool {
	switch {
	case !has(o.Price):
		r.drop("price", "missing")
	case o.Price.Sign() <= 0:
		r.drop("price", "invalid")
	default:
		r.set("price", priceText(o.Price))
		return true
	}
	return false
}

// salePrice enters the sale price where it is below the price.
func (r *row) salePrice(o *Offer) bool {
	if o.SalePrice.Sign() <= 0 || o.SalePrice.Minor() >= o.Price.Minor() {
		r.issue("sale_price", "invalid")
		return false
	}
	r.set("sale_price", priceText(o.SalePrice))
	return true
}

// gtin enters the number under the bar code.
func (r *row) gtin(v *Variant) {
	if v.Barcode == "" {
		return
	}
	if code, err := ParseGTIN(v.Barcode); err == nil {
		r.set("gtin", code)
	} else {
		r.issue("gtin", "invalid")
	}
}

// limited enters a text of at most n characters.
func (r *row) limited(field, text string, n int) {
	if utf8.RuneCountInString(text) > n {
		r.issue(field, "invalid")
		return
	}
	r.set(field, text)
}

// finish returns the row with its fields in order and what is told of it, also in
// order. It reports false where the row is left out.
func (r *row) finish(order []string) (FeedRow, []FeedIssue, bool) {
	slices.SortStableFunc(r.issues, func(a, b FeedIssue) int { return r.place[a.Field] - r.place[b.Field] })
	if r.dropped() {
		return FeedRow{}, slices.DeleteFunc(r.issues, func(i FeedIssue) bool { return !i.Dropped }), false
	}
	n := 0
	for _, v := range r.values {
		if v != nil {
			n++
		}
	}
	out := FeedRow{SKU: r.sku, Fields: make([]FeedField, 0, n)}
	for i, v := range r.values {
		if v != nil {
			out.Fields = append(out.Fields, FeedField{order[i], v})
		}
	}
	return out, r.issues, true
}

func places(order []string) map[string]int {
	m := make(map[string]int, len(order))
	for i, name := range order {
		m[name] = i
	}
	return m
}

// FeedRows calls fn for each row of a feed, by product and in the order of variants,
// and tell for each issue. Products are read a few hundred at a time.
func (s *Service) FeedRows(ctx context.Context, f Feed, fn func(FeedRow) error, tell func(FeedIssue)) error {
	if f.Form != GoogleFeed && f.Form != OpenAIFeed {
		return fieldError("form", flywheel.ErrInvalid, "%q is unknown", f.Form)
	}
	fd, err := s.feeder(ctx, f)
	if err != nil {
		return err
	}
	return s.eachLive(ctx, fd.ch, func(p *shelved, offers map[flywheel.SKU]Offer) error {
		rows := fd.google
		if f.Form == OpenAIFeed {
			rows = fd.openAI
		}
		for _, r := range rows(p, offers) {
			order := googleFields
			if f.Form == OpenAIFeed {
				order = openAIFields
			}
			row, issues, there := r.finish(order)
			if tell != nil {
				for _, i := range issues {
					tell(i)
				}
			}
			if !there {
				continue
			}
			if err := fn(row); err != nil {
				return err
			}
		}
		return nil
	})
}

// eachLive calls fn for the products that are live in a channel, by ID, with their
// offers.
func (s *Service) eachLive(ctx context.Context, ch *channel, fn func(p *shelved, offers map[flywheel.SKU]Offer) error) error {
	now := s.instant()
	q := Scan{Spaces: []string{space("l", string(Active), string(ch.Code), "", byID)}, At: now.UnixMicro()}
	return s.eachEntry(ctx, q, func(ids []ID) error {
		_, err := s.readChunk(ctx, ids, func(p *shelved, offers map[flywheel.SKU]Offer) error {
			if p.head.Product.state(ch.Code, len(p.visible(ch)) > 0, now) != StateLive {
				return nil // changed meanwhile
			}
			return fn(p, offers)
		}, ch)
		return err
	})
}
