package catalog_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel/catalog"
)

// Definitions are checked when they are made, and by what products have of them.
func ExampleAttribute() {
	ctx := context.Background()
	shop := teaShop(nil)
	var bound catalog.Bound = "1"
	var scope catalog.Scope = catalog.VariantScope
	var kind catalog.AttributeType = catalog.IntegerAttribute
	fmt.Println(shop.PutAttribute(ctx, catalog.Attribute{Code: "cups", Type: kind, Scope: scope, Min: bound}))
	fmt.Println(shop.PutAttribute(ctx, catalog.Attribute{Code: "weight", Type: catalog.DecimalAttribute, Unit: "ell"}))
	fmt.Println(shop.PutAttribute(ctx, catalog.Attribute{Code: "weight", Type: catalog.TextAttribute}))
	// Output:
	// <nil>
	// catalog: unit: "ell" is unknown: invalid; unit: products have values of "weight": conflict
	// catalog: type: products have values of "weight": conflict; unit: products have values of "weight": conflict
}

func ExampleChannelDef() {
	ctx := context.Background()
	shop := teaShop(nil)
	fmt.Println(shop.PutLocale(ctx, catalog.LocaleDef{Code: "de", Fallback: "de-AT"}))
	fmt.Println(shop.PutChannel(ctx, catalog.ChannelDef{Code: "pos", Locales: []catalog.Locale{"en"}, DefaultLocale: "fr", TimeZone: "Mars/Base"}))
	// Output:
	// catalog: fallback: "de-AT" is no locale, or leads back: invalid
	// catalog: default_locale: "fr" is none of the locales: invalid; time_zone: "Mars/Base" is unknown: invalid
}

func ExampleFacetCount() {
	page, err := teaShop(nil).List(context.Background(), catalog.ListQuery{Channel: "web", Facets: []string{"options.pack"}})
	check(err)
	for _, f := range page.Facets["options.pack"] {
		var count catalog.FacetCount = f
		fmt.Println(count.Value, count.Products)
	}
	// Output:
	// l 1
	// s 1
}

func ExampleView() {
	v, err := teaShop(nil).View(context.Background(), "sencha", "web", "en")
	check(err)
	var values []catalog.ValueView = v.Options[0].Values
	fmt.Println(v.Options[0].Name, values)
	// Output: Pack [{s 100 g} {l 500 g}]
}

// Columns that the catalog has no place for are named, and a dry run changes
// nothing.
func ExampleImportReport() {
	shop := teaShop(nil)
	report, err := shop.Import(context.Background(), strings.NewReader("Title,Supplier,Origin (product.metafields.custom.origin)\nBancha,X,Japan\n,Y,Japan\n"),
		catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "tea", DryRun: true})
	check(err)
	var warnings []catalog.Warning = report.Warnings
	var failed catalog.ImportError = report.Errors[0]
	var offer catalog.ImportOffer = report.Offers["bancha"]
	fmt.Println(report.Created, warnings, failed, offer.Price)
	_, err = shop.Get(context.Background(), "bancha")
	fmt.Println(err)
	// Output:
	// 1 [{Supplier unknown_column}] line 3, column "Title": missing: invalid <nil>
	// catalog: product: product "bancha": not found
}

// What others wrote is checked before it is sent on.
func ExampleValidateGoogle() {
	list, err := catalog.ValidateGoogle(strings.NewReader("id\ttitle\tprice\nMUG\tMug\t8,00 EUR\n"))
	check(err)
	for _, f := range list {
		fmt.Println(f)
	}
	// Output:
	// row 1, description: missing: not found
	// row 1, link: missing: not found
	// row 1, image_link: missing: not found
	// row 1, availability: missing: not found
	// row 1, price: not a number, a space and a currency: invalid
}

func ExampleValidateOpenAI() {
	list, err := catalog.ValidateOpenAI(strings.NewReader("{\"item_id\": \"A\"\n"))
	fmt.Println(len(list), list[0].Row, err)
	// Output: 1 1 <nil>
}

func ExampleValidateJSONLD() {
	var list []catalog.Finding
	list, err := catalog.ValidateJSONLD([]byte(`{"@context": "https://schema.org", "@type": "Product"}`))
	fmt.Println(list, err)
	// Output: [row 1, name: missing: not found] <nil>
}

func ExampleValidateSitemap() {
	list, err := catalog.ValidateSitemap(strings.NewReader(`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>/a</loc></url></urlset>`))
	fmt.Println(list, err)
	// Output: [row 1, loc: no absolute address of less than 2,048 characters: invalid] <nil>
}
