package inventory_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
)

// dairy is a stock of two lots of milk.
func dairy(ctx context.Context) *inventory.Service {
	stock, err := inventory.New(nil, &inventory.Options{Lots: true, Now: func() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC) }})
	if err == nil {
		err = stock.SetItem(ctx, inventory.Item{SKU: "milk", Tracking: inventory.ByLot})
	}
	if err == nil {
		err = stock.ReceiveLots(ctx, "delivery-1", []inventory.LotLine{
			{SKU: "milk", Lot: "B", Expires: fulfillment.Date{Year: 2026, Month: 3, Day: 20}, Quantity: 5},
			{SKU: "milk", Lot: "A", Expires: fulfillment.Date{Year: 2026, Month: 3, Day: 10}, Quantity: 3},
		})
	}
	if err != nil {
		panic(err)
	}
	return stock
}

func printLots(ctx context.Context, stock *inventory.Service) {
	lots, err := stock.Lots(ctx, "milk")
	show := func(l inventory.Lot) { fmt.Print(l.Lot, " ", l.OnHand, " until ", l.Expires, "; ") }
	for _, l := range lots {
		show(l)
	}
	fmt.Println(err)
}

func ExampleService_ReceiveLots() {
	ctx := context.Background()
	stock := dairy(ctx)
	printLots(ctx, stock)
	stock.Reserve(ctx, "order-1", line("milk", 4))
	stock.Commit(ctx, "order-1")
	printLots(ctx, stock)
	// Output:
	// A 3 until 2026-03-10; B 5 until 2026-03-20; <nil>
	// B 4 until 2026-03-20; <nil>
}

func ExampleService_RestockLots() {
	ctx := context.Background()
	stock := dairy(ctx)
	fmt.Println(stock.RestockLots(ctx, "return-1", []inventory.LotLine{{SKU: "milk", Lot: "A", Quantity: 1}}))
	printLots(ctx, stock)
	// Output:
	// <nil>
	// A 4 until 2026-03-10; B 5 until 2026-03-20; <nil>
}

