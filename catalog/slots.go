package catalog

import (
	"slices"
)

// slots is the content of a head or a variant by the names that changes use. A slot
// without a value is not in it.
type slots map[string]any

func (s slots) text(name, v string) {
	if v != "" {
		s[name] = v
	}
}

func (s slots) texts(name string, list []string) {
	if len(list) > 0 {
		s[name] = list
	}
}

func (s slots) attributes(values Attributes) {
	for code, v := range values {
		walk(v, "attributes."+code, func(slot string, v any) { s[slot] = v })
	}
}

func (s slots) media(list []Media) {
	if len(list) == 0 {
		return
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
	s["media"] = out
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

// slots returns the content of the head.
func (p *Product) slots() slots {
	s := make(slots, 16)
	s.text("status", string(p.Status))
	s.text("type", p.Type)
	s.text("vendor", p.Vendor)
	s.text("product_type", p.ProductType)
	s.text("taxonomy", p.Taxonomy)
	s.text("tax_class", p.TaxClass)
	s["gift_card"], s["digital"] = p.GiftCard, p.Digital
	s.texts("categories", plainTexts(p.Categories))
	s.texts("tags", p.Tags)
	s.texts("options", p.Options)
	s.media(p.Media)
	for prefix, texts := range map[string]map[Locale]Text{"text.": p.Text, "seo.": p.SEO} {
		for l, t := range texts {
			s.text(prefix+string(l)+".title", t.Title)
			s.text(prefix+string(l)+".description", t.Description)
		}
	}
	if len(p.Components) > 0 {
		list := make([]any, len(p.Components))
		for i, c := range p.Components {
			list[i] = map[string]any{"sku": string(c.SKU), "quantity": c.Quantity}
		}
		s["components"] = list
	}
	s.steps(p.Steps)
	s.attributes(p.Attributes)
	for code, l := range p.Listings {
		at := "listings." + string(code)
		s[at] = true
		s.text(at+".publish_at", l.PublishAt)
		s.text(at+".unpublish_at", l.UnpublishAt)
		if l.Variants != nil {
			s[at+".variants"] = plainTexts(l.Variants)
		}
		if l.Position != nil {
			s[at+".position"] = int64(*l.Position)
		}
		for locale, slug := range l.Slugs {
			s.text(at+".slugs."+string(locale), slug)
		}
	}
	return s
}

// slots returns the content of the variant.
func (v *Variant) slots() slots {
	s := make(slots, 8)
	s.texts("options", v.Options)
	s.media(v.Media)
	s.text("barcode", v.Barcode)
	if v.WeightGrams != nil {
		s["weight_grams"] = *v.WeightGrams
	}
	s["requires_shipping"], s["taxable"] = v.Shipped(), v.Taxed()
	s.attributes(v.Attributes)
	return s
}

// differences returns the slots that are not the same, each side without those that
// have no value there. Both are empty where nothing differs.
func differences(before, after slots) (old, new map[string]any) {
	old, new = map[string]any{}, map[string]any{}
	for name, v := range before {
		w, there := after[name]
		if there && same(v, w) {
			continue
		}
		old[name] = v
		if there {
			new[name] = w
		}
	}
	for name, w := range after {
		if _, there := before[name]; !there {
			new[name] = w
		}
	}
	return old, new
}

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
