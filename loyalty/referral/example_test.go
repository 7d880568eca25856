package referral_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/loyalty/referral"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Anna brings Ben, and then her own second mailbox.
func Example() {
	people := map[string]referral.Person{"anna": {Email: "an.na@gmail.com"}, "annie": {Email: "anna+shop@gmail.com"}}
	of := func(id string) referral.Person { return people[id] }
	var network referral.Network
	fmt.Println(network.Refer("anna", "ben", of))
	err := network.Refer("anna", "annie", of)
	var refused *referral.RefusedError
	fmt.Println(errors.As(err, &refused), err)
	// Output:
	// <nil>
	// true referral: refused: same_person by email
}

func ExampleMailbox() {
	fmt.Println(referral.Mailbox("Jo.Doe+shop@GoogleMail.com"))
	// Output: jodoe@gmail.com
}

func ExampleReward() {
	placed := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	var state referral.RewardState = referral.Reward(placed, placed.AddDate(0, 0, 3), 14*24*time.Hour, placed.AddDate(0, 0, 20))
	fmt.Println(state)
	// Output: lost
}

func ExampleCommissions() {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	program, err := referral.NewCommissions(referral.CommissionRules{RatesBP: []int64{1000, 500}, Hold: 7 * 24 * time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	if err := errors.Join(program.Bind("ben", "anna", at), program.Bind("cleo", "ben", at)); err != nil {
		log.Fatal(err)
	}
	shares, err := program.Paid("o-1", "cleo", 19999, at)
	for _, s := range shares {
		var share referral.Share = s
		fmt.Println(share.User, share.Amount)
	}
	fmt.Println(err, program.Received("o-1", at))
	fmt.Println(program.Withdraw("ben", 1000, at))
	fmt.Println(program.Withdraw("ben", 1000, at.AddDate(0, 0, 7)))
	var account referral.Account = program.Account("ben")
	fmt.Println(account.Available)
	// Output:
	// ben 1999
	// anna 999
	// <nil> <nil>
	// referral: refused: balance
	// <nil>
	// 999
}

func ExampleGrowth() {
	s, err := referral.Growth(1000, 4, 0.1, 5, 30)
	var spread referral.Spread = s
	fmt.Printf("%.1f, %.0f customers, %.0f in the end, %v\n", spread.K, spread.Users, spread.Limit, err)
	// Output: 0.4, 1664 customers, 1667 in the end, <nil>
}

func ExampleClusters() {
	signals := map[string][]string{"anna": {"device:1"}, "annie": {"device:1", "card:9"}, "ann": {"card:9"}, "ben": {"device:2"}}
	f, err := referral.Clusters(signals, []referral.Edge{{From: "anna", To: "ann"}, {From: "anna", To: "ben"}}, 3)
	var findings referral.Findings = f
	fmt.Println(findings.Clusters, findings.Inside, err)
	// Output: [[ann anna annie]] [{anna ann}] <nil>
}

// Rewards follow the log: Ben was brought by Anna, and after the time for returns both
// get their points.
func ExampleRewards_Check() {
	ctx, at := context.Background(), time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	rewards, err := referral.NewRewards(referral.RewardsOptions{
		Hold: 14 * 24 * time.Hour,
		Grant: func(_ context.Context, r referral.Referral) error { // such as loyalty's Reward
			fmt.Println("for", r.Referrer, "and", r.Referred)
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	people := func(id string) referral.Person { return referral.Person{Email: id + "@example.com"} }
	if err := rewards.Check("anna", "ben", people); err != nil { // before the event is published
		log.Fatal(err)
	}
	err = rewards.Consume(ctx, []flywheel.Entry{
		{Position: 1, Received: at, Effective: at, Person: flywheel.PersonOf("ben", ""), Event: flywheel.Event{
			ID: "1", Name: flywheel.EventSignUp, Time: at, Customer: "ben", Properties: map[string]any{referral.PropertyReferrer: "anna"},
		}},
		{Position: 2, Received: at, Effective: at, Person: flywheel.PersonOf("ben", ""), Event: flywheel.Event{
			ID: "2", Name: flywheel.EventPurchase, Time: at, Customer: "ben", Ref: "o-1", Value: money.New(2000, money.EUR),
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range rewards.Of("anna") {
		fmt.Println(r.Referred, rewards.State(r, at.AddDate(0, 0, 7)), rewards.State(r, at.AddDate(0, 0, 14)))
	}
	_, err = rewards.Advance(ctx, at.AddDate(0, 0, 14)) // a runner does this
	fmt.Println(err)
	// Output:
	// ben pending earned
	// for anna and ben
	// <nil>
}

// Who brought whom is a tree: nobody is brought twice, or by those they brought.
func ExampleNetwork_Referrer() {
	var network referral.Network
	of := func(string) referral.Person { return referral.Person{} }
	fmt.Println(network.Refer("anna", "ben", of), network.Referrer("ben"))
	fmt.Println(network.Refer("ben", "anna", of))
	// Output:
	// <nil> anna
	// referral: refused: cycle
}

// A refund takes commissions back, pending or paid.
func ExampleCommissions_Refund() {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	program, err := referral.NewCommissions(referral.CommissionRules{RatesBP: []int64{1000}, Hold: 7 * 24 * time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	if err := program.Bind("ben", "anna", at); err != nil {
		log.Fatal(err)
	}
	if _, err := program.Paid("o-1", "ben", 20000, at); err != nil {
		log.Fatal(err)
	}
	if err := program.Received("o-1", at); err != nil {
		log.Fatal(err)
	}
	program.Advance(at.AddDate(0, 0, 7))
	fmt.Println(program.Account("anna").Available)
	shares, err := program.Refund("o-1", 5000, at.AddDate(0, 0, 8))
	fmt.Println(shares, err, program.Account("anna").Available)
	// Output:
	// 2000
	// [{anna -500}] <nil> 1500
}
