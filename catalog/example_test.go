package catalog_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var june = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// teaShop is a shop with a channel, a type, an option set, a category and a product.
func teaShop(opts *catalog.Options) *catalog.Service {
	ctx := context.Background()
	if opts == nil {
		opts = &catalog.Options{}
	}
	opts.Now = func() time.Time { return june }
	shop, err := catalog.New(nil, opts)
	check(err)
	check(shop.PutLocale(ctx, catalog.LocaleDef{Code: "de-AT", Fallback: "de"}))
	check(shop.PutChannel(ctx, catalog.ChannelDef{Code: "web", Locales: []catalog.Locale{"en", "de"}, DefaultLocale: "en", Currency: "EUR", TimeZone: "Europe/Berlin"}))
	check(shop.PutAttribute(ctx, catalog.Attribute{Code: "weight", Type: catalog.DecimalAttribute, Unit: "g"}))
	check(shop.PutAttribute(ctx, catalog.Attribute{Code: "origin", Type: catalog.TextAttribute, Localized: true}))
	check(shop.PutOptions(ctx, catalog.OptionSet{Code: "pack", Name: map[catalog.Locale]string{"en": "Pack"}, Values: []catalog.OptionValue{
		{Code: "s", Name: map[catalog.Locale]string{"en": "100 g"}}, {Code: "l", Name: map[catalog.Locale]string{"en": "500 g"}},
	}}))
	check(shop.PutType(ctx, catalog.ProductType{Code: "tea", Attributes: []string{"weight", "origin"}, Required: map[string]catalog.Requirement{"origin": {All: true}}}))
	check(shop.PutCategory(ctx, catalog.Category{ID: "tea", Name: map[catalog.Locale]string{"en": "Tea"}}))
	check(shop.PutCategory(ctx, catalog.Category{ID: "green", Parent: "tea", Name: map[catalog.Locale]string{"en": "Green tea"}}))
	_, err = shop.Put(ctx, catalog.Product{
		ID: "sencha", Type: "tea", Status: catalog.Active, Vendor: "Nord", Categories: []catalog.CategoryID{"green"}, Options: []string{"pack"},
		Text:       map[catalog.Locale]catalog.Text{"en": {Title: "Sencha", Description: "<p>From the <b>first</b> harvest.</p>"}, "de": {Title: "Grüntee Sencha"}},
		Attributes: catalog.NewAttributes(map[string]any{"weight": "0.35 kg", "origin": map[string]any{"en": "Japan"}}),
		Media:      []catalog.Media{{Role: catalog.MainRole, URL: "https://img.example/sencha.jpg"}},
		Listings:   map[catalog.Channel]*catalog.Listing{"web": {PublishAt: "2026-06-01T08:00"}},
		Variants:   []catalog.Variant{{SKU: "S-100", Options: []string{"s"}}, {SKU: "S-500", Options: []string{"l"}}},
	})
	check(err)
	return shop
}

func Example() {
	ctx := context.Background()
	shop := teaShop(nil)
	v, err := shop.View(ctx, "sencha", "web", "de-AT")
	check(err)
	fmt.Println(v.Title, v.State, v.Slug, v.PublishAt, v.Attributes["weight"], v.Attributes["origin"])
	fmt.Println(v.Options[0].Name, v.Variants[1].SKU, v.Variants[1].OptionNames)

	page, err := shop.List(ctx, catalog.ListQuery{Channel: "web", Category: "tea", Where: map[string][]any{"options.pack": {"l"}}, Facets: []string{"options.pack"}, Total: true})
	check(err)
	fmt.Println(page.IDs, page.Total, page.Facets["options.pack"])

	_, err = shop.Put(ctx, catalog.Product{ID: "bag", Type: "tea", Text: map[catalog.Locale]catalog.Text{"en": {Title: "Bag"}}, Attributes: catalog.NewAttributes(map[string]any{"weight": "350"})})
	fmt.Println(err)
	// Output:
	// Grüntee Sencha live gruentee-sencha 2026-06-01T06:00:00Z 350 g Japan
	// Pack S-500 [500 g]
	// [sencha] 1 [{l 1} {s 1}]
	// catalog: attributes.weight: unit "" where "g" is asked for: invalid
}

