package catalog_test

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// heapWriter measures the live heap while something is written to it, after each so
// many bytes.
type heapWriter struct {
	each, since   int
	before, after uint64
	measures      int
}

// newHeapWriter takes the heap of now as that before.
func newHeapWriter(each int) *heapWriter { return &heapWriter{each: each, before: liveHeap()} }

func liveHeap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func (w *heapWriter) Write(p []byte) (int, error) {
	if w.since += len(p); w.since >= w.each {
		w.since = 0
		w.measures++
		w.after = max(w.after, liveHeap())
	}
	return len(p), nil
}

// most returns how far the live heap went beyond that before, in MiB.
func (w *heapWriter) most() float64 { return (float64(w.after) - float64(w.before)) / (1 << 20) }

// A feed and an export are streamed: of 18 MiB of texts that the database holds no more
// than a few are in memory, and as little of what a feed has to say of its rows.
func TestFeedIsStreamed(t *testing.T) {
	offers := catalog.OffersFunc(func(_ context.Context, _ catalog.Channel, skus []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		out := map[flywheel.SKU]catalog.Offer{}
		for _, sku := range skus {
			out[sku] = catalog.Offer{Price: money.New(1990, money.EUR)}
		}
		return out, nil
	})
	onEach(t, func(t *testing.T, store catalog.Store) {
		s, _ := shopOn(t, store, &catalog.Options{Offers: offers})
		const products, size = 1500, 12 << 10
		text := strings.Repeat("A thing of wool, soft and warm. ", size/32)
		for from := 0; from < products; from += 100 {
			list := make([]catalog.Product, 100)
			for i := range list {
				list[i] = thing(catalog.ID(fmt.Sprintf("p%04d", from+i)), flywheel.SKU(fmt.Sprintf("S%04d", from+i)))
				list[i].Text["en"] = catalog.Text{Title: list[i].Text["en"].Title, Description: fmt.Sprint(from+i, text)}
				list[i].Media = []catalog.Media{{Role: catalog.MainRole, URL: "https://img.example/thing.jpg"}}
			}
			_, err := s.PutAll(t.Context(), list)
			require.NoError(t, err)
		}
		heap := newHeapWriter(512 << 10)
		report, err := s.WriteFeed(t.Context(), heap, catalog.Feed{Form: catalog.GoogleFeed, Channel: "web"}, catalog.XMLFormat)
		require.NoError(t, err)
		require.Equal(t, products, report.Rows)
		require.Greater(t, heap.measures, 10)
		require.Less(t, heap.most(), 9.0, "feed, MiB")
		heap = newHeapWriter(2 << 20)
		require.NoError(t, s.Export(t.Context(), heap, catalog.Export{Form: catalog.JSONForm}))
		require.Greater(t, heap.measures, 5)
		require.Less(t, heap.most(), 9.0, "export, MiB")
	})
}

// Products of thousands of variants are read in parts, each whole and in order, and a
// feed that drops every row says how many issues it does not list.
func TestManyVariants(t *testing.T) {
	ctx := t.Context()
	s, _ := shopOn(t, nil, nil)
	const products, variants = 6, 2000
	set := catalog.OptionSet{Code: "no"}
	for i := range variants {
		set.Values = append(set.Values, catalog.OptionValue{Code: fmt.Sprintf("n%04d", i)})
	}
	require.NoError(t, s.PutOptions(ctx, set))
	var want []flywheel.SKU
	for n := range products {
		p := thing(catalog.ID(fmt.Sprint("p", n)))
		p.Options = []string{"no"}
		for i := range variants {
			v := catalog.Variant{SKU: flywheel.SKU(fmt.Sprintf("P%d-%04d", n, i)), Options: []string{set.Values[i].Code}}
			p.Variants, want = append(p.Variants, v), append(want, v.SKU)
		}
		_, err := s.Put(ctx, p)
		require.NoError(t, err)
	}
	var got []flywheel.SKU
	feed := catalog.Feed{Form: catalog.GoogleFeed, Channel: "web"}
	require.NoError(t, s.FeedRows(ctx, feed, func(catalog.FeedRow) error { return nil }, func(i catalog.FeedIssue) {
		if len(got) == 0 || got[len(got)-1] != i.SKU {
			got = append(got, i.SKU)
		}
	}))
	require.Equal(t, want, got)
	issues := 0
	require.NoError(t, s.FeedRows(ctx, feed, func(catalog.FeedRow) error { return nil }, func(catalog.FeedIssue) { issues++ }))
	report, err := s.WriteFeed(ctx, io.Discard, feed, catalog.XMLFormat)
	require.NoError(t, err)
	require.Equal(t, products*variants, report.Dropped)
	require.Len(t, report.Issues, catalog.MaxFeedIssues)
	require.Equal(t, issues, len(report.Issues)+report.More)
}
