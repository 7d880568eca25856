package segment_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/live"
)

// Who put something into the cart and did not buy within an hour, kept in a store.
func ExampleNewLive() {
	ctx := context.Background()
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	log, err := segment.NewLog(nil, &segment.LogOptions{Now: func() time.Time { return now }})
	if err != nil {
		fmt.Println(err)
		return
	}
	left, err := live.ParseDefinition([]byte(`{"name": "left_the_cart", "leaves": {"s": {"agg": "sequence", "window": "P7D", "steps": [
		{"events": ["add_to_cart"]}, {"events": ["purchase"], "within": "PT1H", "not": true}]}}, "rule": {"s": {"$gte": 1}}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	// In a shop segmentsql.NewLive(db) in place of the memory store.
	segments, err := segment.NewLive(segment.NewMemoryLive(nil), &segment.LiveOptions{Segments: []live.Definition{left}, Sink: log, Log: log})
	if err != nil {
		fmt.Println(err)
		return
	}
	runner, err := segment.NewRunner(log, nil, segments)
	if err != nil {
		fmt.Println(err)
		return
	}
	for id, e := range []flywheel.Event{
		{Name: flywheel.EventAddToCart, Customer: "ann", Time: now},
		{Name: flywheel.EventAddToCart, Customer: "bob", Time: now},
		{Name: flywheel.EventPurchase, Customer: "bob", Time: now.Add(30 * time.Minute)},
	} {
		e.ID, now = fmt.Sprint(id), e.Time
		if err := log.Publish(ctx, e); err != nil {
			fmt.Println(err)
			return
		}
	}
	now = now.Add(time.Hour) // nothing happens
	if err := runner.Drain(ctx); err != nil {
		fmt.Println(err)
		return
	}
	members, err := segments.Members(ctx, "left_the_cart")
	fmt.Println(slices.Collect(members.All()), err)
	for e, err := range log.Entries(ctx, segment.Query{}) {
		if err == nil && e.Event.Name == segment.EventEntered {
			fmt.Println(e.Event.Customer, "entered at", e.Event.Time.Format("15:04"))
		}
	}
	report, err := segments.Try(ctx, live.Definition{Name: "buyers", Leaves: map[string]live.Leaf{"n": {Events: []string{flywheel.EventPurchase}}}, Rule: json.RawMessage(`{"n": {"$gte": 1}}`)})
	fmt.Println(report.Size, err)
	// Output:
	// [ann] <nil>
	// ann entered at 13:00
	// 1 <nil>
}

// A store of live segments is asked for what is remembered of an alias.
func ExampleLiveStore() {
	ctx := context.Background()
	var store segment.LiveStore = segment.NewMemoryLive(nil)
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	err := store.Save(ctx, segment.LiveState{Alias: "c:ann", Data: []byte{1}, Segments: []string{"hot"}, Due: at})
	fmt.Println(err)
	due, err := store.Due(ctx, at, 10, func(flywheel.Person) bool { return true })
	fmt.Println(due, err)
	states, err := store.Load(ctx, "c:ann")
	fmt.Println(states[0].Version, states[0].Segments, err)
	// Output:
	// <nil>
	// [c:ann] <nil>
	// 1 [hot] <nil>
}
