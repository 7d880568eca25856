package catalog_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
)

func mug(id catalog.ID, sku flywheel.SKU) catalog.Product {
	return catalog.Product{ID: id, Title: "Mug", Variants: []catalog.Variant{{SKU: sku}}}
}

func ExampleCategoryError() {
	products, err := catalog.New(nil, nil)
	if err != nil {
		panic(err)
	}
	_, err = products.PutCategories(context.Background(), catalog.Category{ID: "mugs", Parent: "kitchen", Name: "Mugs"})
	if wrong, ok := errors.AsType[*catalog.CategoryError](err); ok {
		fmt.Println(wrong.Category, wrong.Field, errors.Is(err, flywheel.ErrNotFound))
	}
	// Output: mugs parent true
}

func ExampleSKUTakenError() {
	products, err := catalog.New(nil, nil)
	if err != nil {
		panic(err)
	}
	_, err = products.PutAll(context.Background(), []catalog.Product{mug("red-mug", "MUG"), mug("blue-mug", "MUG")})
	if taken, ok := errors.AsType[*catalog.SKUTakenError](err); ok {
		fmt.Println(taken.Product, "wants", taken.SKU, "of", taken.Owner)
	}
	// Output: blue-mug wants MUG of red-mug
}

// Two editors save what both have loaded: the second has to look again.
func ExampleStaleError() {
	ctx := context.Background()
	products, err := catalog.New(nil, nil)
	if err != nil {
		panic(err)
	}
	first, err := products.Put(ctx, mug("mug", "MUG"))
	if err != nil {
		panic(err)
	}
	second := first
	first.Title, second.Title = "Red mug", "Blue mug"
	if _, err := products.Put(ctx, first); err != nil {
		panic(err)
	}
	_, err = products.Put(ctx, second)
	if stale, ok := errors.AsType[*catalog.StaleError](err); ok {
		fmt.Println(stale.Product, stale.Given, stale.Stored)
	}
	// Output: mug 1 2
}

func ExampleTransitionError() {
	ctx := context.Background()
	products, err := catalog.New(nil, nil)
	if err != nil {
		panic(err)
	}
	if _, err := products.Put(ctx, mug("mug", "MUG")); err != nil {
		panic(err)
	}
	for _, to := range []catalog.Status{catalog.Archived, catalog.Active} {
		_, err = products.SetStatus(ctx, "mug", to)
	}
	if refused, ok := errors.AsType[*catalog.TransitionError](err); ok {
		fmt.Println(refused.From, "to", refused.To)
	}
	// Output: archived to active
}

// A store answers queries without a service around it.
func ExampleNewMemory() {
	ctx := context.Background()
	store := catalog.NewMemory(&flywheel.Memory{})
	if _, err := store.Save(ctx, mug("a", "A"), mug("b", "B"), mug("c", "C")); err != nil {
		panic(err)
	}
	for p, err := range store.List(ctx, catalog.Query{After: "a", Limit: 1}) {
		fmt.Println(p.ID, err)
	}
	// Output: b <nil>
}
