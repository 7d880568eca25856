package catalog_test

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// readings counts what is read of variants.
type readings struct {
	catalog.Store
	variants int
}

func (r *readings) Variants(ctx context.Context, q catalog.VariantQuery) ([]*catalog.VariantRow, error) {
	r.variants++
	return r.Store.Variants(ctx, q)
}

// The same file again changes nothing and reads no variant: that its rows are those of
// last time says their hash. What was changed since is found, by whatever way.
func TestImportAgain(t *testing.T) {
	onEach(t, func(t *testing.T, store catalog.Store) {
		r, sink := &readings{Store: store}, new(heard)
		s, _ := shopOn(t, r, &catalog.Options{Sink: sink})
		ctx := t.Context()
		in := catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods"}
		load := func(file string, created, updated, unchanged, reads int) catalog.ImportReport {
			t.Helper()
			r.variants, sink.events = 0, nil
			report, err := s.Import(ctx, strings.NewReader(file), in)
			require.NoError(t, err)
			require.Empty(t, report.Errors)
			require.Equal(t, []int{created, updated, unchanged}, []int{report.Created, report.Updated, report.Unchanged})
			if reads >= 0 {
				require.Equal(t, reads, r.variants)
			}
			require.Equal(t, created+updated > 0 && !in.DryRun, len(sink.events) > 0)
			require.Len(t, report.Offers, 3)
			return report
		}
		in.DryRun = true
		load(shopifyFile, 2, 0, 0, -1)
		in.DryRun = false
		first := load(shopifyFile, 2, 0, 0, -1)
		again := load(shopifyFile, 0, 0, 2, 0)
		require.Equal(t, first.Offers, again.Offers)
		in.DryRun = true
		load(shopifyFile, 0, 0, 2, 0)
		load(strings.Replace(shopifyFile, "Big", "Bigger", 1), 0, 1, 1, -1)
		in.DryRun = false
		load(shopifyFile, 0, 0, 2, 0)

		// Another row, an edit by hand of the head and of a variant are all seen.
		load(strings.Replace(shopifyFile, "Big", "Bigger", 1), 0, 1, 1, -1)
		load(shopifyFile, 0, 1, 1, -1)
		_, err := s.Patch(ctx, "mug", catalog.Fields{"vendor": "South"})
		require.NoError(t, err)
		load(shopifyFile, 0, 1, 1, -1)
		_, err = s.PutVariant(ctx, "cup", "CUP", catalog.Fields{"weight_grams": 7})
		require.NoError(t, err)
		load(shopifyFile, 0, 0, 2, -1) // the file does not say what the cup weighs
		load(shopifyFile, 0, 0, 2, 0)

		// Definitions may change what a file means: it is read whole once more.
		require.NoError(t, s.PutCategory(ctx, catalog.Category{ID: "later", Name: map[catalog.Locale]string{"en": "Later"}}))
		load(shopifyFile, 0, 0, 2, -1)
		load(shopifyFile, 0, 0, 2, 0)
	})
}

// So it is with JSON lines: a line that is that of last time reads no variant, and is
// not written again; a product that the file has twice is an error of its second line.
func TestImportLinesAgain(t *testing.T) {
	onEach(t, func(t *testing.T, store catalog.Store) {
		r, sink := &readings{Store: store}, new(heard)
		s, _ := shopOn(t, r, &catalog.Options{Sink: sink})
		ctx := t.Context()
		line := func(id, title string) string {
			return `{"id":"` + id + `","type":"goods","text":{"en":{"title":"` + title + `"}},"variants":[{"sku":"` + strings.ToUpper(id) + `"}]}` + "\n"
		}
		in := catalog.Import{Form: catalog.JSONForm}
		load := func(file string, created, updated, unchanged, failed, reads int) catalog.ImportReport {
			t.Helper()
			r.variants, sink.events = 0, nil
			report, err := s.Import(ctx, strings.NewReader(file), in)
			require.NoError(t, err)
			require.Equal(t, []int{created, updated, unchanged, failed}, []int{report.Created, report.Updated, report.Unchanged, report.Failed})
			if reads >= 0 {
				require.Equal(t, reads, r.variants)
			}
			require.Equal(t, created+updated > 0 && !in.DryRun, len(sink.events) > 0)
			return report
		}
		file := line("a", "A") + line("b", "B")
		in.DryRun = true
		load(file, 2, 0, 0, 0, -1)
		in.DryRun = false
		load(file, 2, 0, 0, 0, -1)
		load(file, 0, 0, 2, 0, 0)
		load("\ufeff"+strings.ReplaceAll(file, "\n", "\r\n"), 0, 0, 2, 0, 0) // lines are the same
		load(strings.Replace(file, "{", "{ ", 1), 0, 0, 2, 0, -1)            // other bytes, the same product
		load(strings.Replace(file, "{", "{ ", 1), 0, 0, 2, 0, 0)
		load(line("a", "New")+line("b", "B"), 0, 1, 1, 0, -1)
		_, err := s.PutVariant(ctx, "b", "B", catalog.Fields{"weight_grams": 7})
		require.NoError(t, err)
		load(file, 0, 2, 0, 0, -1) // the weight is gone again
		load(file, 0, 0, 2, 0, 0)
		require.NoError(t, s.PutCategory(ctx, catalog.Category{ID: "later", Name: map[catalog.Locale]string{"en": "Later"}}))
		load(file, 0, 0, 2, 0, -1)
		load(file, 0, 0, 2, 0, 0)

		report := load(file+line("a", "Again"), 0, 0, 2, 1, 0)
		require.Equal(t, 3, report.Errors[0].Line)
		require.ErrorIs(t, report.Errors[0], flywheel.ErrInvalid)
		require.ErrorContains(t, report.Errors[0], `line 3: product "a" is there already, in line 1`)
	})
}

