package service_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/service"
)

// A cup arrives broken on a Friday afternoon; the desk is open from nine to five.
func Example() {
	ctx := context.Background()
	now := time.Date(2026, 3, 13, 15, 0, 0, 0, time.UTC) // 16:00 in Berlin
	hours, err := service.ParseSpan("09:00", "17:00")
	if err != nil {
		log.Fatal(err)
	}
	var span service.Span = hours
	var store service.Store = service.NewMemory(nil)
	var tickets *service.Service
	tickets, err = service.New(store, &service.Options{
		Calendar: &service.Calendar{Zone: "Europe/Berlin", Hours: []service.Span{span}},
		SLA:      map[service.Priority]service.Target{"high": {First: 2 * time.Hour, Resolve: 8 * time.Hour}},
		Now:      func() time.Time { return now },
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			for _, e := range events {
				var breach service.Breach
				if breach, ok := service.ReadBreach(e); ok {
					fmt.Println("  late:", breach.Clock)
				}
				_ = breach
			}
			return nil
		}),
	})
	if err != nil {
		log.Fatal(err)
	}
	show := func(t service.Ticket, err error) {
		var first service.Clock = service.First
		fmt.Println(t.Status, first, t.FirstDue.Format("Mon 15:04"), service.Resolve, t.ResolveDue.Format("Mon 15:04"), err)
	}
	show(tickets.Open(ctx, service.Request{ID: "t-1", Customer: "ann", Order: "o-7", Priority: "high", Text: "the cup is broken"}))
	now = time.Date(2026, 3, 16, 9, 30, 0, 0, time.UTC)
	_, err = tickets.Advance(ctx, now) // a runner calls it
	fmt.Println(err)
	show(tickets.Reply(ctx, "t-1", service.Note{Key: "mail-1", Text: "a photo, please?"}, true))
	now = time.Date(2026, 3, 18, 9, 0, 0, 0, time.UTC)
	show(tickets.Wrote(ctx, "t-1", service.Note{Key: "mail-2", Text: "here"}))
	_, err = tickets.Close(ctx, "t-1", service.Note{})
	if status, ok := errors.AsType[*service.StatusError](err); ok {
		fmt.Println("not while it is", status.Status)
	}
	for e, err := range tickets.Entries(ctx, "t-1") {
		var entry service.Entry = e
		fmt.Println(entry.N, entry.Action, "by", entry.By, err)
	}
	// Output:
	// open first Mon 09:00 resolve Mon 15:00 <nil>
	//   late: first
	// <nil>
	// waiting first Mon 00:00 resolve Mon 00:00 <nil>
	// open first Mon 00:00 resolve Wed 14:30 <nil>
	// not while it is open
	// 1 opened by customer <nil>
	// 2 breached by time <nil>
	// 3 replied by shop <nil>
	// 4 wrote by customer <nil>
}

// The desk moves tickets without a store.
func ExampleDesk() {
	monday := time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
	var desk *service.Desk
	desk, err := service.NewDesk(nil, map[service.Priority]service.Target{"": {First: time.Hour, Resolve: 24 * time.Hour}})
	if err != nil {
		log.Fatal(err)
	}
	t, err := desk.Open(service.Ticket{ID: "t"}, monday)
	fmt.Println(t.FirstDue.Format(time.TimeOnly), err)
	t, err = desk.Solve(t, monday.Add(time.Hour))
	var status service.Status = t.Status
	fmt.Println(status, t.Breached, err)
	fmt.Println(desk.BusinessTime(monday, monday.Add(3*time.Hour)), desk.After(monday, time.Minute).Format(time.TimeOnly))
	// Output:
	// 10:00:00 <nil>
	// solved [] <nil>
	// 3h0m0s 09:01:00
}

// Tickets are listed page by page.
func ExampleFilter() {
	ctx := context.Background()
	tickets, err := service.New(nil, nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, id := range []service.ID{"t-1", "t-2", "t-3"} {
		if _, err := tickets.Open(ctx, service.Request{ID: id, Customer: "ann"}); err != nil {
			log.Fatal(err)
		}
	}
	var after service.Position
	for page := 1; ; page++ {
		n := 0
		for t, err := range tickets.List(ctx, service.Filter{Customer: "ann", Status: service.Open, After: after, Limit: 2}) {
			if err != nil {
				log.Fatal(err)
			}
			n++
			after = t.Position()
			var by service.Actor = service.Customer
			var action service.Action = service.Opened
			fmt.Println(page, t.ID, action, by)
		}
		if n == 0 {
			break
		}
	}
	// Output:
	// 1 t-1 opened customer
	// 1 t-2 opened customer
	// 2 t-3 opened customer
}

// Staff take a ticket, raise it, and solve it; what a customer asked to be forgotten for
// goes, and the count of tickets stays.
func ExampleService() {
	ctx := context.Background()
	now := time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
	tickets, err := service.New(nil, &service.Options{
		SLA: map[service.Priority]service.Target{"": {Resolve: 48 * time.Hour}, "high": {Resolve: 4 * time.Hour}},
		Now: func() time.Time { return now },
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := tickets.Open(ctx, service.Request{ID: "t-1", Customer: "ann", Text: "where is it?"}); err != nil {
		log.Fatal(err)
	}
	t, err := tickets.Assign(ctx, "t-1", "ben")
	fmt.Println(t.Assignee, err)
	t, err = tickets.Prioritize(ctx, "t-1", "high", service.Note{Text: "a present for Friday"})
	fmt.Println(t.Priority, t.ResolveDue.Format(time.TimeOnly), err)
	t, err = tickets.Solve(ctx, "t-1", service.Note{Text: "it came"})
	fmt.Println(t.Status, err)
	if err := tickets.Forget(ctx, "ann"); err != nil {
		log.Fatal(err)
	}
	t, err = tickets.Get(ctx, "t-1")
	fmt.Println(t.Status, t.Customer == "ann", err)
	// Output:
	// ben <nil>
	// high 13:00:00 <nil>
	// solved <nil>
	// solved false <nil>
}

// A conversation: while the customer has to answer, the clock stands.
func ExampleDesk_Reply() {
	monday := time.Date(2026, 3, 16, 9, 0, 0, 0, time.UTC)
	desk, err := service.NewDesk(nil, map[service.Priority]service.Target{"": {First: time.Hour, Resolve: 24 * time.Hour}, "high": {First: time.Hour, Resolve: 8 * time.Hour}})
	if err != nil {
		log.Fatal(err)
	}
	t, err := desk.Open(service.Ticket{ID: "t"}, monday)
	if err != nil {
		log.Fatal(err)
	}
	if t, err = desk.Reply(t, true, monday.Add(30*time.Minute)); err != nil { // true: we wait for the customer
		log.Fatal(err)
	}
	fmt.Println(t.Status, t.ResolveDue.IsZero())
	if t, err = desk.Wrote(t, monday.Add(48*time.Hour)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.Status, t.ResolveDue.Sub(monday.Add(48*time.Hour)))
	if t, err = desk.Prioritize(t, "high", monday.Add(48*time.Hour)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(t.ResolveDue.Sub(monday.Add(48 * time.Hour)))
	t = desk.Advance(t, monday.Add(72*time.Hour)) // nobody did anything
	fmt.Println(t.Breached)
	if t, err = desk.Solve(t, monday.Add(72*time.Hour)); err != nil {
		log.Fatal(err)
	}
	t, err = desk.Close(t, monday.Add(73*time.Hour))
	fmt.Println(t.Status, err)
	// Output:
	// waiting true
	// open 23h30m0s
	// 7h30m0s
	// [resolve]
	// closed <nil>
}
