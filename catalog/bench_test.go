package catalog_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogsql"
	"github.com/flywheel-go/flywheel/internal/sqldb"
	"github.com/flywheel-go/flywheel/internal/sqldbtest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// onStores runs a benchmark on the three stores.
func onStores(b *testing.B, fn func(b *testing.B, s *catalog.Service)) {
	priced := catalog.OffersFunc(func(_ context.Context, _ catalog.Channel, skus []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		stock := int64(5)
		out := make(map[flywheel.SKU]catalog.Offer, len(skus))
		for _, sku := range skus {
			out[sku] = catalog.Offer{Price: money.New(1990, money.EUR), Stock: &stock}
		}
		return out, nil
	})
	service := func(b *testing.B, store catalog.Store) *catalog.Service {
		s, err := catalog.New(store, &catalog.Options{Offers: priced})
		require.NoError(b, err)
		ctx := b.Context()
		require.NoError(b, s.PutChannel(ctx, catalog.ChannelDef{Code: "web", Locales: []catalog.Locale{"en"}, DefaultLocale: "en"}))
		require.NoError(b, s.PutAttribute(ctx, catalog.Attribute{Code: "fit", Type: catalog.TextAttribute, Scope: catalog.VariantScope}))
		require.NoError(b, s.PutAttribute(ctx, catalog.Attribute{Code: "fabric", Type: catalog.TextAttribute}))
		require.NoError(b, s.PutType(ctx, catalog.ProductType{Code: "goods", Attributes: []string{"fit", "fabric"}}))
		require.NoError(b, s.PutCategory(ctx, catalog.Category{ID: "leaf", Name: map[catalog.Locale]string{"en": "Leaf"}}))
		return s
	}
	b.Run("store=memory", func(b *testing.B) { fn(b, service(b, catalog.NewMemory(nil))) })
	b.Run("store=sqlite", func(b *testing.B) {
		fn(b, service(b, sqldbtest.Store(b, sqldbtest.OpenSQLite(b), sqldb.SQLite, catalogsql.New)))
	})
	b.Run("store=postgres", func(b *testing.B) {
		fn(b, service(b, sqldbtest.Store(b, sqldbtest.OpenPostgres(b), sqldb.Postgres, catalogsql.New)))
	})
}

// goods is a product of the leaf category.
func goods(i int) catalog.Product {
	return catalog.Product{
		ID: catalog.ID(fmt.Sprintf("p%06d", i*7919%1000003)), Type: "goods", Status: catalog.Active, Vendor: "Nord", Categories: []catalog.CategoryID{"leaf"},
		Text:       map[catalog.Locale]catalog.Text{"en": {Title: fmt.Sprintf("Thing %d", i), Description: "<p>A thing of wool, <b>soft</b> and warm.</p>"}},
		Attributes: catalog.NewAttributes(map[string]any{"fabric": []string{"Wool", "Linen", "Cotton"}[i%3]}),
		Media:      []catalog.Media{{Role: catalog.MainRole, URL: "https://img.example/thing.jpg"}},
		Listings:   map[catalog.Channel]*catalog.Listing{"web": {}}, Variants: []catalog.Variant{{SKU: flywheel.SKU(fmt.Sprintf("S-%d", i))}},
	}
}

// fill puts n products.
func fill(b *testing.B, s *catalog.Service, n int) {
	for from := 0; from < n; from += 500 {
		list := make([]catalog.Product, min(500, n-from))
		for i := range list {
			list[i] = goods(from + i)
		}
		_, err := s.PutAll(b.Context(), list)
		require.NoError(b, err)
	}
}

// leaf is how many products the leaf category has.
const leaf = 100_000

