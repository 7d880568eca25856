package catalog

import (
	"maps"
	"slices"
)

// A head or a variant is compared with what it was slot by slot, the slots of a head
// and of a variant in their order, those of attributes by code. What is the same costs
// the comparison and no memory; names and values of slots are made for what differs.

// comparison collects the slots that differ, by the names that changes use. A slot
// without a value is in none of them. Both are nil where nothing differs.
type comparison struct{ old, new map[string]any }

// slot enters a slot that differs; nil is no value.
func (c *comparison) slot(name string, old, new any) {
	if c.old == nil {
		c.old, c.new = map[string]any{}, map[string]any{}
	}
	if old != nil {
		c.old[name] = old
	}
	if new != nil {
		c.new[name] = new
	}
}

// textValue is a text as a slot has it.
func textValue(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (c *comparison) text(name, old, new string) {
	if old != new {
		c.slot(name, textValue(old), textValue(new))
	}
}

func (c *comparison) flag(name string, old, new bool) {
	if old != new {
		c.slot(name, old, new)
	}
}

func textsValue[S ~string](list []S) any {
	if len(list) == 0 {
		return nil
	}
	return plainTexts(list)
}

func compareTexts[S ~string](c *comparison, name string, old, new []S) {
	if !slices.Equal(old, new) {
		c.slot(name, textsValue(old), textsValue(new))
	}
}

// attributes compares values by code, and within a code by channel and locale.
func (c *comparison) attributes(old, new Attributes) {
	i, j := 0, 0
	for i < len(old.slots) && j < len(new.slots) {
		a, b := &old.slots[i], &new.slots[j]
		switch {
		case a.code == b.code:
			if !same(a.value, b.value) {
				c.attribute(a.code.Value(), a.value, b.value)
			}
			i, j = i+1, j+1
		case a.code.Value() < b.code.Value():
			c.attribute(a.code.Value(), a.value, nil)
			i++
		default:
			c.attribute(b.code.Value(), nil, b.value)
			j++
		}
	}
	for ; i < len(old.slots); i++ {
		c.attribute(old.slots[i].code.Value(), old.slots[i].value, nil)
	}
	for ; j < len(new.slots); j++ {
		c.attribute(new.slots[j].code.Value(), nil, new.slots[j].value)
	}
}

// attribute enters what differs between two values of an attribute; nil is none.
func (c *comparison) attribute(code string, old, new any) {
	slot := "attributes." + code
	leaves := func(v any) map[string]any {
		m := map[string]any{}
		if v != nil {
			walk(v, slot, func(slot string, v any) { m[slot] = v })
		}
		return m
	}
	before, after := leaves(old), leaves(new)
	for name, v := range before {
		if w, there := after[name]; !there || !same(v, w) {
			c.slot(name, v, w)
		}
	}
	for name, w := range after {
		if _, there := before[name]; !there {
			c.slot(name, nil, w)
		}
	}
}

func mediaValue(list []Media) any {
	if len(list) == 0 {
		return nil
	}
	out := make([]any, len(list))
	for i, m := range list {
		e := map[string]any{"role": string(m.Role)}
		if m.URL != "" {
			e["url"] = m.URL
		}
		for name, texts := range map[string]map[string]any{"alt": anyMap(m.Alt), "sources": anyMap(m.Sources)} {
			if len(texts) > 0 {
				e[name] = texts
			}
		}
		out[i] = e
	}
	return out
}

func (c *comparison) media(old, new []Media) {
	if !slices.EqualFunc(old, new, func(a, b Media) bool {
		return a.Role == b.Role && a.URL == b.URL && maps.Equal(a.Alt, b.Alt) && maps.Equal(a.Sources, b.Sources)
	}) {
		c.slot("media", mediaValue(old), mediaValue(new))
	}
}

func anyMap[K ~string](m map[K]string) map[string]any {
	out := make(map[string]any, len(m))
	for k, v := range m {
		out[string(k)] = v
	}
	return out
}

func plainTexts[S ~string](list []S) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = string(s)
	}
	return out
}

