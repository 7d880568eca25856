package catalogtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// Features says what the Store under test can do beyond [catalog.Store].
type Features struct {
	// Transactions says that the Store is a [flywheel.Transactor] as well, whose
	// transactions its calls join.
	Transactions bool
}

// Run checks that the Stores which fresh makes, each empty, keep the contract of
// [catalog.Store].
func Run(t *testing.T, fresh func(t *testing.T) catalog.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor[catalog.Store](f.Transactions, nil))
}

type testCase = suite.Case[check]

type check func(ctx context.Context, s catalog.Store) error

var contract = suite.Suite[catalog.Store, check]{
	Cases: slices.Concat(productCases, listCases, treeCases, transactionCases),
	Call: func(t suite.T, check check, s catalog.Store, _ flywheel.Transactor) error {
		return check(t.Context(), s)
	},
}

var start = time.Date(2026, 2, 3, 4, 5, 6, 7000, time.UTC)

// product returns a product to be created, with every field in use.
func product(id catalog.ID) catalog.Product {
	return catalog.Product{
		ID: id, Title: "Shirt " + string(id), Description: "A shirt.", Status: catalog.Active,
		Categories: []catalog.CategoryID{"shirts", "summer"},
		Attributes: map[string]any{"brand": "ACME", "weight": 0.25, "organic": true, "materials": []any{"cotton", "linen"}},
		Axes:       []catalog.Axis{{Name: "size", Values: []string{"S", "M"}}, {Name: "colour", Values: []string{"red"}}},
		Variants: []catalog.Variant{
			{SKU: flywheel.SKU(id + "/S"), Options: []string{"S", "red"}, Attributes: map[string]any{"barcode": "4006381333931"}},
			{SKU: flywheel.SKU(id + "/M"), Options: []string{"M", "red"}},
		},
		CreatedAt: start, UpdatedAt: start.Add(time.Second),
	}
}

// save stores the products and returns them as stored.
func save(ctx context.Context, s catalog.Store, products ...catalog.Product) ([]catalog.Product, error) {
	saved, err := s.Save(ctx, products...)
	if err != nil {
		return nil, fmt.Errorf("Save: %w", err)
	}
	if len(saved) != len(products) {
		return nil, fmt.Errorf("Save returns %d products for %d", len(saved), len(products))
	}
	for i := range saved {
		want := products[i]
		want.Version++
		if err := same("Save", saved[i], want); err != nil {
			return nil, err
		}
	}
	return saved, nil
}

// stored checks that Get returns exactly want.
func stored(ctx context.Context, s catalog.Store, want ...catalog.Product) error {
	for _, w := range want {
		got, err := s.Get(ctx, w.ID)
		if err != nil {
			return fmt.Errorf("Get %q: %w", w.ID, err)
		}
		if len(got) != 1 {
			return fmt.Errorf("Get of one returns %d", len(got))
		}
		if err := same("Get", got[0], w); err != nil {
			return err
		}
	}
	return nil
}

func same(call string, got, want catalog.Product) error {
	switch {
	case !got.SameContent(&want):
		return fmt.Errorf("%s: content %+v, want %+v", call, got, want)
	case got.Version != want.Version:
		return fmt.Errorf("%s: product %q has version %d, want %d", call, got.ID, got.Version, want.Version)
	case !got.CreatedAt.Equal(want.CreatedAt) || !got.UpdatedAt.Equal(want.UpdatedAt):
		return fmt.Errorf("%s: product %q was created %v and updated %v, want %v and %v", call, got.ID, got.CreatedAt, got.UpdatedAt, want.CreatedAt, want.UpdatedAt)
	case got.CreatedAt.Location() != time.UTC || got.UpdatedAt.Location() != time.UTC:
		return fmt.Errorf("%s: product %q has times outside of UTC", call, got.ID)
	}
	return nil
}

// listed checks that List yields exactly the products with the given IDs.
func listed(ctx context.Context, s catalog.Store, q catalog.Query, want ...catalog.ID) error {
	var got []catalog.ID
	for p, err := range s.List(ctx, q) {
		if err != nil {
			return fmt.Errorf("List %+v: %w", q, err)
		}
		got = append(got, p.ID)
	}
	if !slices.Equal(got, want) {
		return fmt.Errorf("List %+v: %q, want %q", q, got, want)
	}
	return nil
}

// absent checks that there is no product id and none of its SKUs.
func absent(ctx context.Context, s catalog.Store, id catalog.ID) error {
	if _, err := s.Get(ctx, id); !errors.Is(err, flywheel.ErrNotFound) {
		return fmt.Errorf("Get of the absent %q: error %v", id, err)
	}
	for _, v := range product(id).Variants {
		if _, err := s.BySKU(ctx, v.SKU); !errors.Is(err, flywheel.ErrNotFound) {
			return fmt.Errorf("BySKU of the absent %q: error %v", v.SKU, err)
		}
	}
	for p, err := range s.List(ctx, catalog.Query{}) {
		if err != nil || p.ID == id {
			return fmt.Errorf("List yields the absent %q, error %v", id, err)
		}
	}
	return nil
}
