package inventory_test

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// A purchase order says what is expected and when; what is sold before it is there is
// promised by it.
func ExampleService_Schedule() {
	ctx := context.Background()
	stock, err := inventory.New(nil, nil)
	if err != nil {
		panic(err)
	}
	march := func(day int) fulfillment.Date { return fulfillment.Date{Year: 2026, Month: 3, Day: day} }
	fmt.Println(stock.SetItem(ctx, inventory.Item{SKU: "chair", Policy: fulfillment.Backorder, Limit: 20}))
	fmt.Println(stock.Schedule(ctx, "po-1", 1, []fulfillment.Incoming{
		{SKU: "chair", Location: "main", Line: "0", Quantity: 8, Due: march(20), Earliest: march(18), Latest: march(22)},
	}))
	had, err := stock.Available(ctx, []flywheel.SKU{"chair"})
	fmt.Println(had["chair"].Coming[0].Quantity, had["chair"].Coming[0].Date, err)
	at, err := stock.Positions(ctx, []flywheel.SKU{"chair"})
	fmt.Println(at[0].OnHand, at[0].OnOrder, err)
	// Output:
	// <nil>
	// <nil>
	// 8 2026-03-22 <nil>
	// 0 8 <nil>
}

// Goods come into quarantine, and five of six leave it for the shelf.
func ExampleService_Supply() {
	ctx := context.Background()
	stock, err := inventory.New(nil, nil)
	if err != nil {
		panic(err)
	}
	quarantine := inventory.DefaultLocation.Quarantine()
	fmt.Println(stock.Supply(ctx, "po-1", "receipt", []fulfillment.Unit{{SKU: "chair", Location: quarantine, Quantity: 6}}))
	fmt.Println(stock.Supply(ctx, "po-1", "inspection", []fulfillment.Unit{
		{SKU: "chair", Location: quarantine, Quantity: -6}, {SKU: "chair", Location: "main", Quantity: 5},
	}))
	for level, err := range stock.Levels(ctx, "chair") {
		fmt.Println(level.Location, level.OnHand, level.Location.Quarantined(), err)
	}
	// Output:
	// <nil>
	// <nil>
	// main 5 false <nil>
	// main.quarantine 0 true <nil>
}
