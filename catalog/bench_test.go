package catalog_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
)

// shelf returns n products with one variant each.
func shelf(n int) []catalog.Product {
	out := make([]catalog.Product, n)
	for i := range out {
		out[i] = catalog.Product{ID: catalog.ID(fmt.Sprintf("product-%06d", (i*7919)%n)), Title: "A product", Status: catalog.Active,
			Categories: []catalog.CategoryID{"shirts"}, Attributes: map[string]any{"brand": "ACME"},
			Variants: []catalog.Variant{{SKU: flywheel.SKU(fmt.Sprintf("SKU-%06d", i))}}}
	}
	return out
}

func BenchmarkPutAll(b *testing.B) {
	const n = 4000
	b.ReportAllocs()
	for b.Loop() {
		if _, err := open(b, nil, nil).PutAll(context.Background(), shelf(n)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/product")
}

func BenchmarkPut(b *testing.B) {
	const n = 4000
	b.ReportAllocs()
	for b.Loop() {
		s := open(b, nil, nil)
		for _, p := range shelf(n) {
			if _, err := s.Put(context.Background(), p); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/product")
}

func BenchmarkRead(b *testing.B) {
	ctx, s := context.Background(), open(b, nil, nil)
	if _, err := s.PutAll(ctx, shelf(4000)); err != nil {
		b.Fatal(err)
	}
	b.Run("BySKU", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, _, err := s.BySKU(ctx, "SKU-002000"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Page", func(b *testing.B) {
		page, err := s.Page(ctx, catalog.Filter{Category: "shirts"}, "", 50)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := s.Page(ctx, catalog.Filter{Category: "shirts"}, page.Next, 50); err != nil {
				b.Fatal(err)
			}
		}
	})
}
