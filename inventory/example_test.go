package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
)

func line(sku flywheel.SKU, quantity int64) []flywheel.Line {
	return []flywheel.Line{{SKU: sku, Quantity: quantity}}
}

func Example() {
	ctx := context.Background()
	stock, err := inventory.New(nil, nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(stock.Receive(ctx, "delivery-1", line("mug", 3)))
	fmt.Println(stock.Reserve(ctx, "order-1", line("mug", 2)))

	err = stock.Reserve(ctx, "order-2", line("mug", 2))
	if short, ok := errors.AsType[*inventory.ShortageError](err); ok {
		fmt.Printf("order-2 can have %d of %s\n", short.Have, short.SKU)
	}
	fmt.Println(errors.Is(err, inventory.ErrOutOfStock), errors.Is(err, flywheel.ErrConflict))

	fmt.Println(stock.Commit(ctx, "order-1"))
	level, err := stock.Level(ctx, "mug")
	fmt.Println(level.OnHand, level.Reserved, level.Available(), err)
	// Output:
	// <nil>
	// <nil>
	// order-2 can have 1 of mug
	// true true
	// <nil>
	// 1 0 1 <nil>
}

func ExampleNew() {
	noon := time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)
	db := &flywheel.Memory{}
	stock, err := inventory.New(inventory.NewMemory(db), &inventory.Options{
		Location: "berlin",
		Hold:     10 * time.Minute,
		Now:      func() time.Time { return noon },
		Tx:       db,
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			fmt.Println(events[0].ID, events[0].Lines[0].Quantity)
			return nil
		}),
	})
	fmt.Println(stock.Location(), err)
	fmt.Println(stock.Receive(context.Background(), "delivery-1", line("mug", 3)))
	// Output:
	// berlin <nil>
	// stock_received:berlin:delivery-1 3
	// <nil>
}

func ExampleService_Ledger() {
	ctx := context.Background()
	stock, _ := inventory.New(nil, nil)
	stock.Receive(ctx, "delivery-1", line("mug", 3))
	stock.Adjust(ctx, "count-1", "broken", "mug", -1)
	stock.Reserve(ctx, "order-1", line("mug", 2))
	stock.Commit(ctx, "order-1")
	stock.Restock(ctx, "return-1", line("mug", 1))
	for m, err := range stock.Ledger(ctx, "mug", 0) {
		if err != nil {
			panic(err)
		}
		fmt.Printf("%d %-8s %-10s %+d %+d -> %d %d %q\n", m.Seq, m.Kind, m.Ref, m.OnHand, m.Reserved, m.OnHandAfter, m.ReservedAfter, m.Reason)
	}
	// Output:
	// 1 receive  delivery-1 +3 +0 -> 3 0 ""
	// 2 adjust   count-1    -1 +0 -> 2 0 "broken"
	// 3 reserve  order-1    +0 +2 -> 2 2 ""
	// 4 commit   order-1    -2 -2 -> 0 0 ""
	// 5 restock  return-1   +1 +0 -> 1 0 ""
}

func ExampleService_ReleaseExpired() {
	ctx := context.Background()
	now := time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)
	stock, _ := inventory.New(nil, &inventory.Options{Hold: time.Hour, Now: func() time.Time { return now }})
	stock.Receive(ctx, "delivery-1", line("mug", 3))
	stock.Reserve(ctx, "order-1", line("mug", 3))
	now = now.Add(time.Hour)
	fmt.Println(stock.ReleaseExpired(ctx, now))
	r, err := stock.Reservation(ctx, "order-1")
	fmt.Println(r.State, r.State.Final(), err)
	fmt.Println(errors.Is(stock.Commit(ctx, "order-1"), flywheel.ErrExpired))
	// Output:
	// 1 <nil>
	// expired true <nil>
	// true
}

func ExampleService_SetBackorder() {
	ctx := context.Background()
	stock, _ := inventory.New(nil, nil)
	stock.SetBackorder(ctx, "mug", 5)
	fmt.Println(stock.Reserve(ctx, "order-1", line("mug", 4)), stock.Commit(ctx, "order-1"))
	level, _ := stock.Level(ctx, "mug")
	fmt.Println("backlog", -level.OnHand, "promisable", level.Promisable())
	fmt.Println(stock.Receive(ctx, "delivery-1", line("mug", 10)))
	level, _ = stock.Level(ctx, "mug")
	fmt.Println("on hand", level.OnHand)
	fmt.Println(stock.SetBackorder(ctx, "postcard", inventory.Unlimited))
	// Output:
	// <nil> <nil>
	// backlog 4 promisable 1
	// <nil>
	// on hand 6
	// <nil>
}

func ExampleService_At() {
	ctx := context.Background()
	stock, _ := inventory.New(nil, nil)
	stock.At("berlin").Receive(ctx, "delivery-1", line("mug", 3))
	stock.At("paris").Receive(ctx, "delivery-2", line("mug", 4))
	fmt.Println(stock.At("paris").Reserve(ctx, "order-1", line("mug", 1)))
	for level, err := range stock.Levels(ctx, "mug") {
		fmt.Println(level.Location, level.OnHand, level.Reserved, err)
	}
	fmt.Println(stock.Release(ctx, "order-1"))
	// Output:
	// <nil>
	// berlin 3 0 <nil>
	// paris 4 1 <nil>
	// <nil>
}

// A store calls Apply while it has the level to itself.
func ExampleLevel_Apply() {
	level := inventory.Level{SKU: "mug", Location: "main", OnHand: 3, Seq: 7}
	reserve := inventory.Movement{SKU: "mug", Location: "main", Kind: inventory.KindReserve, Ref: "order-1", Attempt: 1, Reserved: 2}
	first, posted, err := level.Apply(reserve, nil)
	fmt.Println(first.Seq, first.ReservedAfter, posted, err)
	again, posted, err := level.Apply(reserve, []inventory.Movement{first})
	fmt.Println(again == first, posted, err, level.Reserved)
	// Output:
	// 8 2 true <nil>
	// true false <nil> 2
}

// A transaction makes several calls one change.
func ExampleNewMemory() {
	ctx := context.Background()
	db := &flywheel.Memory{}
	stock, _ := inventory.New(inventory.NewMemory(db), nil)
	err := db.InTx(ctx, func(ctx context.Context) error {
		if err := stock.Receive(ctx, "delivery-1", line("mug", 3)); err != nil {
			return err
		}
		return stock.Reserve(ctx, "order-1", line("mug", 4))
	})
	fmt.Println(err)
	level, _ := stock.Level(ctx, "mug")
	fmt.Println(level.OnHand)
	// Output:
	// inventory: mug at main: want 4, have 3
	// 0
}

// Several movements and the reservation they belong to, all or nothing.
func ExampleBatchStore() {
	ctx := context.Background()
	var store inventory.Store = inventory.NewMemory(nil)
	batch, ok := store.(inventory.BatchStore)
	fmt.Println(ok)
	err := batch.PostBatch(ctx, nil, []inventory.Movement{
		{SKU: "mug", Location: "main", Kind: inventory.KindReceive, Ref: "delivery-1", OnHand: 3},
		{SKU: "lid", Location: "main", Kind: inventory.KindReserve, Ref: "order-1", Attempt: 1, Reserved: 1},
	})
	fmt.Println(err)
	for level := range store.Levels(ctx, "", "") {
		fmt.Println("not reached", level)
	}
	// Output:
	// true
	// inventory: lid at main: want 1, have 0
}
