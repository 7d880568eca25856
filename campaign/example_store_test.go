package campaign_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
)

// Engines on one database share a transaction with its other stores.
func ExampleNewMemory() {
	db := &flywheel.Memory{}
	store := campaign.NewMemory(db)
	start := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	engine, err := campaign.New(store, &campaign.Options{Journeys: []campaign.Journey{campaign.Welcome("email")}, Now: func() time.Time { return start }})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	signUp := flywheel.Entry{
		Position: 1, Received: start.Add(time.Second), Effective: start, Person: "c:anna",
		Event: flywheel.Event{ID: "1", Name: flywheel.EventSignUp, Customer: "anna", Time: start},
	}
	err = db.InTx(ctx, func(ctx context.Context) error {
		if err := engine.Consume(ctx, []flywheel.Entry{signUp}); err != nil {
			return err
		}
		return flywheel.ErrConflict // something else did not work out
	})
	fmt.Println(err)
	for range store.List(ctx) {
		fmt.Println("a contact")
	}
	// Output:
	// conflict
}

// A customer enters once a cart, and no cart within a week of the one before.
func ExampleReentryPolicy() {
	journey := campaign.CartRecovery("email")
	journey.Reentry = campaign.Reentry{Policy: campaign.WhenNotActive, Cooldown: campaign.Duration{Weeks: 1}}
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	engine, err := campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{journey}, Now: func() time.Time { return at }})
	if err != nil {
		panic(err)
	}
	for i, name := range []string{flywheel.EventAddToCart, flywheel.EventPurchase, flywheel.EventAddToCart} {
		apply(engine, at.AddDate(0, 0, i), flywheel.Event{ID: fmt.Sprint(i), Name: name, Customer: "anna"})
	}
	report, err := engine.Report(context.Background())
	fmt.Println(report[0].Entries, "entered,", report[0].Rejected, "rejected", err)
	// Output: 1 entered, 1 rejected <nil>
}

func ExampleParseTimeOfDay() {
	opens, err := campaign.ParseTimeOfDay("09:30")
	fmt.Println(opens, err)
	_, err = campaign.ParseTimeOfDay("24:00")
	fmt.Println(err)
	// Output:
	// 09:30 <nil>
	// campaign: time of day "24:00" is not HH:MM: invalid
}

// What a store keeps: contacts with their runs, found when they are due, and what
// operators did.
func ExampleStore() {
	ctx := context.Background()
	var store campaign.Store = campaign.NewMemory(nil)
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	err := store.Save(ctx, campaign.Change{Contact: campaign.Contact{ID: "c:anna"}, Runs: []campaign.Run{
		{ID: "run", Contact: "c:anna", Journey: "welcome", Version: 1, Step: "next-morning", Due: at},
	}})
	if err != nil {
		panic(err)
	}
	var found []campaign.Found
	if found, err = store.Find(ctx, campaign.Query{Due: at, Limit: 10}); err != nil {
		panic(err)
	}
	states, err := store.Load(ctx, campaign.Ask{Contacts: []flywheel.Person{found[0].Contact}, Lock: true})
	if err != nil {
		panic(err)
	}
	fmt.Println(states[0].Contact.ID, states[0].Runs[0].Step)

	var pause campaign.ActKind = campaign.ActPause
	err = store.Record(ctx, campaign.Act{Seq: 1, Kind: pause, Journey: "welcome", Recorded: at})
	acts, _ := store.Acts(ctx, 0)
	fmt.Println(acts[0].Kind, acts[0].Journey, err)
	// Output:
	// c:anna next-morning
	// pause welcome <nil>
}

// Every decision can be followed.
func ExampleFact() {
	counts := map[campaign.FactKind]int{}
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	engine, err := campaign.New(nil, &campaign.Options{
		Journeys: []campaign.Journey{campaign.Welcome("email")}, Now: func() time.Time { return at },
		Trace: func(f campaign.Fact) { counts[f.Kind]++ },
	})
	if err != nil {
		panic(err)
	}
	apply(engine, at, flywheel.Event{ID: "1", Name: flywheel.EventSignUp, Customer: "anna"})
	fmt.Println(counts)
	// Output: map[entered:1 sent:1]
}
