package campaign_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/rule"
)

// clock is a virtual clock, so that the examples do not wait.
type clock struct{ now time.Time }

func (c *clock) time() time.Time { return c.now }

func Example() {
	ctx := context.Background()
	c := &clock{time.Date(2026, 6, 1, 20, 30, 0, 0, time.UTC)}
	log, err := segment.NewLog(nil, &segment.LogOptions{Now: c.time})
	if err != nil {
		panic(err)
	}
	var mail campaign.Recorder
	journeys, err := campaign.New(nil, &campaign.Options{
		Journeys: []campaign.Journey{campaign.CartRecovery("email")},
		Policy: campaign.Policy{
			QuietHours: campaign.QuietHours{Start: campaign.At(21, 0), End: campaign.At(9, 0)},
			Caps:       []campaign.Cap{{Max: 1, Per: campaign.CalendarDay}},
			OnCap:      campaign.Defer,
		},
		Sender: &mail, Now: c.time,
	})
	if err != nil {
		panic(err)
	}
	runner, err := segment.NewRunner(log, nil, journeys)
	if err != nil {
		panic(err)
	}
	// Three days, hour by hour: a cart at 20:30, a purchase two days later.
	cart := flywheel.Event{ID: "e1", Name: flywheel.EventAddToCart, Time: c.now, Customer: "anna"}
	bought := flywheel.Event{ID: "e2", Name: flywheel.EventPurchase, Time: c.now.AddDate(0, 0, 2), Customer: "anna"}
	for end := c.now.AddDate(0, 0, 3); c.now.Before(end); c.now = c.now.Add(30 * time.Minute) {
		for _, e := range []flywheel.Event{cart, bought} {
			if e.Time.Equal(c.now) {
				if err := log.Publish(ctx, e); err != nil {
					panic(err)
				}
			}
		}
		if err := runner.Drain(ctx); err != nil {
			panic(err)
		}
	}
	for _, m := range mail.Messages() {
		fmt.Println(m.At.Format(time.DateTime), m.Contact.Customer(), m.Template)
	}
	report, err := journeys.Report(ctx)
	fmt.Println(report[0].Entries, "entered,", report[0].Goals, "bought,", report[0].Sends, "messages,", err)
	// Output:
	// 2026-06-02 09:00:00 anna cart-recovery/first
	// 2026-06-03 09:00:00 anna cart-recovery/second
	// 1 entered, 1 bought, 2 messages, <nil>
}

// apply gives an engine entries of a log, received when they happened, and does
// what is due then. It is what a segment.Runner does in a shop.
func apply(engine *campaign.Engine, now time.Time, events ...flywheel.Event) {
	ctx := context.Background()
	var entries []flywheel.Entry
	for i, e := range events {
		e.Time = now
		entries = append(entries, flywheel.Entry{
			Position: flywheel.Position(i + 1), Received: now.Add(time.Second), Effective: now, Person: flywheel.PersonOf(e.Customer, e.Visitor), Event: e,
		})
	}
	if err := engine.Consume(ctx, entries); err != nil {
		panic(err)
	}
	for more := true; more; {
		advanced, err := engine.Advance(ctx, now)
		if err != nil {
			panic(err)
		}
		delivered, err := engine.Deliver(ctx, now)
		if err != nil {
			panic(err)
		}
		more = advanced || delivered
	}
}

// printer prints what is sent.
var printer = campaign.SenderFunc(func(_ context.Context, m campaign.Message) error {
	fmt.Println(m.Contact.Customer(), m.Channel, m.Template)
	return nil
})

var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

// A journey that asks what is known of the customer.
func ExampleEngine_Launch() {
	engine, err := campaign.New(nil, &campaign.Options{
		Attributes: func(_ context.Context, id flywheel.Person) (map[string]any, error) {
			return map[string]any{"tier": map[flywheel.Person]string{"c:anna": "gold"}[id]}, nil
		},
		Sender: printer, Now: at(noon), InFlight: 1,
	})
	if err != nil {
		panic(err)
	}
	err = engine.Launch(context.Background(), campaign.Journey{
		ID:      "thanks",
		Trigger: campaign.Trigger{Event: flywheel.EventPurchase, When: rule.MustCompile(`{"event.quantity": {"$gte": 2}}`)},
		Steps: []campaign.Step{
			{ID: "tier", Condition: &campaign.Condition{If: rule.MustCompile(`{"tier": "gold"}`), Else: "mail"}},
			{ID: "call", Send: &campaign.Send{Channel: "phone"}, Next: "done"},
			{ID: "mail", Send: &campaign.Send{Channel: "email"}},
			{ID: "done", Exit: "thanked"},
		},
	}, nil)
	if err != nil {
		panic(err)
	}
	for _, who := range []flywheel.CustomerID{"anna", "bert"} {
		apply(engine, noon, flywheel.Event{ID: "order of " + string(who), Name: flywheel.EventPurchase, Customer: who, Lines: []flywheel.Line{{SKU: "tea", Quantity: 2}}})
	}
	// Output:
	// anna phone call
	// bert email mail
}

