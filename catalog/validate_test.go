package catalog_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func found(list []catalog.Finding) []string {
	out := []string{}
	for _, f := range list {
		out = append(out, fmt.Sprintf("%d %s", f.Row, f.Field))
	}
	return out
}

const goodItem = "id\ttitle\tdescription\tlink\timage_link\tavailability\tprice"

func TestValidateGoogle(t *testing.T) {
	row := func(replace ...string) string {
		return strings.NewReplacer(replace...).Replace("MUG\tMug\tBig\thttps://shop.example/mug\thttps://img.example/mug.jpg\tin_stock\t8.00 EUR")
	}
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"good":           {goodItem + "\n" + row() + "\n" + row("MUG", "MUG2") + "\n", []string{}},
		"missing":        {"id\ttitle\nMUG\tMug\n", []string{"1 description", "1 link", "1 image_link", "1 availability", "1 price"}},
		"twice":          {goodItem + "\n" + row() + "\n" + row() + "\n", []string{"2 id"}},
		"long":           {goodItem + "\n" + row("MUG", strings.Repeat("x", 51), "Mug", strings.Repeat("y", 151)) + "\n", []string{"1 id", "1 title"}},
		"address":        {goodItem + "\n" + row("https://shop.example/mug", "/mug") + "\n", []string{"1 link"}},
		"availability":   {goodItem + "\n" + row("in_stock", "in stock") + "\n", []string{"1 availability"}},
		"preorder":       {goodItem + "\n" + row("in_stock", "preorder") + "\n", []string{"1 availability_date"}},
		"price":          {goodItem + "\n" + row("8.00 EUR", "8,00 EUR") + "\n" + row("MUG", "B", "8.00 EUR", "8.001 EUR") + "\n" + row("MUG", "C", "8.00 EUR", "0.00 EUR") + "\n", []string{"1 price", "2 price", "3 price"}},
		"sale":           {goodItem + "\tsale_price\n" + row() + "\t8.00 EUR\n" + row("MUG", "B") + "\t7.00 USD\n", []string{"1 sale_price", "2 sale_price"}},
		"period":         {goodItem + "\tsale_price_effective_date\n" + row() + "\t2026-06-02T00:00Z/2026-06-01T00:00Z\n", []string{"1 sale_price_effective_date"}},
		"gtin":           {goodItem + "\tgtin\n" + row() + "\t4006381333932\n", []string{"1 gtin"}},
		"unknown column": {goodItem + "\tcolour\n" + row() + "\tred\n", []string{"1 colour"}},
		"short row":      {goodItem + "\nMUG\tMug\n", []string{"1 "}},
		"images":         {goodItem + "\tadditional_image_link\n" + row() + "\t" + strings.Repeat("https://img.example/a.jpg,", 11) + "\n", []string{"1 additional_image_link"}},
		"empty":          {"", []string{"0 "}},
		"cut off":        {"<rss><channel><item>", []string{"0 "}},
		"other XML":      {"<html></html>", []string{"0 "}},
		"bare item":      {`<rss version="2.0" xmlns:g="http://base.google.com/ns/1.0"><channel><item><g:id>A</g:id><g:id>B</g:id></item></channel></rss>`, []string{"1 id", "1 title", "1 description", "1 link", "1 image_link", "1 availability", "1 price"}},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := catalog.ValidateGoogle(strings.NewReader(c.file))
			require.NoError(t, err)
			require.Equal(t, c.want, found(list))
		})
	}
}

func TestValidateOpenAI(t *testing.T) {
	const good = `{"item_id":"A","title":"T","description":"D","url":"https://s.example/a","brand":"B","image_url":"https://s.example/a.jpg","availability":"in_stock","price":"8.00 EUR","is_eligible_search":true,"is_eligible_checkout":false}`
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"good":         {good, []string{}},
		"no brand":     {strings.Replace(good, `"brand":"B",`, ``, 1), []string{"1 brand"}},
		"twice":        {good + "\n\n" + good, []string{"2 item_id"}},
		"repeated key": {strings.Replace(good, `"title"`, `"item_id":"B","title"`, 1), []string{"1 "}},
		"no JSON":      {good + "\n{", []string{"2 "}},
		"checkout":     {strings.Replace(good, `"is_eligible_checkout":false`, `"is_eligible_checkout":true`, 1), []string{"1 seller_tos", "1 seller_privacy_policy"}},
		"group":        {strings.Replace(good, `"title"`, `"group_id":"A","title"`, 1), []string{"1 group_id"}},
		"country":      {strings.Replace(good, `"title"`, `"target_countries":["DE","Austria"],"title"`, 1), []string{"1 target_countries"}},
		"availability": {strings.Replace(good, `in_stock`, `preorder`, 1), []string{"1 availability"}},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := catalog.ValidateOpenAI(strings.NewReader(c.file))
			require.NoError(t, err)
			require.Equal(t, c.want, found(list))
		})
	}
}