// What a customer bought in the warehouse's words: one call for all lines.
func ExampleService_Describe() {
	shop := teaShop(&catalog.Options{Offers: catalog.OffersFunc(func(_ context.Context, _ catalog.Channel, _ []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		return map[flywheel.SKU]catalog.Offer{"S-100": {Price: money.New(890, money.EUR), Cost: money.New(310, money.EUR)}}, nil
	})})
	lines, err := shop.Describe(context.Background(), "web", "en", "S-100", "S-500", "gone")
	check(err)
	d := lines["S-100"]
	fmt.Println(len(lines), d.Product, d.Title, d.Categories, d.Brand, d.Cost)
	// Output: 2 sencha Sencha, 100 g [green tea] Nord 3.10 EUR
}

// Two people change two variants of one product, and neither undoes the other.
func ExampleIfVersion() {
	ctx := context.Background()
	shop := teaShop(nil)
	v, err := shop.PutVariant(ctx, "sencha", "S-100", catalog.Fields{"barcode": "96385074"}, catalog.IfVersion(1))
	fmt.Println(v.Version, err)
	v, err = shop.PutVariant(ctx, "sencha", "S-500", catalog.Fields{"weight_grams": 520}, catalog.IfVersion(1))
	fmt.Println(v.Version, err)
	_, err = shop.PutVariant(ctx, "sencha", "S-100", catalog.Fields{"barcode": nil}, catalog.IfVersion(1))
	fmt.Println(err, errors.Is(err, flywheel.ErrConflict))
	// Output:
	// 2 <nil>
	// 2 <nil>
	// catalog: version: 1 given, 2 is stored: stale version: conflict true
}

// Search keeps its index by the events.
func ExampleChangeOf() {
	ctx := context.Background()
	shop := teaShop(&catalog.Options{Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		for _, e := range events {
			if c, ok := catalog.ChangeOf(e); ok {
				fmt.Println(c.Event, c.Product, c.Old, c.New)
			}
		}
		return nil
	})})
	_, err := shop.Patch(ctx, "sencha", catalog.Fields{"vendor": "Süd", "listings": map[string]any{"web": map[string]any{"position": 3}}})
	check(err)
	// Output:
	// product_created sencha map[] map[]
	// product_updated sencha map[vendor:Nord] map[listings.web.position:3 vendor:Süd]
}

// A cell that cannot be read leaves its product out, and nothing else.
func ExampleService_Import() {
	shop := teaShop(nil)
	file := "Handle,Title,Variant SKU,Variant Price,Origin (product.metafields.custom.origin)\n" +
		"bancha,Bancha,B-1,4.50,Japan\n" +
		"matcha,Matcha,M-1,\"24,00\",Japan\n"
	report, err := shop.Import(context.Background(), strings.NewReader(file), catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "tea"})
	check(err)
	fmt.Println(report.Created, report.Failed, report.Errors, *report.Offers["B-1"].Price)
	report, err = shop.Import(context.Background(), strings.NewReader(file), catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "tea"})
	check(err)
	fmt.Println(report.Unchanged, report.Warnings)
	// Output:
	// 1 1 [line 3, column "Variant Price": "24,00" is no price in EUR: invalid] 4.50
	// 1 []
}

func ExampleColumn() {
	shop := teaShop(nil)
	report, err := shop.Import(context.Background(), strings.NewReader("Artikel;Name;Gewicht;Herkunft\nB-1;Bancha;0,25;Japan\n"), catalog.Import{
		Form: catalog.GenericForm, Channel: "web", Type: "tea", Decimal: ",",
		Mapping: map[string]catalog.Column{"sku": {Header: "Artikel"}, "title": {Header: "Name"}, "attributes.weight": {Header: "Gewicht", Unit: "kg"}, "attributes.origin": {Header: "Herkunft"}},
	})
	check(err)
	p, err := shop.Get(context.Background(), "B-1")
	fmt.Println(report.Created, report.Delimiter, p.Attributes.Get("weight"), err)
	// Output: 1 ; 250 g <nil>
}

