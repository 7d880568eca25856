package campaign_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/segment/rule"
)

func Example() {
	ctx := context.Background()
	var sent campaign.Recorder
	engine, err := campaign.New(nil, &campaign.Options{
		Journeys: []campaign.Journey{campaign.CartRecovery("email")},
		Policy: campaign.Policy{
			QuietHours: campaign.QuietHours{Start: campaign.At(21, 0), End: campaign.At(9, 0)},
			Caps:       []campaign.Cap{{Max: 1, Per: campaign.CalendarDay}},
			OnCap:      campaign.Defer,
		},
		Sender: &sent,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	evening := time.Date(2026, 6, 1, 20, 30, 0, 0, time.UTC)
	err = engine.Publish(ctx,
		flywheel.Event{ID: "e1", Name: flywheel.EventAddToCart, Time: evening, Customer: "anna"},
		flywheel.Event{ID: "e2", Name: flywheel.EventPurchase, Time: evening.AddDate(0, 0, 2), Customer: "anna"},
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range sent.Messages() {
		fmt.Println(m.At.Format(time.DateTime), m.Contact, m.Template)
	}
	report, _ := engine.Report(ctx)
	fmt.Printf("%+v\n", report[0])
	// Output:
	// 2026-06-02 09:00:00 anna cart-recovery/first
	// 2026-06-03 09:00:00 anna cart-recovery/second
	// {Journey:cart-recovery Entries:1 Rejected:0 Active:0 Completed:0 Goals:1 Exits:0 Sends:2 CapsHit:0 Held:1 Unwanted:0 Refused:0}
}

func ExampleEngine_Launch() {
	ctx := context.Background()
	engine, _ := campaign.New(nil, &campaign.Options{
		Attributes: func(_ context.Context, id flywheel.CustomerID) (map[string]any, error) {
			return map[string]any{"tier": map[flywheel.CustomerID]string{"anna": "gold"}[id]}, nil
		},
		Trace: func(f campaign.Fact) {
			if f.Kind == campaign.FactSent {
				fmt.Println(f.Contact, f.Kind, f.Step)
			}
		},
	})
	err := engine.Launch(campaign.Journey{
		ID:      "thanks",
		Trigger: campaign.Trigger{Event: flywheel.EventPurchase, When: rule.MustCompile(`{"event.quantity": {"$gte": 2}}`)},
		Steps: []campaign.Step{
			{ID: "tier", Condition: &campaign.Condition{If: rule.MustCompile(`{"tier": "gold"}`), Else: "mail"}},
			{ID: "call", Send: &campaign.Send{Channel: "phone"}, Next: "done"},
			{ID: "mail", Send: &campaign.Send{Channel: "email"}},
			{ID: "done", Exit: "thanked"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	for i, id := range []flywheel.CustomerID{"anna", "bert"} {
		_ = engine.Publish(ctx, flywheel.Event{
			ID: fmt.Sprint("order-", i), Name: flywheel.EventPurchase, Time: at, Customer: id,
			Lines: []flywheel.Line{{SKU: "tea", Quantity: 2}},
		})
	}
	// Output:
	// anna sent call
	// bert sent mail
}

func ExampleEngine_Advance() {
	ctx := context.Background()
	engine, _ := campaign.New(nil, &campaign.Options{
		Journeys: []campaign.Journey{campaign.Welcome("email")},
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			for _, e := range events {
				fmt.Println(e.Time.Format(time.DateTime), e.Name, e.Properties["template"])
			}
			return nil
		}),
	})
	_ = engine.Publish(ctx, flywheel.Event{
		ID: "e1", Name: flywheel.EventSignUp, Time: time.Date(2026, 6, 1, 18, 0, 0, 0, time.UTC), Customer: "anna",
	})
	_ = engine.Advance(ctx, time.Date(2026, 6, 2, 12, 0, 0, 0, time.UTC))
	// Output:
	// 2026-06-01 18:00:00 message_sent welcome/hello
	// 2026-06-02 10:00:00 message_sent welcome/guide
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
		"steps": [
			{"id": "try", "wait": {"duration": "P7D", "until": "10:00", "weekdays": [1, 2, 3, 4, 5]}},
			{"id": "ask", "send": {"channel": "email", "template": "review/ask"}},
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
