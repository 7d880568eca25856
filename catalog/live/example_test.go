package live_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog/live"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Ten mugs at a price of their own, for an hour.
func Example() {
	ctx := context.Background()
	at := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	now := func() time.Time { return at }
	prices, err := pricing.New(nil, nil)
	if err != nil {
		log.Fatal(err)
	}
	stock, err := inventory.New(nil, &inventory.Options{Now: now, Hold: 24 * time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	if err := stock.Receive(ctx, "delivery", []flywheel.Line{{SKU: "mug", Quantity: 15}}); err != nil {
		log.Fatal(err)
	}
	events, err := live.New(live.NewMemory(nil), &live.Options{Promotions: prices, Stock: stock, Now: now})
	if err != nil {
		log.Fatal(err)
	}
	e, err := events.Schedule(ctx, live.Event{
		ID: "nov-11", Title: "Mugs", Starts: at, Ends: at.Add(time.Hour),
		Slots: []live.Slot{{ID: "mug", Product: "mug", SKUs: []flywheel.SKU{"mug"}, Price: money.PriceOf(money.New(500, money.EUR)), Quota: 10}},
	})
	if err != nil {
		log.Fatal(err)
	}
	if e, err = events.Start(ctx, e.ID); err != nil {
		log.Fatal(err)
	}
	sold, err := events.Claim(ctx, e.ID, "mug", "o-1", 4)
	fmt.Println(e.State, sold, err)
	_, err = events.Claim(ctx, e.ID, "mug", "o-2", 7)
	fmt.Println(errors.Is(err, live.ErrSoldOut))
	level, err := stock.Level(ctx, "mug")
	fmt.Println(level.Available(), err)
	// Output:
	// live 4 <nil>
	// true
	// 5 <nil>
}

func ExampleEvent_Replay() {
	at := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	e := live.Event{
		StartedAt: at, EndedAt: at.Add(10 * time.Minute), Slots: []live.Slot{{ID: "mug", Title: "The mug"}, {ID: "cup", Title: "The cup"}},
		Marks: []live.Mark{{Offset: time.Minute, Slot: "mug"}, {Offset: 6 * time.Minute, Slot: "cup"}},
	}
	for _, c := range e.Replay() {
		var chapter live.Chapter = c
		fmt.Println(chapter.From, chapter.To, chapter.Title)
	}
	// Output:
	// 1m0s 6m0s The mug
	// 6m0s 10m0s The cup
}

func ExampleEvent_Promotions() {
	at := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	e := live.Event{ID: "nov-11", Starts: at, Ends: at.Add(time.Hour), Slots: []live.Slot{{ID: "mug", SKUs: []flywheel.SKU{"mug"}, Percent: money.Percent(10)}}}
	documents, err := e.Promotions()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(documents[0]))
	p, err := pricing.ReadPromotion(documents[0])
	fmt.Println(p.ID == live.QuotaRef("nov-11", "mug"), err)
	// Output:
	// {"id":"live:nov-11:mug","percent":"0.1","skus":["mug"],"starts":"2026-11-11T20:00:00Z","ends":"2026-11-11T21:00:00Z"}
	// true <nil>
}

func ExampleAttribute() {
	at := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	e := live.Event{ID: "nov-11", Slots: []live.Slot{{ID: "mug", SKUs: []flywheel.SKU{"mug"}}}}
	anna := flywheel.PersonOf("anna", "")
	r, err := live.Attribute(&e, func(yield func(flywheel.Entry, error) bool) {
		_ = yield(flywheel.Entry{Position: 1, Effective: at, Person: anna, Event: flywheel.Event{Name: live.EventJoined, Ref: "nov-11"}}, nil) &&
			yield(flywheel.Entry{Position: 2, Effective: at.Add(time.Minute), Person: anna, Event: flywheel.Event{
				Name: flywheel.EventPurchase, Ref: "o-1", Lines: []flywheel.Line{{SKU: "mug", Quantity: 2, Amount: money.New(1000, money.EUR)}},
			}}, nil)
	}, time.Hour)
	var result live.Result = r
	fmt.Println(result.Viewers, result.Orders, result.Revenue, result.Slots[0].Units, err)
	// Output: 1 1 10.00 EUR 2 <nil>
}

func ExampleEventError() {
	events, err := live.New(nil, nil)
	if err != nil {
		log.Fatal(err)
	}
	_, err = events.Start(context.Background(), "nov-11")
	var missing *live.EventError
	fmt.Println(errors.As(err, &missing), err)
	// Output: true live: event "nov-11": not found
}

// An evening: a slot is shown, an order is called off, the event ends, and so what is
// left of the quota is free again.
func ExampleService() {
	ctx := context.Background()
	at := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	now := func() time.Time { return at }
	stock, err := inventory.New(nil, &inventory.Options{Now: now})
	if err != nil {
		log.Fatal(err)
	}
	if err := stock.Receive(ctx, "delivery", []flywheel.Line{{SKU: "mug", Quantity: 15}}); err != nil {
		log.Fatal(err)
	}
	events, err := live.New(nil, &live.Options{Stock: stock, Now: now})
	if err != nil {
		log.Fatal(err)
	}
	for _, id := range []string{"nov-11", "nov-12"} {
		if _, err := events.Schedule(ctx, live.Event{
			ID: id, Starts: at, Ends: at.Add(time.Hour), Slots: []live.Slot{{ID: "mug", Product: "mug", SKUs: []flywheel.SKU{"mug"}, Quota: 10}},
		}); err != nil {
			log.Fatal(err)
		}
	}
	next, err := events.Upcoming(ctx, 10)
	fmt.Println(len(next), next[0].ID, err)
	if _, err := events.Start(ctx, "nov-11"); err != nil {
		log.Fatal(err)
	}
	e, err := events.Show(ctx, "nov-11", "mug")
	if err != nil {
		log.Fatal(err)
	}
	slot, ok := e.Slot(e.Marks[0].Slot)
	fmt.Println(slot.Product, ok)
	for i, units := range []int64{4, 3} {
		if _, err := events.Claim(ctx, "nov-11", "mug", fmt.Sprint("order-", i), units); err != nil {
			log.Fatal(err)
		}
	}
	if err := stock.Release(ctx, "order-1"); err != nil { // it was called off
		log.Fatal(err)
	}
	if err := events.Unclaim(ctx, "nov-11", "mug", "order-1"); err != nil {
		log.Fatal(err)
	}
	sold, err := events.Sold(ctx, "nov-11")
	fmt.Println(sold, err)
	e, err = events.End(ctx, "nov-11")
	fmt.Println(e.State, err)
	e, err = events.Cancel(ctx, "nov-12")
	fmt.Println(e.State, err)
	// Output:
	// 2 nov-11 <nil>
	// mug true
	// map[mug:4] <nil>
	// ended <nil>
	// canceled <nil>
}

// What nobody ends, time ends: a runner calls Advance.
func ExampleService_Advance() {
	ctx := context.Background()
	at := time.Date(2026, 11, 11, 20, 0, 0, 0, time.UTC)
	events, err := live.New(nil, &live.Options{Now: func() time.Time { return at }})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := events.Schedule(ctx, live.Event{
		ID: "nov-11", Starts: at, Ends: at.Add(time.Hour), Slots: []live.Slot{{ID: "mug", Product: "mug", SKUs: []flywheel.SKU{"mug"}}},
	}); err != nil {
		log.Fatal(err)
	}
	e, err := events.Start(ctx, "nov-11")
	if err != nil {
		log.Fatal(err)
	}
	more, err := events.Advance(ctx, e.Due())
	if err != nil {
		log.Fatal(err)
	}
	e, err = events.Get(ctx, "nov-11")
	fmt.Println(more, e.State, e.EndedAt.Format(time.TimeOnly), err)
	// Output: true ended 21:00:00 <nil>
}
