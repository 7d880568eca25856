package credittest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/cart/payment/credit/credittest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A store of one's own is tested with the suite.
func ExampleRun() {
	var t *testing.T // that of a test
	fresh := func(t *testing.T) credit.Store { return credit.NewMemory(nil) }
	test := func(t *testing.T) { credittest.Run(t, fresh, credittest.Features{Transactions: true}) }
	fmt.Println(t == nil, test != nil)
	// Output: true true
}

// The answer of a commit is lost; the same commit again has no second effect.
func ExampleFailing() {
	ctx := context.Background()
	lost := errors.New("the answer was lost")
	store := credittest.Failing(credit.NewMemory(nil), func(call string, after bool) error {
		if call == "Commit" && after {
			defer func() { lost = nil }()
			return lost
		}
		return nil
	})
	credits, err := credit.New(store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ten := money.New(1000, money.EUR)
	err = credits.Grant(ctx, "ann", "goodwill", ten, "late parcel")
	fmt.Println(err, credits.Hold(ctx, "ann", "order-1", ten, time.Now().Add(time.Hour)))
	fmt.Println(credits.Commit(ctx, "ann", "order-1"))
	fmt.Println(credits.Commit(ctx, "ann", "order-1"))
	left, err := credits.Spendable(ctx, "ann", money.EUR)
	fmt.Println(left, err)
	// Output:
	// <nil> <nil>
	// the answer was lost
	// <nil>
	// 0.00 EUR <nil>
}
