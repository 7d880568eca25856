package catalog_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
)

// What cannot be is refused with a kind and a place for each field, and nothing of
// it is kept.
func TestHostileProducts(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	edit := func(fn func(p *catalog.Product)) catalog.Product {
		p := thing("bad", "BAD")
		fn(&p)
		return p
	}
	for place, c := range map[string]struct {
		product catalog.Product
		kind    string
	}{
		"type": {edit(func(p *catalog.Product) { p.Type = "none" }), "not_found"},
		"text.en.description": {edit(func(p *catalog.Product) {
			p.Text["en"] = catalog.Text{Title: "x", Description: strings.Repeat("<p>ten megabytes</p>", 10<<20/20)}
		}), "limit"},
		"attributes.fabric": {edit(func(p *catalog.Product) { p.Attributes = catalog.NewAttributes(map[string]any{"fabric": 7}) }), "invalid"},
		"attributes.fabric.de": {edit(func(p *catalog.Product) {
			p.Attributes = catalog.NewAttributes(map[string]any{"fabric": map[string]any{"de": []any{"x"}}})
		}), "invalid"},
		"attributes.goes_with": {edit(func(p *catalog.Product) {
			p.Attributes = catalog.NewAttributes(map[string]any{"goes_with": make([]any, 1_000_000)})
		}), "limit"},
		"attributes.unknown": {edit(func(p *catalog.Product) { p.Attributes = catalog.NewAttributes(map[string]any{"unknown": "x"}) }), "not_found"},
		"variants": {edit(func(p *catalog.Product) {
			p.Options, p.Variants = []string{"size"}, make([]catalog.Variant, catalog.MaxVariants+1)
		}), "limit"},
		"listings.moon":   {edit(func(p *catalog.Product) { p.Listings = map[catalog.Channel]*catalog.Listing{"moon": {}} }), "not_found"},
		"categories[0]":   {edit(func(p *catalog.Product) { p.Categories = []catalog.CategoryID{"none"} }), "not_found"},
		"id":              {edit(func(p *catalog.Product) { p.ID = "a\x00b" }), "invalid"},
		"variants[0].sku": {edit(func(p *catalog.Product) { p.Variants[0].SKU = flywheel.SKU(strings.Repeat("S", 2048)) }), "limit"},
	} {
		_, err := s.Put(ctx, c.product)
		require.Contains(t, gotErrors(t, err), place+": "+c.kind)
		_, err = s.Get(ctx, "bad")
		require.ErrorIs(t, err, flywheel.ErrNotFound, place)
	}
}

// Circles of categories, of locales and of bundles are refused.
func TestCycles(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	require.NoError(t, s.PutCategory(ctx, catalog.Category{ID: "a", Parent: "all", Name: map[catalog.Locale]string{"en": "A"}}))
	require.NoError(t, s.PutCategory(ctx, catalog.Category{ID: "b", Parent: "a", Name: map[catalog.Locale]string{"en": "B"}}))
	wrong(t, s.MoveCategory(ctx, "all", "b", nil), "parent: invalid")
	wrong(t, s.MoveCategory(ctx, "a", "a", nil), "parent: invalid")
	inner := thing("inner", "INNER")
	_, err := s.Put(ctx, inner)
	require.NoError(t, err)
	outer := thing("outer", "OUTER")
	outer.Components = []catalog.Component{{SKU: "INNER", Quantity: 1}}
	_, err = s.Put(ctx, outer)
	require.NoError(t, err)
	inner.Components = []catalog.Component{{SKU: "OUTER", Quantity: 1}}
	_, err = s.Put(ctx, inner)
	wrong(t, err, "components[0].sku: invalid")
	_, err = s.PutAll(ctx, []catalog.Product{inner, outer})
	wrong(t, err, "products[0].components[0].sku: invalid", "products[1].components[0].sku: invalid")
	outer.Components = []catalog.Component{{SKU: "ELSE", Quantity: 1}, {SKU: "OUTER", Quantity: 1}}
	_, err = s.Put(ctx, outer)
	wrong(t, err, "components[1].sku: invalid")
	stored, err := s.Get(ctx, "inner")
	require.NoError(t, err)
	require.Empty(t, stored.Components)
}

// A given slug that another product has is refused; one that is made from the title
// gets a number.
func TestSlugsCollide(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	first := thing("first", "F")
	first.Listings["web"].Slugs = map[catalog.Locale]string{"en": "mug"}
	_, err := s.Put(ctx, first)
	require.NoError(t, err)
	second := thing("second", "S")
	second.Listings["web"].Slugs = map[catalog.Locale]string{"en": "mug"}
	_, err = s.Put(ctx, second)
	wrong(t, err, "listings.web.slugs.en: conflict")
	second.Listings["web"].Slugs = nil
	second.Text["en"] = catalog.Text{Title: "Mug"}
	out, err := s.Put(ctx, second)
	require.NoError(t, err)
	require.Equal(t, "mug-2", out.Listings["web"].Slugs["en"])
}

