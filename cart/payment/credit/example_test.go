package credit_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A refund becomes store credit, pays for a part of the next order, and comes back
// when that is returned.
func Example() {
	ctx := context.Background()
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	var store credit.Store = credit.NewMemory(nil)
	var credits *credit.Service
	credits, err := credit.New(store, &credit.Options{Now: func() time.Time { return now }})
	if err != nil {
		log.Fatal(err)
	}
	if err := credits.Grant(ctx, "ann", "refund-1", money.New(2500, money.EUR), "refund of order 7"); err != nil {
		log.Fatal(err)
	}

	fmt.Println(credits.Hold(ctx, "ann", "order-8", money.New(1999, money.EUR), now.Add(15*time.Minute)))
	err = credits.Hold(ctx, "ann", "order-9", money.New(1999, money.EUR), now.Add(15*time.Minute))
	if short, ok := errors.AsType[*credit.InsufficientError](err); ok {
		fmt.Println("only", short.Have)
	}
	fmt.Println(credits.Commit(ctx, "ann", "order-8"))
	fmt.Println(credits.GiveBack(ctx, "ann", "return-8", "order-8", money.New(999, money.EUR)))
	var balance credit.Balance
	balance, err = credits.Balance(ctx, "ann", money.EUR)
	fmt.Println(balance.Spendable, balance.Held, err)
	for m, err := range credits.Moves(ctx, "ann") {
		fmt.Println(m.Kind, m.Key, m.Amount, m.State, err)
	}
	// Output:
	// <nil>
	// only 5.01 EUR
	// <nil>
	// <nil>
	// 15.00 EUR 0.00 EUR <nil>
	// hold order-8 19.99 EUR committed <nil>
	// grant refund-1 25.00 EUR  <nil>
	// return return-8 9.99 EUR  <nil>
}

// A store of one's own decides with the same rules as those here.
func ExampleDecide() {
	at := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	hold := credit.Move{Account: "ann", Key: "order-8", Kind: credit.Hold, Amount: money.New(300, money.EUR), At: at, Until: at.Add(time.Hour)}
	var change credit.Change
	change, err := credit.Decide(hold, nil, nil, 800)
	fmt.Println(change.Spendable, change.Move.State, err)
	after, give, nothing, err := credit.Settle(change.Move, false, at.Add(time.Hour))
	var state credit.State = after.State
	var kind credit.Kind = after.Kind
	fmt.Println(kind, state, give, nothing, err)
	// Output:
	// 500 open <nil>
	// hold expired true false <nil>
}
