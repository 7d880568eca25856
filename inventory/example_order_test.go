package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// twoPlaces is a stock of mugs in the east and in the west.
func twoPlaces(ctx context.Context) *inventory.Service {
	stock, err := inventory.New(nil, nil)
	if err == nil {
		err = stock.At("east").Receive(ctx, "delivery-1", line("mug", 3))
	}
	if err == nil {
		err = stock.At("west").Receive(ctx, "delivery-2", line("mug", 2))
	}
	if err != nil {
		panic(err)
	}
	return stock
}

func printLevels(ctx context.Context, stock *inventory.Service, sku flywheel.SKU) {
	for l, err := range stock.Levels(ctx, sku) {
		if err != nil {
			panic(err)
		}
		fmt.Println(l.Location, "on hand", l.OnHand, "held", l.Reserved, "allocated", l.Allocated, "backordered", l.Backordered)
	}
}

func ExampleService_Hold() {
	ctx := context.Background()
	stock := twoPlaces(ctx)
	network, _ := fulfillment.New(fulfillment.Config{Places: []fulfillment.Place{{ID: "east", Priority: 1}, {ID: "west", Priority: 2}}})

	have, _ := stock.Available(ctx, []flywheel.SKU{"mug"})
	from, _ := network.Allocate([]fulfillment.Item{{Line: "1", SKU: "mug", Quantity: 4}}, have, "")
	units, _ := from.Units()
	fmt.Println(stock.Hold(ctx, "order-1", units, time.Now().Add(15*time.Minute)))
	printLevels(ctx, stock, "mug")

	err := stock.Hold(ctx, "order-2", units, time.Now().Add(15*time.Minute))
	if short, ok := errors.AsType[*inventory.ShortageError](err); ok {
		fmt.Println(short.SKU, "in the", short.Location, "has", short.Have)
	}
	// Output:
	// <nil>
	// east on hand 3 held 3 allocated 0 backordered 0
	// west on hand 2 held 1 allocated 0 backordered 0
	// mug in the east has 0
}

func ExampleService_Allocate() {
	ctx := context.Background()
	stock := twoPlaces(ctx)
	units := []fulfillment.Unit{{SKU: "mug", Location: "east", Quantity: 2}}
	stock.Hold(ctx, "order-1", units, time.Now().Add(time.Minute))
	fmt.Println(stock.Allocate(ctx, "order-1"))
	r, err := stock.Reservation(ctx, "order-1")
	fmt.Println(r.State, r.Units[0].Quantity, err)
	fmt.Println(errors.Is(stock.Release(ctx, "order-1"), flywheel.ErrConflict))
	// Output:
	// <nil>
	// allocated 2 <nil>
	// true
}

func ExampleService_Ship() {
	ctx := context.Background()
	stock := twoPlaces(ctx)
	units := []fulfillment.Unit{{SKU: "mug", Location: "east", Quantity: 2}, {SKU: "mug", Location: "west", Quantity: 2}}
	stock.Hold(ctx, "order-1", units, time.Now().Add(time.Minute))
	stock.Allocate(ctx, "order-1")
	fmt.Println(stock.Ship(ctx, "order-1", "p1", units[:1]))
	fmt.Println(stock.Ship(ctx, "order-1", "p1", units[:1])) // again
	if few, ok := errors.AsType[*inventory.UnitsError](stock.Ship(ctx, "order-1", "p2", units[:1])); ok {
		fmt.Println("left in the east:", few.Have)
	}
	printLevels(ctx, stock, "mug")
	// Output:
	// <nil>
	// <nil>
	// left in the east: 0
	// east on hand 1 held 0 allocated 0 backordered 0
	// west on hand 2 held 0 allocated 2 backordered 0
}

