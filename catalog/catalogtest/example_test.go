package catalogtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogtest"
)

// The test of a store is one call.
func ExampleRun() {
	_ = func(t *testing.T) {
		fresh := func(t *testing.T) catalog.Store { return catalog.NewMemory(nil) }
		catalogtest.Run(t, fresh, catalogtest.Features{Transactions: true})
	}
	// Output:
}

// The store goes away before anything is written.
func ExampleFailing() {
	gone := errors.New("connection refused")
	store := catalogtest.Failing(catalog.NewMemory(nil), func(call string, after bool) error {
		if call == "Save" && !after {
			return gone
		}
		return nil
	})
	products, err := catalog.New(store, nil)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	_, err = products.Put(ctx, catalog.Product{ID: "mug", Title: "Mug", Variants: []catalog.Variant{{SKU: "MUG"}}})
	fmt.Println(errors.Is(err, gone))
	_, err = products.Get(ctx, "mug")
	fmt.Println(err)
	// Output:
	// true
	// catalog: product "mug": not found
}
