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
	engine, err := campaign.New(store, &campaign.Options{Journeys: []campaign.Journey{campaign.Welcome("email")}})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	signUp := flywheel.Event{ID: "1", Name: flywheel.EventSignUp, Customer: "anna", Time: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)}
	err = db.InTx(ctx, func(ctx context.Context) error {
		if err := engine.Publish(ctx, signUp); err != nil {
			return err
		}
		return flywheel.ErrConflict // something else did not work out
	})
	fmt.Println(err)
	_, err = store.Get(ctx, "anna")
	fmt.Println(err)
	// Output:
	// conflict
	// campaign: contact "anna": not found
}

// A customer enters once a cart, and no cart within a week of the one before.
func ExampleReentryPolicy() {
	journey := campaign.CartRecovery("email")
	journey.Reentry = campaign.Reentry{Policy: campaign.WhenNotActive, Cooldown: campaign.Duration{Weeks: 1}}
	engine, err := campaign.New(nil, &campaign.Options{Journeys: []campaign.Journey{journey}})
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	for i, name := range []string{flywheel.EventAddToCart, flywheel.EventPurchase, flywheel.EventAddToCart} {
		e := flywheel.Event{ID: fmt.Sprint(i), Name: name, Customer: "anna", Time: at.AddDate(0, 0, i)}
		if err := engine.Publish(ctx, e); err != nil {
			panic(err)
		}
	}
	report, err := engine.Report(ctx)
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