// A product export with several rows a handle, rows that are only an image, HTML and
// metafields goes in without loss: what is exported again, by either header, makes
// the same products in an empty shop, and the feeds of both validate.
func TestRealFiles(t *testing.T) {
	ctx := t.Context()
	offers := catalog.OffersFunc(func(_ context.Context, _ catalog.Channel, skus []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		out := map[flywheel.SKU]catalog.Offer{}
		for _, sku := range skus {
			stock := int64(len(sku))
			out[sku] = catalog.Offer{Price: money.New(1490, money.EUR), Stock: &stock}
		}
		return out, nil
	})
	shop := func() *catalog.Service {
		s, _ := shopOn(t, nil, &catalog.Options{Offers: offers})
		for _, a := range []catalog.Attribute{{Code: "material", Type: catalog.TextAttribute}, {Code: "specs.origin", Type: catalog.TextAttribute}} {
			require.NoError(t, s.PutAttribute(ctx, a))
		}
		require.NoError(t, s.PutType(ctx, catalog.ProductType{Code: "linen", Attributes: []string{"material", "specs.origin"}}))
		return s
	}
	in := catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "linen"}
	products := func(s *catalog.Service) (list []catalog.Product) {
		page, err := s.List(ctx, catalog.ListQuery{Limit: 1000})
		require.NoError(t, err)
		for _, id := range page.IDs {
			p, err := s.Get(ctx, id)
			require.NoError(t, err)
			list = append(list, p)
		}
		slices.SortFunc(list, func(a, b catalog.Product) int { return strings.Compare(string(a.ID), string(b.ID)) })
		return list
	}
	for _, name := range []string{"tea-towels.csv", "tea-towels-new-header.csv"} {
		data, err := os.ReadFile("testdata/import/" + name)
		require.NoError(t, err)
		data = bytes.ReplaceAll(data, []byte("custom.fabric"), []byte("custom.material"))
		s := shop()
		report, err := s.Import(ctx, bytes.NewReader(data), in)
		require.NoError(t, err)
		require.Empty(t, report.Errors)
		require.Empty(t, report.Warnings)
		list := products(s)
		i := slices.IndexFunc(list, func(p catalog.Product) bool { return p.ID == "linen-towel" })
		require.GreaterOrEqual(t, i, 0)
		require.Contains(t, list[i].Text["en"].Description, "<b>Silesia</b>")
		require.Equal(t, "PL", list[i].Attributes.Get("specs.origin"))
		require.GreaterOrEqual(t, len(list[i].Media), 4, "a row with an image alone is one")
		require.Len(t, list[i].Variants, 3)
		for _, old := range []bool{false, true} {
			var out bytes.Buffer
			require.NoError(t, s.Export(ctx, &out, catalog.Export{Form: catalog.ShopifyForm, Channel: "web", OldHeader: old}))
			there := shop()
			report, err := there.Import(ctx, bytes.NewReader(out.Bytes()), in)
			require.NoError(t, err)
			require.Empty(t, report.Errors)
			got := products(there)
			for i := range got {
				got[i].CreatedAt, got[i].UpdatedAt = list[i].CreatedAt, list[i].UpdatedAt
			}
			require.Equal(t, list, got)
			for form, format := range map[string]string{catalog.GoogleFeed: catalog.XMLFormat, catalog.OpenAIFeed: catalog.JSONLinesFormat} {
				var feed bytes.Buffer
				f := catalog.Feed{Form: form, Channel: "web", Map: map[string]string{"material": "attributes.material"}, SellerName: "Shop", SellerURL: "https://shop.example", TargetCountries: []string{"DE"}, StoreCountry: "DE", ReturnPolicy: "https://shop.example/returns"}
				written, err := there.WriteFeed(ctx, &feed, f, format)
				require.NoError(t, err)
				require.GreaterOrEqual(t, written.Rows, 3)
				check := catalog.ValidateGoogle
				if form == catalog.OpenAIFeed {
					check = catalog.ValidateOpenAI
				}
				found, err := check(bytes.NewReader(feed.Bytes()))
				require.NoError(t, err)
				require.Empty(t, found, "%s: %s", form, feed.String())
			}
		}
	}
}
