package catalogtest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s catalog.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) catalog.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(w *world) error

var contract = suite.Suite[catalog.Store, check]{
	Cases: slices.Concat(saveCases, indexCases, transactionCases),
	Call: func(_ suite.T, check check, s catalog.Store, tx flywheel.Transactor) error {
		return check(&world{s, tx})
	},
}

// world is what a check works on.
type world struct {
	catalog.Store
	tx flywheel.Transactor
}

var ctx = context.Background()

// start is a moment with microseconds.
var start = time.Date(2010, 12, 1, 8, 26, 0, 123456000, time.UTC)

// head returns a head with many fields set, in its edits-th edit.
func head(id catalog.ID, edits int64) *catalog.Head {
	position := 3
	return &catalog.Head{
		Product: catalog.Product{
			ID: id, Type: "goods", Status: catalog.Active, Vendor: "Nord", Tags: []string{"new"}, Categories: []catalog.CategoryID{"mugs"}, Options: []string{"size"},
			Text:       map[catalog.Locale]catalog.Text{"en": {Title: "Mug " + string(id), Description: "<p>Big</p>"}, "de": {Title: "Becher"}},
			Attributes: catalog.NewAttributes(map[string]any{"weight": "350 g", "pieces": int64(1) << 60, "organic": true, "claim": map[string]any{"*": map[string]any{"en": "x"}}, "tags": []any{"a", "b"}}),
			Listings:   map[catalog.Channel]*catalog.Listing{"web": {Slugs: map[catalog.Locale]string{"en": "mug"}, Position: &position, Variants: []flywheel.SKU{}}},
			Media:      []catalog.Media{{Role: catalog.MainRole, URL: "https://img.example/m.jpg", Alt: map[catalog.Locale]string{"en": "Mug"}}},
			Version:    edits, CreatedAt: start, UpdatedAt: start.Add(time.Duration(edits) * time.Second),
		},
		Variants: 2, Edits: edits, Source: &catalog.Source{Hash: "9f86d081884c7d65", Edits: edits},
	}
}

// row returns a variant of a product.
func row(product catalog.ID, sku flywheel.SKU, place int, options ...string) *catalog.VariantRow {
	grams, taxed := int64(0), false
	return &catalog.VariantRow{Product: product, Place: place, Variant: catalog.Variant{
		SKU: sku, Options: options, Attributes: catalog.NewAttributes(map[string]any{"fit": "slim"}), Barcode: "96385074", WeightGrams: &grams, Taxable: &taxed, Version: 1, UpdatedAt: start,
	}}
}

// created is a batch that creates products with two variants each.
func created(ids ...catalog.ID) *catalog.Batch {
	b := &catalog.Batch{}
	for _, id := range ids {
		b.Heads = append(b.Heads, catalog.HeadChange{Head: head(id, 1)})
		b.Variants = append(b.Variants, row(id, flywheel.SKU(id)+"-S", 0, "s"), row(id, flywheel.SKU(id)+"-M", 1, "m"))
	}
	return b
}

// has compares the stored heads, by ID, with want.
func (w *world) has(ids []catalog.ID, want ...*catalog.Head) error {
	got, err := w.Heads(ctx, ids...)
	if err != nil {
		return fmt.Errorf("Heads: %w", err)
	}
	slices.SortFunc(got, func(a, b *catalog.Head) int { return compare(a.Product.ID, b.Product.ID) })
	return suite.Same("Heads", values(got), values(want))
}

// sells compares the stored variants with want.
func (w *world) sells(q catalog.VariantQuery, want ...*catalog.VariantRow) error {
	got, err := w.Variants(ctx, q)
	if err != nil {
		return fmt.Errorf("Variants: %w", err)
	}
	return suite.Same(fmt.Sprintf("Variants(%+v)", q), values(got), values(want))
}

// finds compares the products of a scan with want.
func (w *world) finds(q catalog.Scan, want ...catalog.ID) error {
	entries, err := w.Scan(ctx, q)
	if err != nil {
		return fmt.Errorf("Scan: %w", err)
	}
	got := make([]catalog.ID, len(entries))
	for i, e := range entries {
		got[i] = e.ID
	}
	if want == nil {
		want = []catalog.ID{}
	}
	return suite.Same(fmt.Sprintf("Scan(%+v)", q), got, want)
}

func values[V any](list []*V) []V {
	out := make([]V, len(list))
	for i, p := range list {
		out[i] = *p
	}
	return out
}

func compare[S ~string](a, b S) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