// compareHeads returns the slots in which two heads differ.
func compareHeads(a, b *Product) (c comparison) {
	c.text("status", string(a.Status), string(b.Status))
	c.text("type", a.Type, b.Type)
	c.text("vendor", a.Vendor, b.Vendor)
	c.text("product_type", a.ProductType, b.ProductType)
	c.text("taxonomy", a.Taxonomy, b.Taxonomy)
	c.text("tax_class", a.TaxClass, b.TaxClass)
	c.flag("gift_card", a.GiftCard, b.GiftCard)
	c.flag("digital", a.Digital, b.Digital)
	compareTexts(&c, "categories", a.Categories, b.Categories)
	compareTexts(&c, "tags", a.Tags, b.Tags)
	compareTexts(&c, "options", a.Options, b.Options)
	c.media(a.Media, b.Media)
	c.texts("text.", a.Text, b.Text)
	c.texts("seo.", a.SEO, b.SEO)
	if !slices.Equal(a.Components, b.Components) {
		c.slot("components", componentsValue(a.Components), componentsValue(b.Components))
	}
	if len(a.Steps)+len(b.Steps) > 0 {
		if old, new := stepsValue(a.Steps), stepsValue(b.Steps); !same(old, new) {
			c.slot("steps", old, new)
		}
	}
	c.attributes(a.Attributes, b.Attributes)
	c.listings(a.Listings, b.Listings)
	return c
}

func (c *comparison) texts(prefix string, old, new map[Locale]Text) {
	one := func(l Locale, a, b Text) {
		if a != b {
			c.text(prefix+string(l)+".title", a.Title, b.Title)
			c.text(prefix+string(l)+".description", a.Description, b.Description)
		}
	}
	for l, t := range old {
		one(l, t, new[l])
	}
	for l, t := range new {
		if _, there := old[l]; !there {
			one(l, Text{}, t)
		}
	}
}

func componentsValue(parts []Component) any {
	if len(parts) == 0 {
		return nil
	}
	list := make([]any, len(parts))
	for i, p := range parts {
		list[i] = map[string]any{"sku": string(p.SKU), "quantity": p.Quantity}
	}
	return list
}

func (c *comparison) listings(old, new map[Channel]*Listing) {
	for code, l := range old {
		c.listing(code, l, new[code])
	}
	for code, l := range new {
		if old[code] == nil {
			c.listing(code, nil, l)
		}
	}
}

// listing compares the listings of a channel; nil is none.
func (c *comparison) listing(code Channel, a, b *Listing) {
	at := "listings." + string(code)
	if a == nil || b == nil {
		if a == b {
			return
		}
		there := func(l *Listing) any {
			if l == nil {
				return nil
			}
			return true
		}
		c.slot(at, there(a), there(b))
	}
	none := Listing{}
	if a == nil {
		a = &none
	}
	if b == nil {
		b = &none
	}
	c.text(at+".publish_at", a.PublishAt, b.PublishAt)
	c.text(at+".unpublish_at", a.UnpublishAt, b.UnpublishAt)
	if (a.Variants == nil) != (b.Variants == nil) || !slices.Equal(a.Variants, b.Variants) {
		shown := func(l *Listing) any {
			if l.Variants == nil {
				return nil
			}
			return plainTexts(l.Variants)
		}
		c.slot(at+".variants", shown(a), shown(b))
	}
	if old, new := positionValue(a), positionValue(b); old != new {
		c.slot(at+".position", old, new)
	}
	for locale, slug := range a.Slugs {
		c.text(at+".slugs."+string(locale), slug, b.Slugs[locale])
	}
	for locale, slug := range b.Slugs {
		if a.Slugs[locale] == "" {
			c.text(at+".slugs."+string(locale), "", slug)
		}
	}
}

func positionValue(l *Listing) any {
	if l.Position == nil {
		return nil
	}
	return int64(*l.Position)
}

// compareVariants returns the slots in which two variants differ.
func compareVariants(a, b *Variant) (c comparison) {
	compareTexts(&c, "options", a.Options, b.Options)
	c.media(a.Media, b.Media)
	c.text("barcode", a.Barcode, b.Barcode)
	if x, y := a.WeightGrams, b.WeightGrams; (x == nil) != (y == nil) || x != nil && *x != *y {
		grams := func(n *int64) any {
			if n == nil {
				return nil
			}
			return *n
		}
		c.slot("weight_grams", grams(x), grams(y))
	}
	c.flag("requires_shipping", a.Shipped(), b.Shipped())
	c.flag("taxable", a.Taxed(), b.Taxed())
	c.attributes(a.Attributes, b.Attributes)
	return c
}

// differ reports whether anything does.
func (c *comparison) differ() bool { return c.old != nil }

// jsonValue returns v as events carry it.
func jsonValue(v any) any {
	switch v := v.(type) {
	case int64:
		return float64(v)
	case []string:
		list := make([]any, len(v))
		for i, s := range v {
			list[i] = s
		}
		return list
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = jsonValue(list[i])
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = jsonValue(e)
		}
		return m
	}
	return v
}