// Who waits a day already goes on by the new version, which waits two.
func ExampleLaunchOptions() {
	ctx := context.Background()
	now := noon
	trial := campaign.Journey{ID: "trial", Version: 1, Trigger: campaign.Trigger{Event: "trial_started"}, Steps: []campaign.Step{
		{ID: "a day", Wait: &campaign.Wait{Duration: campaign.Duration{Days: 1}}},
		{ID: "old", Send: &campaign.Send{Channel: "email"}},
	}}
	engine, err := campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{trial}, Sender: printer, Now: func() time.Time { return now }})
	if err != nil {
		panic(err)
	}
	apply(engine, noon, flywheel.Event{ID: "1", Name: "trial_started", Customer: "anna"})
	now = noon.Add(12 * time.Hour)
	next := campaign.Journey{ID: "trial", Version: 2, Trigger: trial.Trigger, Steps: []campaign.Step{
		{ID: "two days", Wait: &campaign.Wait{Duration: campaign.Duration{Days: 2}}},
		{ID: "new", Send: &campaign.Send{Channel: "email"}},
	}}
	err = engine.Launch(ctx, next, &campaign.LaunchOptions{Migrate: map[string]string{"a day": "nowhere"}})
	fmt.Println(err)
	err = engine.Launch(ctx, next, &campaign.LaunchOptions{Migrate: map[string]string{"a day": "two days"}})
	fmt.Println(err)
	apply(engine, noon.AddDate(0, 0, 1))
	fmt.Println("after a day")
	apply(engine, noon.AddDate(0, 0, 2))
	// Output:
	// campaign: journey "trial": version 2: migrate.a day: leads to "nowhere", which is no step: invalid
	// <nil>
	// after a day
	// anna email new
}

// An address that fails for good is skipped; one that fails too often is kept, and
// can be tried again.
func ExampleEngine_Replay() {
	ctx := context.Background()
	down := true
	engine, err := campaign.New(nil, &campaign.Options{
		Journeys: []campaign.Journey{{ID: "hello", Trigger: campaign.Trigger{Event: flywheel.EventSignUp}, Steps: []campaign.Step{{ID: "hi", Send: &campaign.Send{Channel: "email"}}}}},
		Policy:   campaign.Policy{Retry: []campaign.Duration{{Time: time.Minute}}, Jitter: -1},
		Now:      at(noon),
		Sender: campaign.SenderFunc(func(ctx context.Context, m campaign.Message) error {
			if down {
				return errors.New("mail server is down")
			}
			return printer(ctx, m)
		}),
	})
	if err != nil {
		panic(err)
	}
	apply(engine, noon, flywheel.Event{ID: "1", Name: flywheel.EventSignUp, Customer: "anna"})
	apply(engine, noon.Add(time.Minute))
	dead, err := engine.Dead(ctx, "", 10)
	if err != nil {
		panic(err)
	}
	fmt.Println(len(dead), "dead, last attempt", dead[0].Attempt)
	down = false
	fmt.Println(engine.Replay(ctx, dead[0].ID))
	apply(engine, noon.Add(2*time.Minute))
	// Output:
	// 1 dead, last attempt 2
	// <nil>
	// anna email hi
}

// The newsletter is left, order mail goes on.
func ExampleContact_Wants() {
	c := campaign.Contact{ID: "c:anna", Wishes: []campaign.Wish{
		{At: noon},
		{Purpose: "offers", Channel: "email", Granted: true, At: noon.Add(time.Hour)},
	}}
	fmt.Println("newsletter", c.Wants("newsletter", "email"))
	fmt.Println("offers by mail", c.Wants("offers", "email"))
	fmt.Println("offers by phone", c.Wants("offers", "phone"))
	fmt.Println("order mail", c.Wants(campaign.PurposeTransactional, "email"))
	// Output:
	// newsletter false
	// offers by mail true
	// offers by phone false
	// order mail true
}

func ExampleEngine_Pause() {
	ctx := context.Background()
	engine, err := campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{campaign.Welcome("email")}, Sender: printer, Now: at(noon)})
	if err != nil {
		panic(err)
	}
	fmt.Println(engine.Pause(ctx, "welcome"))
	apply(engine, noon, flywheel.Event{ID: "1", Name: flywheel.EventSignUp, Customer: "anna"})
	fmt.Println("paused")
	fmt.Println(engine.Resume(ctx, "welcome"))
	apply(engine, noon.Add(time.Hour))
	// Output:
	// <nil>
	// paused
	// <nil>
	// anna email welcome/hello
}

