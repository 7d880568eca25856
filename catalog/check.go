package catalog

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
	"unique"

	"github.com/flywheel-go/flywheel"
)

// Limits of a product's texts, in characters.
const (
	maxTitle       = 4_000
	maxDescription = 1 << 20
	maxList        = 10_000 // tags, media, categories
)

// checker brings a product into normal form and collects what is wrong with it.
type checker struct {
	schema *schema
	p      problems
	refs   []reference
}

// product brings p into normal form. before is the status of the stored product,
// empty for a new one.
func (c *checker) product(p *Product, before Status) {
	if err := flywheel.CheckID(string(p.ID)); err != nil {
		c.p.wrap("id", err)
	}
	if c.schema.types[p.Type] == nil {
		c.p.notFound("type", "type", p.Type)
	}
	if p.Status == "" {
		if p.Status = before; before == "" {
			p.Status = Draft
		}
	}
	switch {
	case !p.Status.known():
		c.p.invalid("status", "%q is unknown", p.Status)
	case !before.CanBecome(p.Status):
		c.p.conflict("status", "%s from %q", p.Status, before)
	}
	p.Text = c.texts(p.Text, "text")
	p.SEO = c.texts(p.SEO, "seo")
	titled := false
	for _, t := range p.Text {
		titled = titled || t.Title != ""
	}
	if !titled {
		c.p.invalid("text", "no title")
	}
	for _, text := range []struct {
		path string
		text *string
	}{{"vendor", &p.Vendor}, {"product_type", &p.ProductType}, {"taxonomy", &p.Taxonomy}, {"tax_class", &p.TaxClass}} {
		if *text.text = normalText(*text.text); utf8.RuneCountInString(*text.text) > maxTitle {
			c.p.add(text.path, flywheel.ErrLimit, "more than %d characters", maxTitle)
		}
	}
	c.categories(p)
	for i, t := range p.Tags {
		p.Tags[i] = normalText(t)
	}
	p.Tags = withoutRepeats(p.Tags)
	for path, n := range map[string]int{"tags": len(p.Tags), "media": len(p.Media), "components": len(p.Components)} {
		if n > maxList {
			c.p.add(path, flywheel.ErrLimit, "%d, at most %d", n, maxList)
		}
	}
	c.options(p)
	p.Media = normalMedia(p.Media, c.p)
	p.Attributes = c.values(p, p.Attributes, ProductScope, c.p)
	for i, part := range p.Components {
		switch {
		case part.SKU == "":
			c.p.invalid(fmt.Sprintf("components[%d].sku", i), "missing")
		case part.Quantity < 1:
			c.p.add(fmt.Sprintf("components[%d].quantity", i), flywheel.ErrOutOfRange, "%d", part.Quantity)
		}
	}
	c.variants(p)
	c.listings(p)
	c.complete(p)
	c.steps(p)
}

func (c *checker) texts(texts map[Locale]Text, path string) map[Locale]Text {
	var out map[Locale]Text
	for _, key := range sortedKeys(texts) {
		l, err := ParseLocale(string(key))
		if err != nil {
			c.p.invalid(path+"."+string(key), "no locale")
			continue
		}
		t := Text{normalText(texts[key].Title), normalText(texts[key].Description)}
		if utf8.RuneCountInString(t.Title) > maxTitle {
			c.p.add(path+"."+string(key)+".title", flywheel.ErrLimit, "more than %d characters", maxTitle)
		}
		if utf8.RuneCountInString(t.Description) > maxDescription {
			c.p.add(path+"."+string(key)+".description", flywheel.ErrLimit, "more than %d characters", maxDescription)
		}
		if t == (Text{}) {
			continue
		}
		if out == nil {
			out = make(map[Locale]Text, len(texts))
		}
		if _, twice := out[l]; twice {
			c.p.invalid(path+"."+string(key), "locale %s is there already", l)
		}
		out[l] = t
	}
	return out
}