func ExampleService_Export() {
	shop := teaShop(nil)
	var b bytes.Buffer
	check(shop.Export(context.Background(), &b, catalog.Export{Form: catalog.ShopifyForm, Channel: "web", Guarded: true}))
	header, rest, _ := strings.Cut(b.String(), "\n")
	fmt.Println(header[:39])
	fmt.Println(strings.Count(rest, "\n"), "rows")
	// Output:
	// URL handle,Title,Description,Vendor,Pro
	// 2 rows
}

func ExampleService_WriteFeed() {
	shop := teaShop(&catalog.Options{Offers: catalog.OffersFunc(func(_ context.Context, _ catalog.Channel, _ []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		stock := int64(3)
		return map[flywheel.SKU]catalog.Offer{"S-100": {Price: money.New(890, money.EUR), Stock: &stock}}, nil
	})})
	feed := catalog.Feed{Form: catalog.GoogleFeed, Channel: "web", Link: "https://tea.example/{locale}/{slug}", Map: map[string]string{"size": "options.pack"}}
	report, err := shop.WriteFeed(context.Background(), os.Stdout, feed, catalog.TSVFormat)
	fmt.Println(report.Rows, report.Dropped, report.Issues, err)
	check(shop.FeedRows(context.Background(), feed, func(r catalog.FeedRow) error {
		fmt.Println(r.SKU, r.Get("price"))
		return nil
	}, func(i catalog.FeedIssue) { fmt.Println(i.SKU, i.Field, i.Kind) }))
	// Output:
	// id	title	description	link	image_link	availability	price	brand	identifier_exists	condition	item_group_id	size	product_type
	// S-100	Sencha, 100 g	From the first harvest.	https://tea.example/en/sencha?variant=S-100	https://img.example/sencha.jpg	in_stock	8.90 EUR	Nord	no	new	sencha	100 g	Tea > Green tea
	// 1 1 [{S-500 price missing true}] <nil>
	// S-100 8.90 EUR
	// S-500 price missing
}

func ExampleService_JSONLD() {
	page, err := teaShop(nil).JSONLD(context.Background(), "sencha", catalog.Feed{Channel: "web", Map: map[string]string{"size": "options.pack"}})
	check(err)
	fmt.Println(page["@type"], page["name"], page["variesBy"], page["url"])
	// Output: ProductGroup Sencha [https://schema.org/size] https://shop.example/en/sencha
}

type printed struct{ name string }

func (p printed) Write(data []byte) (int, error) {
	fmt.Println(p.name, strings.Count(string(data), "<url>"), "pages")
	return len(data), nil
}

func (printed) Close() error { return nil }

func ExampleService_WriteSitemap() {
	check(teaShop(nil).WriteSitemap(context.Background(), catalog.Sitemap{Channel: "web"}, func(name string) (io.WriteCloser, error) { return printed{name}, nil }))
	// Output: sitemap.xml 2 pages
}

func ExampleService_Tree() {
	ctx := context.Background()
	shop := teaShop(nil)
	var branches []catalog.Branch
	branches, err := shop.Tree(ctx, "web")
	check(err)
	crumbs, err := shop.Path(ctx, "green", "en")
	fmt.Println(branches, crumbs, err)
	// Output: [{tea 0 1} {green 1 1}] [{tea Tea} {green Green tea}] <nil>
}

func ExampleService_Resolve() {
	ctx := context.Background()
	shop := teaShop(nil)
	_, err := shop.Patch(ctx, "sencha", catalog.Fields{"listings": map[string]any{"web": map[string]any{"slugs": map[string]any{"en": "green-tea"}}}})
	check(err)
	var r catalog.Resolved
	r, err = shop.Resolve(ctx, "web", "en", "sencha")
	fmt.Println(r.Redirect, err)
	// Output: green-tea <nil>
}