// shopifyFile is three products as Shopify exports them.
const shopifyFile = "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Price,Image Src,Image Position\n" +
	"mug,Mug,<p>Big</p>,Nord,Mugs,\"a, b\",TRUE,Size,S,MUG-S,8.00,https://img.example/mug.jpg,1\n" +
	"mug,,,,,,,,L,MUG-L,9.00,https://img.example/mug2.jpg,2\n" +
	"mug,,,,,,,,,,,https://img.example/mug3.jpg,3\n" +
	"cup,Cup,<p>Small</p>,Nord,Cups,,TRUE,Title,Default Title,CUP,5.00,https://img.example/cup.jpg,1\n"

func utf16Of(text string, big, mark bool) []byte {
	units := utf16.Encode([]rune(text))
	if mark {
		units = append([]uint16{0xfeff}, units...)
	}
	var b []byte
	for _, u := range units {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return b
}

// A file in UTF-16, one that ends in the middle and one that is no table: the report
// says what and where, and nothing of a refused file is imported. A file cut at any
// byte never panics and never leaves half a product.
func TestHostileFiles(t *testing.T) {
	ctx := t.Context()
	shopify := catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods"}
	for name, c := range map[string]struct {
		data []byte
		in   catalog.Import
	}{
		"utf-16 little":       {utf16Of(shopifyFile, false, true), shopify},
		"utf-16 big":          {utf16Of(shopifyFile, true, true), shopify},
		"utf-16 without mark": {utf16Of(shopifyFile, false, false), shopify},
		"cut in a quote":      {[]byte(shopifyFile[:strings.Index(shopifyFile, "a, b")+2]), shopify},
		"empty":               {nil, shopify},
		"binary":              {bytes.Repeat([]byte{0, 0xff, '"', ',', '\n'}, 1000), shopify},
		"one line":            {[]byte(strings.Repeat("x", 1<<20)), shopify},
		"json utf-16":         {utf16Of(`{"id":"a"}`, false, true), catalog.Import{Form: catalog.JSONForm}},
		"json cut":            {[]byte(`{"id":"a","type":"goods","text":{"en":{"ti`), catalog.Import{Form: catalog.JSONForm}},
		"json deep":           {[]byte(`{"id":"a","attributes":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + "}"), catalog.Import{Form: catalog.JSONForm}},
		"json twice":          {[]byte(`{"id":"a","id":"b","type":"goods"}`), catalog.Import{Form: catalog.JSONForm}},
	} {
		s, _ := shopOn(t, nil, nil)
		report, err := s.Import(ctx, bytes.NewReader(c.data), c.in)
		require.NoError(t, err, name)
		require.NotEmpty(t, report.Errors, name)
		for _, e := range report.Errors {
			require.Positive(t, e.Line, name)
			require.True(t, errors.Is(e, flywheel.ErrInvalid) || errors.Is(e, flywheel.ErrNotFound) || errors.Is(e, flywheel.ErrLimit), "%s: %v", name, e) // not found: a column
		}
		require.Zero(t, report.Created+report.Updated, name)
		page, err := s.List(ctx, catalog.ListQuery{})
		require.NoError(t, err)
		require.Empty(t, page.IDs, name)
	}
	for cut := 0; cut <= len(shopifyFile); cut += 7 {
		s, _ := shopOn(t, nil, nil)
		in := shopify
		in.Atomic = true
		report, err := s.Import(ctx, strings.NewReader(shopifyFile[:cut]), in)
		require.NoError(t, err)
		page, err := s.List(ctx, catalog.ListQuery{})
		require.NoError(t, err)
		require.Len(t, page.IDs, report.Created, "cut at %d", cut)
		if len(report.Errors) > 0 {
			require.Zero(t, report.Created, "cut at %d", cut)
		}
	}
}

// What a file says too much of is refused at its line and its path within the product;
// the products beside it are imported.
func TestHugeCells(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	huge := strings.Repeat("<p>ten megabytes</p>", 10<<20/20)
	report, err := s.Import(ctx, strings.NewReader(strings.Replace(shopifyFile, "<p>Small</p>", huge, 1)), catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods"})
	require.NoError(t, err)
	require.Equal(t, 1, report.Created)
	require.Len(t, report.Errors, 1)
	require.ErrorIs(t, report.Errors[0], flywheel.ErrLimit)
	require.EqualError(t, report.Errors[0], `line 5, column "Title": text.en.description: more than 1048576 characters: limit exceeded`)

	lines := `{"id":"a","type":"goods","text":{"en":{"title":"A"}}}` + "\n" + `{"id":"b","type":"goods","text":{"en":{"title":"` + strings.Repeat("t", 10_000) + `","description":"` + huge + `"}}}`
	report, err = s.Import(ctx, strings.NewReader(lines), catalog.Import{Form: catalog.JSONForm})
	require.NoError(t, err)
	require.Equal(t, 1, report.Created)
	var places []string
	for _, e := range report.Errors {
		var field *flywheel.FieldError
		require.ErrorAs(t, e, &field)
		require.ErrorIs(t, e, flywheel.ErrLimit)
		require.Equal(t, 2, e.Line)
		places = append(places, field.Field)
	}
	require.ElementsMatch(t, []string{"text.en.title", "text.en.description"}, places)
}

// A facet of very many values lists the first of them and those that are chosen, and
// says how many it leaves out.
func TestManyFacetValues(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	require.NoError(t, s.PutAttribute(ctx, catalog.Attribute{Code: "tag", Type: catalog.TextAttribute, Many: true, Facet: true}))
	require.NoError(t, s.PutType(ctx, catalog.ProductType{Code: "tagged", Attributes: []string{"tag"}}))
	const per = 500
	for i := range 3 {
		p := thing(catalog.ID(fmt.Sprint("p", i)), flywheel.SKU(fmt.Sprint("P", i)))
		tags := []any{"common"}
		for j := range per {
			tags = append(tags, fmt.Sprintf("v%07d", i*per+j))
		}
		p.Type, p.Attributes = "tagged", catalog.NewAttributes(map[string]any{"tag": tags})
		_, err := s.Put(ctx, p)
		require.NoError(t, err)
	}
	page, err := s.List(ctx, catalog.ListQuery{Channel: "web", Facets: []string{"attributes.tag"}})
	require.NoError(t, err)
	values := page.Facets["attributes.tag"]
	require.Len(t, values, catalog.MaxFacetValues)
	require.Equal(t, catalog.FacetCount{Value: "common", Products: len(page.IDs)}, values[0])
	left := page.Unlisted["attributes.tag"]
	require.Equal(t, 3*per+1-catalog.MaxFacetValues, left)

	page, err = s.List(ctx, catalog.ListQuery{Channel: "web", Facets: []string{"attributes.tag"}, Where: map[string][]any{"attributes.tag": {"v0001400"}}})
	require.NoError(t, err)
	require.Equal(t, []catalog.ID{"p2"}, page.IDs)
	values = page.Facets["attributes.tag"]
	require.Equal(t, catalog.FacetCount{Value: "v0001400", Products: 1}, values[catalog.MaxFacetValues])
	require.Equal(t, left-1, page.Unlisted["attributes.tag"])
}

// HTML that explodes elsewhere is read in linear time: tags that never end, nest
// deeply or hide in each other. What a rich attribute keeps of it is harmless, and
// stays as it is when it is put again.
func TestHostileHTML(t *testing.T) {
	s, _ := shopOn(t, nil, nil)
	ctx := t.Context()
	require.NoError(t, s.PutAttribute(ctx, catalog.Attribute{Code: "care", Type: catalog.RichAttribute}))
	require.NoError(t, s.PutType(ctx, catalog.ProductType{Code: "cared", Attributes: []string{"care"}}))
	for name, text := range map[string]string{
		"open":    strings.Repeat("<", 1<<19),
		"tags":    strings.Repeat("<div>", 1<<17),
		"scripts": strings.Repeat("<script>", 1<<16),
		"nested":  strings.Repeat("<object>", 1<<16) + "x" + strings.Repeat("</object>", 1<<16),
		"quotes":  strings.Repeat(`<a href="`, 1<<16),
		"comment": strings.Repeat("<!--", 1<<17),
		"entity":  strings.Repeat("&amp;lt;", 1<<16),
		"hidden":  strings.Repeat("<scr<script>ipt>", 1<<15) + "alert(1)",
	} {
		catalog.PlainText(text)
		p := thing("cared", "C")
		p.Type, p.Attributes = "cared", catalog.NewAttributes(map[string]any{"care": text})
		out, err := s.Put(ctx, p)
		require.NoError(t, err, name)
		clean, _ := out.Attributes.Get("care").(string)
		require.NotContains(t, strings.ToLower(clean), "<script", name)
		p.Attributes = catalog.NewAttributes(map[string]any{"care": clean})
		again, err := s.Put(ctx, p)
		require.NoError(t, err, name)
		if clean != "" {
			require.Equal(t, clean, again.Attributes.Get("care"), name)
		}
	}
}