func ExampleService_Deallocate() {
	ctx := context.Background()
	stock := twoPlaces(ctx)
	units := []fulfillment.Unit{{SKU: "mug", Location: "east", Quantity: 2}}
	stock.Hold(ctx, "order-1", units, time.Now().Add(time.Minute))
	stock.Allocate(ctx, "order-1")
	fmt.Println(stock.Deallocate(ctx, "order-1", "cancel-1", []fulfillment.Unit{{SKU: "mug", Location: "east", Quantity: 1}}))
	printLevels(ctx, stock, "mug")
	// Output:
	// <nil>
	// east on hand 3 held 0 allocated 1 backordered 0
	// west on hand 2 held 0 allocated 0 backordered 0
}

// A chair that is sold before it is there leaves when it has come.
func ExampleService_Ready() {
	ctx := context.Background()
	stock, _ := inventory.New(nil, nil)
	stock.SetItem(ctx, inventory.Item{SKU: "chair", Policy: fulfillment.Backorder, Limit: 4})
	units := []fulfillment.Unit{{SKU: "chair", Location: "main", Quantity: 1, Backordered: true}}
	stock.Hold(ctx, "order-1", units, time.Now().Add(time.Minute))
	stock.Allocate(ctx, "order-1")
	fmt.Println(stock.Ready(ctx, "order-1", units))
	stock.Receive(ctx, "delivery-1", line("chair", 1))
	fmt.Println(stock.Ready(ctx, "order-1", units))
	// Output:
	// inventory: chair at main: want 1, have 0
	// <nil>
}

func ExampleService_SetItem() {
	ctx := context.Background()
	stock := twoPlaces(ctx)
	stock.SetItem(ctx, inventory.Item{SKU: "set", Parts: line("mug", 2)})
	err := stock.SetItem(ctx, inventory.Item{SKU: "sets", Parts: line("set", 2)})
	fmt.Println(err)
	item, err := stock.Item(ctx, "set")
	fmt.Println(item.Parts[0].SKU, item.Parts[0].Quantity, err)
	// Output:
	// inventory: part set of kit sets is a kit: invalid
	// mug 2 <nil>
}

func ExampleService_Available() {
	ctx := context.Background()
	stock := twoPlaces(ctx)
	stock.SetItem(ctx, inventory.Item{SKU: "set", Parts: line("mug", 2)})
	stock.SetItem(ctx, inventory.Item{SKU: "chair", Policy: fulfillment.Backorder, Limit: 4, Date: fulfillment.Date{Year: 2026, Month: 3, Day: 23}})
	have, err := stock.Available(ctx, []flywheel.SKU{"set", "chair"})
	fmt.Println(have["mug"].Free, have["set"].Parts[0].Quantity, have["chair"].Room, have["chair"].Date, err)
	// Output: map[east:3 west:2] 2 4 2026-03-23 <nil>
}

func ExampleService_Count() {
	ctx := context.Background()
	stock := twoPlaces(ctx).At("east")
	variance, err := stock.Count(ctx, "count-1", "year's end", "mug", 1)
	fmt.Println(variance, err)
	variance, err = stock.Count(ctx, "count-1", "year's end", "mug", 1) // again
	fmt.Println(variance, err)
	// Output:
	// -2 <nil>
	// -2 <nil>
}

func ExampleService_RestockAt() {
	ctx := context.Background()
	stock := twoPlaces(ctx)
	fmt.Println(stock.RestockAt(ctx, "return-1", "west", line("mug", 1)))
	printLevels(ctx, stock, "mug")
	// Output:
	// <nil>
	// east on hand 3 held 0 allocated 0 backordered 0
	// west on hand 3 held 0 allocated 0 backordered 0
}

// Everything that was posted for an order.
func ExampleItemStore() {
	ctx := context.Background()
	store := inventory.NewMemory(nil)
	stock, _ := inventory.New(store, nil)
	stock.Receive(ctx, "delivery-1", line("mug", 3))
	stock.Reserve(ctx, "order-1", line("mug", 2))
	stock.Commit(ctx, "order-1")
	var items inventory.ItemStore = store
	ms, err := items.Document(ctx, "order-1")
	for _, m := range ms {
		fmt.Println(m.Kind, m.OnHand, err)
	}
	// Output:
	// reserve 0 <nil>
	// commit -2 <nil>
}