func ExampleService_Media() {
	ctx := context.Background()
	shop := teaShop(nil)
	shown, err := shop.Media(ctx, "sencha", "S-100", catalog.SwatchRole, "web")
	fmt.Println(shown.Kind, shown.URL, err)
	// Output: image https://img.example/sencha.jpg <nil>
}

func ExampleService_InCollection() {
	ctx := context.Background()
	shop := teaShop(nil)
	check(shop.PutCollection(ctx, catalog.Collection{ID: "light", When: []byte(`{"attributes.weight": {"$lt": 500}}`)}))
	ids, err := shop.InCollection(ctx, "light", "web", "en")
	fmt.Println(ids, err)
	// Output: [sencha] <nil>
}

func ExampleSlugify() {
	fmt.Println(catalog.Slugify("Größe 42", "de", catalog.ASCIISlugs, ""), catalog.Slugify("中文 手机", "zh", catalog.UnicodeSlugs, ""))
	// Output: groesse-42 中文-手机
}

func ExampleParseLocale() {
	fmt.Println(catalog.ParseLocale("ZH-hant-tw"))
	// Output: zh-Hant-TW <nil>
}

func ExampleParseGTIN() {
	fmt.Println(catalog.ParseGTIN("978-0-306-40615-7"))
	_, err := catalog.ParseGTIN("4006381333932")
	fmt.Println(err)
	// Output:
	// 9780306406157 <nil>
	// catalog: gtin: the check digit is another: invalid
}

func ExamplePlainText() {
	fmt.Println(catalog.PlainText("<p>Soft &amp; light.</p><ul><li>100&nbsp;% cotton</li></ul><script>x()</script>"))
	// Output: Soft & light. 100 % cotton
}

func ExampleGuardCell() {
	cell := catalog.GuardCell(`=HYPERLINK("http://evil.example")`)
	fmt.Println(cell, catalog.UnguardCell(cell))
	// Output: '=HYPERLINK("http://evil.example") =HYPERLINK("http://evil.example")
}

func ExampleCheckModel() {
	fmt.Println(catalog.CheckModel("glb", []byte("glTF\x02\x00\x00\x00\x0c\x00\x00\x00")))
	var refused catalog.Errors
	fmt.Println(errors.As(catalog.CheckModel("usdz", []byte("no zip")), &refused), refused[0].Field)
	// Output:
	// <nil>
	// true magic
}

func ExampleCombinations() {
	size := catalog.OptionSet{Code: "size", Values: []catalog.OptionValue{{Code: "s"}, {Code: "m"}}}
	color := catalog.OptionSet{Code: "color", Values: []catalog.OptionValue{{Code: "red"}, {Code: "blue"}}}
	for _, v := range catalog.Combinations([]catalog.OptionSet{size, color}, "TEE-{0}-{1}", 3) {
		fmt.Println(v.SKU)
	}
	// Output:
	// TEE-s-red
	// TEE-s-blue
	// TEE-m-red
}

// What a store of one's own answers, and what it is given.
func ExampleStore() {
	ctx := context.Background()
	var store catalog.Store = catalog.NewMemory(nil)
	batch := &catalog.Batch{
		Heads:       []catalog.HeadChange{{Head: &catalog.Head{Product: catalog.Product{ID: "mug"}, Variants: 1, Edits: 1}}},
		Variants:    []*catalog.VariantRow{{Product: "mug", Variant: catalog.Variant{SKU: "MUG"}}},
		Slugs:       []catalog.SlugRow{{SlugKey: catalog.SlugKey{Channel: "web", Locale: "en", Slug: "mug"}, Product: "mug"}},
		Add:         []catalog.Entry{{Space: "all", ID: "mug", Until: 1}},
		Definitions: []catalog.Definition{{Kind: "type", Code: "mug", Body: []byte(`{"code":"mug"}`)}},
	}
	fmt.Println(store.Save(ctx, batch))
	fmt.Println(store.Save(ctx, batch))
	entries, err := store.Scan(ctx, catalog.Scan{Spaces: []string{"all"}})
	fmt.Println(entries[0].ID, err)
	rows, err := store.Variants(ctx, catalog.VariantQuery{SKUs: []flywheel.SKU{"MUG"}})
	fmt.Println(rows[0].Product, err)
	fmt.Println(catalog.StaleHead("mug"))
	fmt.Println(catalog.Taken("MUG"), errors.Is(catalog.StaleRevision(1, 2), flywheel.ErrStale))
	// Output:
	// <nil>
	// catalog: definitions of revision 0 given, 1 is stored: stale version: conflict
	// mug <nil>
	// mug <nil>
	// catalog: product "mug" changed: stale version: conflict
	// catalog: "MUG" is taken: stale version: conflict true
}

