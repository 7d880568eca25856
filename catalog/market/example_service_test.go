package market_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Readings come from several processes over one store; where a watch stands is kept with
// it.
func ExampleService() {
	ctx := context.Background()
	var store market.Store = market.NewMemory(nil)
	rule := market.MinimumPrice{Minimum: money.New(1000, money.EUR)}
	var w market.Watched
	w, err := market.New(store).Define(ctx, market.Watched{ID: "w", SKU: "mug", Seller: "rival", Rule: rule})
	fmt.Println(w.Version, err)
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	_, change, err := market.New(store).See(ctx, "w", noon, money.New(900, money.EUR))
	fmt.Println(change == market.Opened, err)
	v, change, err := market.New(store).See(ctx, "w", noon.Add(time.Hour), money.New(1000, money.EUR))
	fmt.Println(change == market.Closed, v.Lost, err)
	var b market.Breach
	for b, err = range market.New(store).Breaches(ctx, market.BreachFilter{Watch: "w"}) {
		fmt.Println(b.SKU, b.Seller, b.Readings, err)
	}

	// Without a store the state is the caller's to keep.
	watch, err := rule.Watch()
	if err != nil {
		panic(err)
	}
	_, _, err = watch.Next(noon, money.New(900, money.EUR))
	var state market.WatchState = watch.State()
	again, resumed := rule.Resume(state)
	open, isOpen := again.Open()
	fmt.Println(open.Lowest, isOpen, err, resumed)
	// Output:
	// 1 <nil>
	// true <nil>
	// true 1.00 EUR <nil>
	// mug rival 1 <nil>
	// 9.00 EUR true <nil> <nil>
}