// Back in stock: as many as there are units, who waited longest first.
func ExampleWaitEvent() {
	engine, err := campaign.New(nil, &campaign.Options{Sender: printer, Now: at(noon), InFlight: 1, Journeys: []campaign.Journey{{
		ID: "back", Trigger: campaign.Trigger{Event: "stock_wanted"}, Reentry: campaign.Reentry{Key: "sku"},
		Steps: []campaign.Step{
			{ID: "stock", WaitEvent: &campaign.WaitEvent{
				Event: "stock_available", Subject: []string{"sku"}, Limit: "units", Timeout: campaign.Duration{Days: 90}, OnTimeout: "end",
			}},
			{ID: "back-in-stock", Send: &campaign.Send{Channel: "email"}},
			{ID: "end", Exit: campaign.OutcomeCompleted},
		},
	}}})
	if err != nil {
		panic(err)
	}
	for i, who := range []flywheel.CustomerID{"anna", "bert", "cora"} {
		apply(engine, noon.Add(time.Duration(i)*time.Minute), flywheel.Event{ID: string(who), Name: "stock_wanted", Customer: who, Properties: map[string]any{"sku": "LAMP"}})
	}
	apply(engine, noon.Add(time.Hour), flywheel.Event{ID: "news", Name: "stock_available", Properties: map[string]any{"sku": "LAMP", "units": 1.0}})
	// Output: anna email back-in-stock
}

func ExampleDuration_Add() {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		fmt.Println(err)
		return
	}
	t := time.Date(2026, 1, 31, 2, 30, 0, 0, newYork)
	month, _ := campaign.ParseDuration("P1M")
	fmt.Println(month.Add(t))
	fmt.Println(month.Times(2).Add(t))
	fmt.Println(campaign.Duration{Days: 36}.Add(t)) // into the hour that clocks skip
	// Output:
	// 2026-02-28 02:30:00 -0500 EST
	// 2026-03-31 02:30:00 -0400 EDT
	// 2026-03-08 03:30:00 -0400 EDT
}

func ExamplePolicy_Room() {
	policy := campaign.Policy{
		QuietHours: campaign.QuietHours{Start: campaign.At(21, 0), End: campaign.At(9, 0)},
		Caps:       []campaign.Cap{{Max: 1, Window: campaign.Duration{Time: 24 * time.Hour}}},
	}
	at := time.Date(2026, 6, 1, 20, 0, 0, 0, time.UTC)
	sent := []campaign.Sent{{At: at.Add(-22 * time.Hour), Channel: "email"}}
	fmt.Println(policy.Room(sent, "email", at)) // the cap has room at 22:00, which is quiet
	// Output: 2026-06-02 09:00:00 +0000 UTC
}

func ExampleWinBack() {
	lapsed := campaign.WinBack("email", campaign.Duration{Months: 3})
	lapsed.Steps[1].Send.Template = "we-miss-you-2026"
	engine, err := campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{
		lapsed, campaign.RepurchaseReminder("email", campaign.Duration{Days: 30}),
	}})
	fmt.Println(engine != nil, err)
	// Output: true <nil>
}

func ExampleQuietHours_Release() {
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		fmt.Println(err)
		return
	}
	night := campaign.QuietHours{Start: campaign.At(21, 0), End: campaign.At(9, 0)}
	// Clocks go forward in this night: it is nine after eight and a half hours.
	fmt.Println(night.Release(time.Date(2026, 3, 7, 23, 30, 0, 0, newYork)))
	// Output: 2026-03-08 09:00:00 -0400 EDT
}

// A journey from a file or a form, in the words of its JSON.
func ExampleJourney() {
	var j campaign.Journey
	err := json.Unmarshal([]byte(`{
		"id": "review", "trigger": {"event": "delivered", "when": {"event.value": {"$gte": 2000}}},
		"reentry": {"policy": "when_not_active", "key": "ref", "cooldown": "P90D"},
		"exit_on": [{"event": "refund", "match": ["ref"]}],
		"late": {"within": "P2D"},
		"steps": [
			{"id": "try", "wait": {"duration": "P7D", "until": "10:00", "weekdays": [1, 2, 3, 4, 5]}},
			{"id": "ask", "send": {"channel": "email", "purpose": "surveys", "template": "review/ask"}},
			{"id": "answer", "wait_event": {"event": "review_submitted", "timeout": "P5D", "on_timeout": "end"}},
			{"id": "thanks", "send": {"channel": "email", "template": "review/thanks"}},
			{"id": "end", "exit": "completed"}
		]
	}`), &j)
	if err != nil {
		fmt.Println(err)
		return
	}
	engine, err := campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{j}})
	fmt.Println(engine != nil, err)

	j.Steps[2].WaitEvent.OnTimeout = "nowhere"
	_, err = campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{j}})
	fmt.Println(err)
	// Output:
	// true <nil>
	// campaign: journey "review": step answer: leads to "nowhere", which is no step: invalid
}
