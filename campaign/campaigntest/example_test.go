package campaigntest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/campaign"
	"github.com/flywheel-go/flywheel/campaign/campaigntest"
)

// The test of a store is one call.
func ExampleRun() {
	_ = func(t *testing.T) {
		fresh := func(t *testing.T) campaign.Store { return campaign.NewMemory(nil) }
		campaigntest.Run(t, fresh, campaigntest.Features{Transactions: true})
	}
	// Output:
}

// The answer of a save is lost after the contact was written.
func ExampleFailing() {
	lost := errors.New("connection lost")
	store := campaigntest.Failing(campaign.NewMemory(nil), func(call string, after bool) error {
		if call == "Save" && after {
			return lost
		}
		return nil
	})
	ctx := context.Background()
	err := store.Save(ctx, campaign.Change{Contact: campaign.Contact{ID: "c:anna"}})
	fmt.Println(err)
	states, err := store.Load(ctx, campaign.Ask{Contacts: []flywheel.Person{"c:anna"}})
	fmt.Println(states[0].Contact.ID, states[0].Contact.Version, err)
	// Output:
	// connection lost
	// c:anna 1 <nil>
}