func ExampleService_ShipLots() {
	ctx := context.Background()
	stock := dairy(ctx)
	units := []fulfillment.Unit{{SKU: "milk", Location: stock.Location(), Quantity: 2}}
	stock.Hold(ctx, "order-1", units, time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	stock.Allocate(ctx, "order-1")
	fmt.Println(stock.ShipLots(ctx, "order-1", "p1", units, []inventory.LotLine{{SKU: "milk", Lot: "B", Quantity: 2}}))
	printLots(ctx, stock)
	// Output:
	// <nil>
	// A 3 until 2026-03-10; B 3 until 2026-03-20; <nil>
}

func ExampleService_Recall() {
	ctx := context.Background()
	stock := dairy(ctx)
	for _, ref := range []string{"order-1", "order-2", "order-3"} {
		stock.Reserve(ctx, ref, line("milk", 2))
		stock.Commit(ctx, ref)
	}
	affected, err := stock.Recall(ctx, "recall-1", "glass", "milk", "B")
	show := func(a inventory.Affected) { fmt.Println(a.Ref, a.Quantity) }
	for _, a := range affected {
		show(a)
	}
	level, _ := stock.Level(ctx, "milk")
	fmt.Println(level.OnHand, err)
	fmt.Println(stock.EndRecall(ctx, "recall-1-over", "no glass", "milk", "B"))
	level, _ = stock.Level(ctx, "milk")
	fmt.Println(level.OnHand)
	// Output:
	// order-2 1
	// order-3 2
	// 0 <nil>
	// <nil>
	// 2
}

func ExampleService_LotHistory() {
	ctx := context.Background()
	stock, _ := inventory.New(nil, &inventory.Options{Lots: true})
	stock.SetItem(ctx, inventory.Item{SKU: "license", Tracking: inventory.BySerial})
	stock.ReceiveLots(ctx, "keys-1", []inventory.LotLine{{SKU: "license", Lot: "ABCD-1", Quantity: 1}})
	stock.Reserve(ctx, "order-1", line("license", 1))
	stock.Commit(ctx, "order-1")
	history, err := stock.LotHistory(ctx, "license", "ABCD-1")
	show := func(m inventory.LotMove) { fmt.Println(m.Kind, m.Ref, m.OnHand) }
	for _, m := range history {
		show(m)
	}
	fmt.Println(err)
	// Output:
	// receive keys-1 1
	// commit order-1 -1
	// <nil>
}

func ExampleService_WriteOff() {
	ctx := context.Background()
	stock := dairy(ctx)
	more, err := stock.WriteOff(ctx, fulfillment.Date{Year: 2026, Month: 3, Day: 11})
	fmt.Println(more, err)
	printLots(ctx, stock)
	// Output:
	// true <nil>
	// B 5 until 2026-03-20; <nil>
}

// The memory store keeps lots and papers, and knows its past.
func ExampleLotStore() {
	var store inventory.Store = inventory.NewMemory(nil)
	_, lots := store.(inventory.LotStore)
	_, papers := store.(inventory.PaperStore)
	_, history := store.(inventory.HistoryStore)
	fmt.Println(lots, papers, history)
	// Output: true true true
}

func ExampleService_Expect() {
	ctx := context.Background()
	stock, _ := inventory.New(nil, nil)
	stock.Expect(ctx, "po-1", fulfillment.Date{Year: 2026, Month: 3, Day: 23}, line("chair", 4))
	stock.Reschedule(ctx, "po-1", fulfillment.Date{Year: 2026, Month: 3, Day: 25})
	stock.Arrive(ctx, "po-1", "truck-1", line("chair", 1), nil)
	expected, err := stock.Incoming(ctx, []flywheel.SKU{"chair"})
	show := func(in inventory.Incoming) { fmt.Println(in.SKU, in.Quantity, in.Due) }
	for _, in := range expected {
		show(in)
	}
	fmt.Println(stock.CloseIncoming(ctx, "po-1"), err)
	// Output:
	// chair 3 2026-03-25
	// <nil> <nil>
}

func ExampleService_Transfer() {
	ctx := context.Background()
	stock := twoPlaces(ctx)
	east := stock.At("east")
	fmt.Println(east.Transfer(ctx, "t-1", "west", fulfillment.Date{}, line("mug", 2)))
	printLevels(ctx, stock, "mug") // two are in transit
	fmt.Println(east.Arrive(ctx, "t-1", "truck-1", line("mug", 2), nil))
	printLevels(ctx, stock, "mug")
	// Output:
	// <nil>
	// east on hand 1 held 0 allocated 0 backordered 0
	// west on hand 2 held 0 allocated 0 backordered 0
	// <nil>
	// east on hand 1 held 0 allocated 0 backordered 0
	// west on hand 4 held 0 allocated 0 backordered 0
}

func ExampleService_ProposeCount() {
	ctx := context.Background()
	stock := twoPlaces(ctx).At("east")
	paper, err := stock.ProposeCount(ctx, "count-1", "March", line("mug", 0), 1)
	show := func(l inventory.PaperLine) { fmt.Println(l.SKU, l.Variance) }
	show(paper.Lines[0])
	fmt.Println(paper.Open, err)
	waiting, _ := stock.OpenPapers(ctx, inventory.PaperCount, "", 10)
	fmt.Println(len(waiting), stock.ApproveCount(ctx, "count-1", "ann"), stock.RejectCount(ctx, "count-1", "bob") != nil)
	level, _ := stock.Level(ctx, "mug")
	fmt.Println(level.OnHand)
	// Output:
	// mug -3
	// true <nil>
	// 1 <nil> true
	// 0
}

func ExampleService_LevelAt() {
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	stock, _ := inventory.New(nil, &inventory.Options{Now: func() time.Time { return now }})
	stock.Receive(ctx, "delivery-1", line("mug", 5))
	now = now.Add(24 * time.Hour)
	stock.Adjust(ctx, "a-1", "broken", "mug", -1)
	level, err := stock.LevelAt(ctx, "mug", now.Add(-time.Hour))
	fmt.Println(level.OnHand, err)
	// Output: 5 <nil>
}

func ExampleMeasure() {
	eggs := inventory.Measure{Smallest: "egg", Packs: []inventory.Pack{{Name: "box", Holds: 10}, {Name: "case", Holds: 120}}}
	fmt.Println(eggs.Check())
	fmt.Println(eggs.In(2, "case"))
	fmt.Println(eggs.Out(265, "case"))
	fmt.Println(eggs.Text(265))
	// Output:
	// <nil>
	// 240 <nil>
	// 2 25 <nil>
	// 2 case 2 box 5 egg
}