func TestValidateJSONLD(t *testing.T) {
	const good = `{"@context":"https://schema.org","@type":"Product","name":"Mug","offers":{"@type":"Offer","price":"8.00","priceCurrency":"EUR","availability":"https://schema.org/InStock"}}`
	for name, c := range map[string]struct {
		page string
		want []string
	}{
		"good":         {good, []string{}},
		"type":         {`{"@context":"https://schema.org","@type":"Thing","name":"x"}`, []string{"1 @type"}},
		"price":        {strings.Replace(good, `8.00`, `8,00`, 1), []string{"1 offers.price"}},
		"availability": {strings.Replace(good, `InStock`, `There`, 1), []string{"1 offers.availability"}},
		"group":        {`{"@context":"https://schema.org","@type":"ProductGroup","name":"x","productGroupID":"x","variesBy":["color"]}`, []string{"1 hasVariant", "1 variesBy[0]"}},
		"variant":      {`{"@context":"https://schema.org","@type":"ProductGroup","name":"x","productGroupID":"x","hasVariant":[{"@type":"Product","name":"y","gtin":"1","image":["a.jpg"]}]}`, []string{"1 hasVariant[0].sku", "1 hasVariant[0].image[0]", "1 hasVariant[0].gtin"}},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := catalog.ValidateJSONLD([]byte(c.page))
			require.NoError(t, err)
			require.Equal(t, c.want, found(list))
		})
	}
	_, err := catalog.ValidateJSONLD([]byte(`{"name":"a","name":"b"}`))
	require.ErrorIs(t, err, flywheel.ErrInvalid)
}

func TestValidateSitemap(t *testing.T) {
	const begin, end = `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">`, `</urlset>`
	url := func(loc, rest string) string { return "<url><loc>" + loc + "</loc>" + rest + "</url>" }
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"good":      {begin + url("https://s.example/a", "<lastmod>2026-06-01</lastmod>") + end, []string{}},
		"relative":  {begin + url("/a", "") + end, []string{"1 loc"}},
		"twice":     {begin + url("https://s.example/a", "") + url("https://s.example/a", "") + end, []string{"2 loc"}},
		"time":      {begin + url("https://s.example/a", "<lastmod>June</lastmod>") + end, []string{"1 lastmod"}},
		"language":  {begin + url("https://s.example/a", `<xhtml:link hreflang="d_e" href="https://s.example/a"/>`) + end, []string{"1 link[0].hreflang"}},
		"cut":       {begin + url("https://s.example/a", ""), []string{"0 "}},
		"other XML": {"<html/>", []string{"0 "}},
		"too many":  {begin + strings.Repeat(url("https://s.example/a", ""), 1) + manyURLs(catalog.MaxSitemap) + end, []string{"50001 "}},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := catalog.ValidateSitemap(strings.NewReader(c.file))
			require.NoError(t, err)
			require.Equal(t, c.want, found(list))
		})
	}
}

func manyURLs(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<url><loc>https://s.example/%d</loc></url>", i)
	}
	return b.String()
}

// A product export with several rows a handle, rows that are pictures only, HTML and
// metafields is imported without loss and comes out as a feed that validates.
func TestFileToFeed(t *testing.T) {
	ctx := t.Context()
	var prices map[flywheel.SKU]catalog.ImportOffer
	shop, err := catalog.New(nil, &catalog.Options{Offers: catalog.OffersFunc(func(_ context.Context, _ catalog.Channel, skus []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		out := map[flywheel.SKU]catalog.Offer{}
		for _, sku := range skus {
			if p := prices[sku]; p.Price != nil {
				amount, err := money.Parse(*p.Price, money.EUR)
				if err != nil {
					return nil, err
				}
				out[sku] = catalog.Offer{Price: amount, Stock: p.Quantity, Tracked: p.Tracked, ContinueSelling: p.ContinueSelling}
			}
		}
		return out, nil
	})})
	require.NoError(t, err)
	require.NoError(t, shop.PutChannel(ctx, catalog.ChannelDef{Code: "web", Locales: []catalog.Locale{"en"}, DefaultLocale: "en"}))
	require.NoError(t, shop.PutAttribute(ctx, catalog.Attribute{Code: "fabric", Type: catalog.TextAttribute}))
	require.NoError(t, shop.PutAttribute(ctx, catalog.Attribute{Code: "specs.origin", Type: catalog.TextAttribute}))
	require.NoError(t, shop.PutType(ctx, catalog.ProductType{Code: "goods", Attributes: []string{"fabric", "specs.origin"}}))
	for _, name := range []string{"tea-towels.csv", "excel-crlf.csv"} {
		data, err := os.ReadFile("testdata/import/" + name)
		require.NoError(t, err)
		report, err := shop.Import(ctx, bytes.NewReader(data), catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods"})
		require.NoError(t, err)
		require.Empty(t, report.Errors)
		prices = report.Offers
		var feed, out bytes.Buffer
		written, err := shop.WriteFeed(ctx, &feed, catalog.Feed{Form: catalog.GoogleFeed, Channel: "web", Map: map[string]string{"size": "options.size", "color": "options.colour", "material": "attributes.fabric"}}, catalog.XMLFormat)
		require.NoError(t, err)
		if name == "tea-towels.csv" {
			require.Equal(t, 3, written.Rows)
		}
		list, err := catalog.ValidateGoogle(&feed)
		require.NoError(t, err)
		require.Empty(t, list)
		require.NoError(t, shop.Export(ctx, &out, catalog.Export{Form: catalog.ShopifyForm, Channel: "web"}))
		again, err := shop.Import(ctx, &out, catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods"})
		require.NoError(t, err)
		require.Empty(t, again.Errors)
		require.Zero(t, again.Created+again.Updated+again.Failed)
	}
}
