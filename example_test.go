package flywheel_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func Example() {
	revenue := map[flywheel.SKU]int64{}
	sales := flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		for _, e := range events {
			for _, l := range e.Lines {
				revenue[l.SKU] += l.Amount.Minor()
			}
		}
		return nil
	})
	hub := flywheel.Fanout(sales, flywheel.Discard)

	err := hub.Publish(context.Background(), flywheel.Event{
		ID: "purchase:1001", Name: flywheel.EventPurchase, Customer: "c-7",
		Time:  time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC),
		Lines: []flywheel.Line{{SKU: "MUG-RED", Quantity: 2, Amount: money.New(1998, money.EUR)}},
	})
	fmt.Println(revenue["MUG-RED"], err)
	// Output: 1998 <nil>
}

func ExampleMemory() {
	db := &flywheel.Memory{}
	stock := 1
	take := func(ctx context.Context) error {
		return db.Update(ctx, func(undo func(func())) error {
			if stock == 0 {
				return fmt.Errorf("out of stock: %w", flywheel.ErrConflict)
			}
			stock--
			undo(func() { stock++ })
			return nil
		})
	}
	err := db.InTx(context.Background(), func(ctx context.Context) error {
		if err := take(ctx); err != nil {
			return err
		}
		return take(ctx) // fails, and takes the first one back with it
	})
	fmt.Println(err, errors.Is(err, flywheel.ErrConflict), stock)
	// Output: out of stock: conflict true 1
}

func ExampleCheckID() {
	fmt.Println(flywheel.CheckID("MUG-RED"))
	fmt.Println(flywheel.CheckID("MUG\u200bRED"))
	// Output:
	// <nil>
	// "MUG\u200bRED" has the unprintable U+200B: invalid
}

func ExampleEvent_Validate() {
	e := flywheel.Event{ID: "1", Name: flywheel.EventSearch}
	fmt.Println(e.Validate())
	// Output: flywheel: event "1": time: missing: invalid
}

func ExampleFanout() {
	print := func(name string) flywheel.Sink {
		return flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			fmt.Println(name, events[0].Name)
			return nil
		})
	}
	hub := flywheel.Fanout(print("profiles:"), print("points:"))
	_ = hub.Publish(context.Background(), flywheel.Event{Name: flywheel.EventShare})
	// Output:
	// profiles: share
	// points: share
}

// Code that makes several calls one change takes a Transactor, and does not
// see whether memory, SQLite or PostgreSQL is behind it.
func ExampleTransactor() {
	var tx flywheel.Transactor = &flywheel.Memory{}
	err := tx.InTx(context.Background(), func(ctx context.Context) error {
		return fmt.Errorf("nothing is kept: %w", flywheel.ErrConflict)
	})
	fmt.Println(err)
	// Output: nothing is kept: conflict
}

func ExampleEventError() {
	err := (&flywheel.Event{ID: "1", Name: flywheel.EventSearch}).Validate()
	if refused, ok := errors.AsType[*flywheel.EventError](err); ok {
		fmt.Println(refused.ID, refused.Field, errors.Is(err, flywheel.ErrInvalid))
	}
	// Output: 1 time true
}

func ExamplePage() {
	list := func(cursor string) flywheel.Page[flywheel.SKU] {
		if cursor == "" {
			return flywheel.Page[flywheel.SKU]{Items: []flywheel.SKU{"MUG", "PAN"}, Next: "2"}
		}
		return flywheel.Page[flywheel.SKU]{Items: []flywheel.SKU{"POT"}}
	}
	for page := list(""); ; page = list(page.Next) {
		fmt.Println(page.Items)
		if page.Next == "" {
			break
		}
	}
	// Output:
	// [MUG PAN]
	// [POT]
}

func ExampleAfterCommit() {
	db := new(flywheel.Memory)
	err := db.InTx(context.Background(), func(ctx context.Context) error {
		flywheel.AfterCommit(ctx, func(context.Context) { fmt.Println("look again") })
		fmt.Println("decided")
		return nil
	})
	fmt.Println(err)
	// Output:
	// decided
	// look again
	// <nil>
}

func ExamplePersonOf() {
	anna, guest := flywheel.PersonOf("anna", "phone"), flywheel.PersonOf("", "phone")
	fmt.Println(anna, anna.Customer(), guest, guest.Visitor())
	// Output: c:anna anna v:phone phone
}

func ExampleEntryError() {
	var c flywheel.Consumer // learns from entries
	e := flywheel.Entry{Position: 7, Event: flywheel.Event{ID: "o-1"}}
	var s flywheel.Stored // whose state is in a database
	err := &flywheel.EntryError{Position: e.Position, ID: e.Event.ID, Err: flywheel.ErrInvalid}
	field := &flywheel.FieldError{Field: "lines[3].sku", Err: flywheel.ErrInvalid}
	fmt.Println(c == nil, s == nil, err)
	fmt.Println(field)
	// Output:
	// true true flywheel: entry 7, event "o-1": invalid
	// lines[3].sku: invalid
}

// A catalog of one's own describes what is sold; carts, checkout and orders ask it.
func ExampleCatalogFunc() {
	var catalog flywheel.Catalog = flywheel.CatalogFunc(func(_ context.Context, skus ...flywheel.SKU) (map[flywheel.SKU]flywheel.Item, error) {
		items := map[flywheel.SKU]flywheel.Item{}
		for _, sku := range skus {
			if sku == "mug" {
				items[sku] = flywheel.Item{SKU: sku, Title: "Mug", Categories: []string{"kitchen"}, Weight: 400}
			}
		}
		return items, nil
	})
	items, err := catalog.Describe(context.Background(), "mug", "unknown")
	if err != nil {
		fmt.Println(err)
		return
	}
	mug, known := items["mug"]
	fmt.Println(mug.Title, mug.In("kitchen"), known, len(items))
	// Output: Mug true true 1
}