func (c *checker) categories(p *Product) {
	var list []CategoryID
	for i, id := range p.Categories {
		if _, known := c.schema.category(id); !known {
			c.p.notFound(fmt.Sprintf("categories[%d]", i), "category", string(id))
		} else if !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	p.Categories = list
}

func (c *checker) options(p *Product) {
	for i, code := range p.Options {
		switch {
		case c.schema.options[code] == nil:
			c.p.notFound(fmt.Sprintf("options[%d]", i), "option set", code)
		case slices.Contains(p.Options[:i], code):
			c.p.invalid(fmt.Sprintf("options[%d]", i), "%q is there already", code)
		}
	}
	if len(p.Options) == 0 {
		p.Options = nil
	}
}

// values returns attributes of a product, or of a variant of it, in normal form.
func (c *checker) values(p *Product, given Attributes, scope Scope, at problems) Attributes {
	var out Attributes
	check := valueCheck{schema: c.schema, self: p.ID, refs: &c.refs, p: at}
	for code, v := range given.All() {
		if emptyValue(v) {
			continue
		}
		a := c.schema.attributes[code]
		switch path := "attributes." + code; {
		case a == nil:
			at.notFound(path, "attribute", code)
		case a.Scope != scope:
			at.invalid(path, "an attribute of the %s", a.Scope)
		case c.schema.types[p.Type] != nil && !c.schema.has(p, code):
			at.invalid(path, "a product of type %q has none in these categories", p.Type)
		default:
			if normal := check.attribute(a, v); normal != nil {
				out.slots = append(out.slots, slot{unique.Make(code), normal})
			}
		}
	}
	return out
}

func emptyValue(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

func (c *checker) variants(p *Product) {
	if len(p.Variants) > MaxVariants {
		c.p.add("variants", flywheel.ErrLimit, "%d, at most %d", len(p.Variants), MaxVariants)
		p.Variants = p.Variants[:0]
		return
	}
	if len(p.Options) == 0 && len(p.Variants) > 1 {
		c.p.invalid("variants", "%d without options", len(p.Variants))
	}
	seen := make(map[flywheel.SKU]bool, len(p.Variants))
	combinations := make(map[string]bool, len(p.Variants))
	for i := range p.Variants {
		v := &p.Variants[i]
		at := c.p.in(fmt.Sprintf("variants[%d].", i))
		if c.variant(p, v, at); seen[v.SKU] && v.SKU != "" {
			at.invalid("sku", "%q is there already", v.SKU)
		}
		seen[v.SKU] = true
		if len(p.Options) > 0 && len(v.Options) == len(p.Options) {
			key := combination(v.Options)
			if combinations[key] {
				at.invalid("options", "an earlier variant has the combination")
			}
			combinations[key] = true
		}
	}
	if len(p.Variants) == 0 {
		p.Variants = nil
	}
}

// combination is the key of a combination of values.
func combination(options []string) string { return strings.Join(options, "\x1f") }

// variant brings v into normal form; p is its head.
func (c *checker) variant(p *Product, v *Variant, at problems) {
	v.SKU = flywheel.SKU(normalText(string(v.SKU)))
	if err := flywheel.CheckID(string(v.SKU)); err != nil {
		at.wrap("sku", err)
	}
	if len(v.Options) != len(p.Options) {
		at.invalid("options", "%d values for %d options", len(v.Options), len(p.Options))
	} else {
		for n, value := range v.Options {
			set := c.schema.options[p.Options[n]]
			if set == nil {
				continue
			}
			if _, known := set.at[value]; !known {
				at.invalid(fmt.Sprintf("options[%d]", n), "%q is not in %q", value, set.Code)
			}
		}
	}
	if len(v.Options) == 0 {
		v.Options = nil
	}
	v.Barcode = normalText(v.Barcode)
	if v.WeightGrams != nil && *v.WeightGrams < 0 {
		at.add("weight_grams", flywheel.ErrOutOfRange, "%d", *v.WeightGrams)
	}
	if v.Shipped() {
		v.RequiresShipping = nil
	}
	if v.Taxed() {
		v.Taxable = nil
	}
	v.Media = normalMedia(v.Media, at)
	v.Attributes = c.values(p, v.Attributes, VariantScope, at)
}

func (c *checker) listings(p *Product) {
	out := make(map[Channel]*Listing, len(p.Listings))
	for _, code := range sortedKeys(p.Listings) {
		given := p.Listings[code]
		if given == nil {
			continue
		}
		at := c.p.in("listings." + string(code))
		ch := c.schema.channels[code]
		if ch == nil {
			at.notFound("", "channel", string(code))
			continue
		}
		l := given.clone()
		c.window(l, ch, at)
		c.slugs(l, ch, at)
		if l.Variants != nil {
			list := make([]flywheel.SKU, 0, len(l.Variants))
			for i, sku := range l.Variants {
				if _, known := p.Variant(sku); !known {
					at.notFound(fmt.Sprintf(".variants[%d]", i), "variant", string(sku))
				} else if !slices.Contains(list, sku) {
					list = append(list, sku)
				}
			}
			l.Variants = list
		}
		out[code] = l
	}
	if p.Listings = out; len(out) == 0 {
		p.Listings = nil
	}
}

func (c *checker) window(l *Listing, ch *channel, at problems) {
	ends := []struct {
		path string
		text *string
	}{{".publish_at", &l.PublishAt}, {".unpublish_at", &l.UnpublishAt}}
	for _, e := range ends {
		if *e.text = strings.TrimSpace(*e.text); *e.text == "" {
			continue
		}
		t, err := parseTime(*e.text, ch.zone)
		if err != nil {
			at.wrap(e.path, err)
			*e.text = ""
			continue
		}
		*e.text = timeText(t)
	}
	if from, until := l.window(); !from.IsZero() && !until.IsZero() && !until.After(from) {
		at.invalid(".unpublish_at", "not after the beginning")
	}
}

// slugs checks those that are asked for.
func (c *checker) slugs(l *Listing, ch *channel, at problems) {
	out := make(map[Locale]string, len(ch.Locales))
	for _, key := range sortedKeys(l.Slugs) {
		slug := normalText(l.Slugs[key])
		path := ".slugs." + string(key)
		locale, err := ParseLocale(string(key))
		switch {
		case err != nil || !containsLocale(ch.Locales, locale):
			at.invalid(path, "none of the channel's locales")
		case slug == "":
		case slugify(slug, locale, ch.Slugs) != slug:
			at.invalid(path, "%q is not in normal form", firstRunes(slug, 40))
		case ch.reserved[slug]:
			at.invalid(path, "%q is reserved", slug)
		default:
			out[locale] = slug
		}
	}
	if l.Slugs = out; len(out) == 0 {
		l.Slugs = nil
	}
}

// complete reports what an active product lacks.
func (c *checker) complete(p *Product) {
	if p.Status != Active {
		return
	}
	if len(p.Variants) == 0 && !slices.ContainsFunc(*c.p.list, func(f *flywheel.FieldError) bool { return f.Field == c.p.prefix+"variants" }) {
		c.p.invalid("variants", "an active product needs one")
	}
	for _, code := range slices.Sorted(maps.Keys(p.Listings)) {
		ch := c.schema.channels[code]
		chain := c.schema.chain(ch, "")
		if textTitle(p.Text, chain) == "" {
			c.p.invalid("text."+string(ch.DefaultLocale)+".title", "an active product needs one in channel %q", code)
		}
		for _, required := range c.schema.required(p) {
			for attribute, where := range required {
				a := c.schema.attributes[attribute]
				if a == nil || a.Scope != ProductScope || !where.In(code) {
					continue
				}
				if c.missing(p, p.Attributes, a, ch, c.p) {
					c.p.invalid("attributes."+attribute, "required in channel %q", code)
				}
			}
		}
		for i := range p.Variants {
			if p.Listings[code].shows(p.Variants[i].SKU) {
				c.completeVariant(p, &p.Variants[i], ch, c.p.in(fmt.Sprintf("variants[%d].", i)))
			}
		}
	}
}

// missing reports whether no value of an attribute is shown, and nothing else is
// said of it.
func (c *checker) missing(p *Product, values Attributes, a *Attribute, ch *channel, at problems) bool {
	path := at.prefix + "attributes." + a.Code
	for _, f := range *c.p.list {
		if f.Field == path || strings.HasPrefix(f.Field, path+".") || strings.HasPrefix(f.Field, path+"[") {
			return false
		}
	}
	return a.shown(values.Get(a.Code), ch.Code, c.schema.chain(ch, "")) == nil
}

// completeVariant reports what a variant that a channel shows lacks.
func (c *checker) completeVariant(p *Product, v *Variant, ch *channel, at problems) {
	for _, required := range c.schema.required(p) {
		for attribute, where := range required {
			a := c.schema.attributes[attribute]
			if a != nil && a.Scope == VariantScope && where.In(ch.Code) && c.missing(p, v.Attributes, a, ch, at) {
				at.invalid("attributes."+attribute, "required in channel %q", ch.Code)
			}
		}
	}
}

// shows reports whether a listing shows a variant.
func (l *Listing) shows(sku flywheel.SKU) bool {
	return l != nil && (l.Variants == nil || slices.Contains(l.Variants, sku))
}

// textTitle returns the first title of a chain.
func textTitle(texts map[Locale]Text, locales []Locale) string {
	for _, l := range locales {
		if t := texts[l].Title; t != "" {
			return t
		}
	}
	return ""
}

// textDescription returns the first description of a chain.
func textDescription(texts map[Locale]Text, locales []Locale) string {
	for _, l := range locales {
		if t := texts[l].Description; t != "" {
			return t
		}
	}
	return ""
}
