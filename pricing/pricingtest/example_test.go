package pricingtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/pricingtest"
)

// The test of a store is one call.
func ExampleRun() {
	_ = func(t *testing.T) {
		fresh := func(t *testing.T) pricing.Store { return pricing.NewMemory(nil) }
		pricingtest.Run(t, fresh, pricingtest.Features{Transactions: true})
	}
	// Output:
}

// The answer of a save is lost after the list was written.
func ExampleFailing() {
	lost := errors.New("connection lost")
	store := pricingtest.Failing(pricing.NewMemory(nil), func(call string, after bool) error {
		if call == "SaveList" && after {
			return lost
		}
		return nil
	})
	ctx := context.Background()
	_, err := store.SaveList(ctx, pricing.List{ID: "base"})
	fmt.Println(err)
	for list, err := range store.Lists(ctx) {
		fmt.Println(list.ID, list.Version, err)
	}
	// Output:
	// connection lost
	// base 1 <nil>
}