// A bundle names its parts; what is there of it and what it costs is told elsewhere.
func ExampleComponent() {
	ctx := context.Background()
	shop := teaShop(nil)
	_, err := shop.Put(ctx, catalog.Product{ID: "set", Type: "tea", Text: map[catalog.Locale]catalog.Text{"en": {Title: "Set"}},
		Components: []catalog.Component{{SKU: "S-100", Quantity: 2}}, Variants: []catalog.Variant{{SKU: "SET"}}})
	check(err)
	d, err := shop.Describe(ctx, "web", "en", "SET")
	fmt.Println(d["SET"].Components, err)
	// Output: [{S-100 2}] <nil>
}

// An index of package search follows the catalog: filled once, then by the log.
func ExampleDocuments() {
	ctx := context.Background()
	shop, err := catalog.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	err = errors.Join(
		shop.PutChannel(ctx, catalog.ChannelDef{Code: "web", Locales: []catalog.Locale{"en"}, DefaultLocale: "en"}),
		shop.PutType(ctx, catalog.ProductType{Code: "ware"}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = shop.Put(ctx, catalog.Product{
		ID: "teapot", Type: "ware", Status: catalog.Active, Text: map[catalog.Locale]catalog.Text{"en": {Title: "Enamel teapot"}},
		Variants: []catalog.Variant{{SKU: "teapot"}}, Listings: map[catalog.Channel]*catalog.Listing{"web": {}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	index, err := search.New(search.Settings{})
	if err != nil {
		fmt.Println(err)
		return
	}
	products := shop.Documents("web", "en")
	follower := &search.Follower{Engine: search.Local{Index: index}, Source: products, Product: catalog.ChangedProduct}
	if err := products.Fill(ctx, follower.Engine); err != nil { // then segment.NewRunner(events, nil, follower)
		fmt.Println(err)
		return
	}
	found, err := index.Search(search.Query{Text: "enamal"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.Total, found.Hits[0].ID)
	// Output: 1 teapot
}

func ExampleChangedProduct() {
	id, ok := catalog.ChangedProduct(flywheel.Entry{Event: flywheel.Event{Name: catalog.EventProductUpdated, Ref: "teapot"}})
	fmt.Println(id, ok)
	// Output: teapot true
}

// A product leaves the shop at an instant that is planned when it comes in.
func ExampleService_Advance() {
	shop := teaShop(nil)
	ctx := context.Background()
	autumn := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	_, err := shop.Patch(ctx, "sencha", catalog.Fields{"steps": []catalog.Step{{At: autumn, Set: catalog.Fields{"status": catalog.Archived}}}})
	check(err)
	for _, now := range []time.Time{autumn.Add(-time.Second), autumn} {
		more, err := shop.Advance(ctx, now)
		check(err)
		p, err := shop.Get(ctx, "sencha")
		check(err)
		fmt.Println(more, p.Status)
	}
	// Output:
	// false active
	// true archived
}

func ExampleAttributes() {
	tea := catalog.NewAttributes(map[string]any{"weight": "350 g", "origin": map[string]any{"en": "Japan"}})
	decaf := tea
	decaf.Set("caffeine", false)
	decaf.Set("weight", nil)
	for code, value := range decaf.All() {
		fmt.Println(code, value)
	}
	fmt.Println(tea.Get("weight"), tea.Len(), decaf.Len())
	// Output:
	// caffeine false
	// origin map[en:Japan]
	// 350 g 2 2
}
