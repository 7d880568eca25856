package referral_test

import (
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flywheel-go/flywheel/loyalty/referral"
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