// A page of 50 of a leaf category of 100,000 products, by each order with an index.
func BenchmarkPage(b *testing.B) {
	onStores(b, func(b *testing.B, s *catalog.Service) {
		fill(b, s, leaf)
		for _, sort := range []catalog.Sort{catalog.SortID, catalog.SortTitle, catalog.SortNewest} {
			b.Run("sort="+string(sort), func(b *testing.B) {
				q := catalog.ListQuery{Channel: "web", Category: "leaf", Sort: sort}
				b.ReportAllocs()
				for b.Loop() {
					page, err := s.List(b.Context(), q)
					if err != nil || len(page.IDs) != 50 {
						b.Fatal(len(page.IDs), err)
					}
					if q.Cursor = page.Next; !page.More {
						q.Cursor = ""
					}
				}
			})
		}
	})
}

// One variant of 2,048 changes.
func BenchmarkPutVariant(b *testing.B) {
	onStores(b, func(b *testing.B, s *catalog.Service) {
		var sets []catalog.OptionSet
		for _, n := range []int{64, 32} {
			set := catalog.OptionSet{Code: fmt.Sprint("o", n)}
			for i := range n {
				set.Values = append(set.Values, catalog.OptionValue{Code: fmt.Sprint("v", i)})
			}
			sets = append(sets, set)
			require.NoError(b, s.PutOptions(b.Context(), set))
		}
		p := goods(0)
		p.Options, p.Variants = []string{"o64", "o32"}, catalog.Combinations(sets, "W-{0}-{1}", 0)
		_, err := s.Put(b.Context(), p)
		require.NoError(b, err)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			_, err := s.PutVariant(b.Context(), p.ID, p.Variants[i%len(p.Variants)].SKU, catalog.Fields{"attributes": map[string]any{"fit": fmt.Sprint("wide ", i)}})
			if err != nil {
				b.Fatal(err)
			}
		}
	})
}

// rows of the file that is imported.
const rows = 100_000

// A file of 100,000 rows, four to a product, is imported.
func BenchmarkImport(b *testing.B) {
	var file bytes.Buffer
	file.WriteString("Handle,Title,Body (HTML),Vendor,Tags,Option1 Name,Option1 Value,Variant SKU,Variant Price,Variant Inventory Qty,Image Src\n")
	for i := range rows {
		title, name := "", ""
		if i%4 == 0 {
			title, name = fmt.Sprintf("Thing %d", i/4), "Size"
		}
		fmt.Fprintf(&file, "thing-%d,%s,%s,,,%s,%d,T-%d,19.90,5,\n", i/4, title, strings.Repeat("x", len(title)), name, i%4, i)
	}
	onStores(b, func(b *testing.B, s *catalog.Service) {
		b.ReportAllocs()
		for b.Loop() {
			start := time.Now()
			report, err := s.Import(b.Context(), bytes.NewReader(file.Bytes()), catalog.Import{Form: catalog.ShopifyForm, Channel: "web", Type: "goods"})
			if err != nil || report.Created+report.Unchanged != rows/4 {
				b.Fatal(report.Created, report.Unchanged, report.Failed, err)
			}
			if report.Created > 0 { // the first time; from then on nothing changes
				b.ReportMetric(rows/time.Since(start).Seconds(), "new-rows/s")
			}
			b.ReportMetric(rows/time.Since(start).Seconds(), "rows/s")
		}
	})
}

// A feed of 100,000 products is written. Beside the time it reports how far the live
// heap, measured after a collection at each 4 MiB of the feed, goes beyond that before
// the feed, in MiB.
func BenchmarkFeed(b *testing.B) {
	onStores(b, func(b *testing.B, s *catalog.Service) {
		fill(b, s, leaf)
		b.ReportAllocs()
		for b.Loop() {
			report, err := s.WriteFeed(b.Context(), io.Discard, leafFeed, catalog.XMLFormat)
			if err != nil || report.Rows != leaf {
				b.Fatal(report.Rows, err)
			}
		}
		heap := newHeapWriter(4 << 20)
		_, err := s.WriteFeed(b.Context(), heap, leafFeed, catalog.XMLFormat)
		require.NoError(b, err)
		b.ReportMetric(heap.most(), "live-MiB")
	})
}

var leafFeed = catalog.Feed{Form: catalog.GoogleFeed, Channel: "web", Map: map[string]string{"material": "attributes.fabric"}}
