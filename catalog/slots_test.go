package catalog

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/testkit"
)

// slots is the content of a head or a variant as a map, by the names that changes use:
// what the comparison slot by slot is compared with.
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
	for code, v := range values.All() {
		walk(v, "attributes."+code, func(slot string, v any) { s[slot] = v })
	}
}

func (s slots) media(list []Media) {
	if v := mediaValue(list); v != nil {
		s["media"] = v
	}
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
	if v := stepsValue(p.Steps); v != nil {
		s["steps"] = v
	}
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

// drawn makes a value of an attribute in normal form.
func drawn(t *rapid.T, label string) any {
	leaf := func(label string) any {
		return rapid.SampledFrom([]any{"a", "b", int64(1), int64(2), true, false, []any{"a"}, []any{"a", "b"}}).Draw(t, label)
	}
	switch rapid.IntRange(0, 2).Draw(t, label) {
	case 0:
		return leaf(label)
	case 1:
		return map[string]any{"de": leaf(label), "en": leaf(label)}
	}
	return map[string]any{"*": map[string]any{"en": leaf(label)}, "web": map[string]any{rapid.SampledFrom([]string{"en", "de"}).Draw(t, label): leaf(label)}}
}

func drawnAttributes(t *rapid.T) (a Attributes) {
	for _, code := range []string{"x", "y", "z.w"} {
		if rapid.Bool().Draw(t, code) {
			a.Set(code, drawn(t, code))
		}
	}
	return a
}

func drawnTexts(t *rapid.T) map[Locale]Text {
	m := map[Locale]Text{}
	for _, l := range []Locale{"en", "de"} {
		if rapid.Bool().Draw(t, "text") {
			m[l] = Text{Title: rapid.SampledFrom([]string{"", "A", "B"}).Draw(t, "title"), Description: rapid.SampledFrom([]string{"", "C"}).Draw(t, "description")}
		}
	}
	return m
}

func drawnMedia(t *rapid.T) (list []Media) {
	for range rapid.IntRange(0, 2).Draw(t, "media") {
		m := Media{Role: MainRole, URL: rapid.SampledFrom([]string{"", "u", "v"}).Draw(t, "url")}
		if rapid.Bool().Draw(t, "alt") {
			m.Alt = map[Locale]string{"en": rapid.SampledFrom([]string{"x", "y"}).Draw(t, "alt text")}
		}
		list = append(list, m)
	}
	return list
}

func drawnTexts2(t *rapid.T, label string) []string {
	return rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 0, 2).Draw(t, label)
}

func drawnProduct(t *rapid.T) *Product {
	word := func(label string) string { return rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, label) }
	p := &Product{
		ID: "p", Type: word("type"), Status: Status(word("status")), Text: drawnTexts(t), SEO: drawnTexts(t), Vendor: word("vendor"), ProductType: word("kind"), Taxonomy: word("taxonomy"),
		TaxClass: word("tax"), GiftCard: rapid.Bool().Draw(t, "gift"), Digital: rapid.Bool().Draw(t, "digital"), Tags: drawnTexts2(t, "tags"), Options: drawnTexts2(t, "options"),
		Media: drawnMedia(t), Attributes: drawnAttributes(t),
	}
	for _, c := range drawnTexts2(t, "categories") {
		p.Categories = append(p.Categories, CategoryID(c))
		p.Components = append(p.Components, Component{SKU: flywheel.SKU(c), Quantity: int64(len(p.Components))})
	}
	for _, code := range []Channel{"web", "pos"} {
		if !rapid.Bool().Draw(t, "listed") {
			continue
		}
		l := &Listing{PublishAt: word("publish"), UnpublishAt: word("unpublish")}
		switch rapid.IntRange(0, 2).Draw(t, "shown") {
		case 1:
			l.Variants = []flywheel.SKU{}
		case 2:
			l.Variants = []flywheel.SKU{flywheel.SKU(word("sku"))}
		}
		if n := rapid.IntRange(-1, 1).Draw(t, "position"); n >= 0 {
			l.Position = &n
		}
		if slug := word("slug"); slug != "" {
			l.Slugs = map[Locale]string{"en": slug}
		}
		if p.Listings == nil {
			p.Listings = map[Channel]*Listing{}
		}
		p.Listings[code] = l
	}
	for i := range rapid.IntRange(0, 2).Draw(t, "steps") {
		s := Step{At: time.Unix(int64(i), 0).UTC(), Set: Fields{"vendor": word("planned")}}
		if rapid.Bool().Draw(t, "of a variant") {
			s.SKU, s.Unset = "A", []string{"barcode"}
		}
		p.Steps = append(p.Steps, s)
	}
	return p
}

func drawnVariant(t *rapid.T) *Variant {
	v := &Variant{SKU: "v", Options: drawnTexts2(t, "options"), Attributes: drawnAttributes(t), Barcode: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "barcode"), Media: drawnMedia(t)}
	if n := rapid.Int64Range(-1, 1).Draw(t, "grams"); n >= 0 {
		v.WeightGrams = &n
	}
	for _, flag := range []**bool{&v.RequiresShipping, &v.Taxable} {
		if n := rapid.IntRange(0, 2).Draw(t, "flag"); n > 0 {
			b := n == 1
			*flag = &b
		}
	}
	return v
}

// What differs slot by slot is what differs between the contents as maps, and nothing
// differs from a copy.
func TestComparisonIsThatOfMaps(t *testing.T) {
	testkit.Checks(t, 300, 100)
	rapid.Check(t, func(rt *rapid.T) {
		check := func(c comparison, before, after slots) {
			old, new := differences(before, after)
			if c.old == nil {
				c.old, c.new = map[string]any{}, map[string]any{}
			}
			require.Equal(rt, old, c.old)
			require.Equal(rt, new, c.new)
		}
		p, q := drawnProduct(rt), drawnProduct(rt)
		check(compareHeads(p, q), p.slots(), q.slots())
		copied := p.cloneHead()
		same := compareHeads(p, &copied)
		require.False(rt, same.differ(), fmt.Sprint(same))
		v, w := drawnVariant(rt), drawnVariant(rt)
		check(compareVariants(v, w), v.slots(), w.slots())
		again := v.Clone()
		unchanged := compareVariants(v, &again)
		require.False(rt, unchanged.differ(), fmt.Sprint(unchanged))
	})
}

// BenchmarkCompare compares a variant of five attributes with a copy of itself, as an
// import of what is there does: slot by slot, and as it was done before, by maps.
func BenchmarkCompare(b *testing.B) {
	grams := int64(250)
	v := &Variant{SKU: "v", Options: []string{"red", "m"}, Barcode: "4006381333931", WeightGrams: &grams, Attributes: NewAttributes(map[string]any{
		"fit": "slim", "length": int64(70), "organic": true, "fabric": map[string]any{"en": "wool", "de": "Wolle"}, "care": []any{"30", "iron"}})}
	w := v.Clone()
	b.Run("slots", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if c := compareVariants(v, &w); c.differ() {
				b.Fatal("differs")
			}
		}
	})
	b.Run("maps", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if old, _ := differences(v.slots(), w.slots()); len(old) > 0 {
				b.Fatal("differs")
			}
		}
	})
}
