package search_test

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/internal/shop"
)

// shopDocument is a product of the generated assortment.
func shopDocument(p *shop.Product) search.Document {
	d := search.Document{ID: p.ID, Text: map[string]string{"title": p.Title, "description": p.Description}, Attributes: p.Attributes}
	for _, v := range p.Variants {
		d.Variants = append(d.Variants, search.Variant{SKU: flywheel.SKU(v.SKU), Attributes: v.Attributes})
	}
	return d
}

func shopDocuments(n int) []search.Document {
	docs := make([]search.Document, 0, n)
	shop.Assortment(n, 1, func(p *shop.Product) { docs = append(docs, shopDocument(p)) })
	return docs
}

// shopQuery asks for ten disjunctive facets.
func shopQuery(q *shop.Query) search.Query {
	out := search.Query{Text: q.Text, Disjunctive: shop.Facets, Match: search.MatchAll}
	for field, values := range q.Select {
		if out.Select == nil {
			out.Select = map[string][]any{}
		}
		for _, v := range values {
			out.Select[field] = append(out.Select[field], v)
		}
	}
	for _, f := range shop.Facets {
		facet := search.Facet{Field: f, Limit: 20}
		if f == "price" {
			facet.Ranges = shop.PriceRanges
		}
		out.Facets = append(out.Facets, facet)
	}
	return out
}

var shopIndexes sync.Map

func shopIndex(b testing.TB, n int) *search.Index {
	if x, ok := shopIndexes.Load(n); ok {
		return x.(*search.Index)
	}
	index, err := search.New(search.Settings{})
	require.NoError(b, err)
	require.NoError(b, index.Put(shopDocuments(n)...))
	shopIndexes.Store(n, index)
	return index
}

// BenchmarkFacets answers the facets' workload: 100,000 products, ten disjunctive
// facets, one query in ten without text. It reports percentiles over the queries of the
// least CPU time that each took, in µs, and the live heap of the index, with all that queries made at need, in MiB.
func BenchmarkFacets(b *testing.B) {
	for _, n := range []int{100_000} {
		b.Run(fmt.Sprintf("n=%d", n), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			index := shopIndex(b, n)
			queries := shop.Queries(1000, 1)
			all := make([]search.Query, len(queries))
			for i := range queries {
				all[i] = shopQuery(&queries[i])
				_, err := index.Search(all[i])
				require.NoError(b, err)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportAllocs()
			took := make([]time.Duration, len(all))
			i := 0
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			for b.Loop() {
				start := cpuTime()
				_, err := index.Search(all[i%len(all)])
				d := cpuTime() - start
				if err != nil {
					b.Fatal(err)
				}
				if at := &took[i%len(all)]; *at == 0 || d < *at {
					*at = d
				}
				i++
			}
			took = took[:min(i, len(took))]
			if testing.Verbose() {
				for i := range min(len(took), len(all)) {
					b.Logf("%d µs: %q %v", took[i].Microseconds(), all[i].Text, all[i].Select)
				}
			}
			slices.Sort(took)
			for _, p := range []int{50, 95, 99} {
				b.ReportMetric(float64(took[min(len(took)-1, len(took)*p/100)].Microseconds()), fmt.Sprintf("p%d-µs", p))
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "heap-MiB")
			b.ReportMetric(float64(index.Snapshot().Bytes())/(1<<20), "index-MiB")
		})
	}
}

// BenchmarkQueries asks the graded queries of the public set, ten results each.
func BenchmarkQueries(b *testing.B) {
	all := queries(b)
	index := relevanceIndex(b)
	for _, typo := range []bool{false, true} {
		var texts []string
		for _, q := range all {
			switch {
			case !typo:
				texts = append(texts, q.text)
			case q.typo != "":
				texts = append(texts, q.typo)
			}
		}
		b.Run(fmt.Sprintf("typo=%v", typo), func(b *testing.B) {
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				if _, err := index.Search(search.Query{Text: texts[i%len(texts)], Limit: 10}); err != nil {
					b.Fatal(err)
				}
				i++
			}
		})
	}
}
