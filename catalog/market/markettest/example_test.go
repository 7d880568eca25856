package markettest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel/catalog/market"
	"github.com/flywheel-go/flywheel/catalog/market/markettest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A store of one's own is tested with the suite.
func ExampleRun() {
	var t *testing.T // that of a test
	fresh := func(t *testing.T) market.Store { return market.NewMemory(nil) }
	test := func(t *testing.T) { markettest.Run(t, fresh, markettest.Features{Transactions: true}) }
	fmt.Println(t == nil, test != nil)
	// Output: true true
}

// The answer of a reading is lost; the same reading again opens no second incident.
func ExampleFailing() {
	ctx := context.Background()
	lost := errors.New("the answer was lost")
	memory := market.NewMemory(nil)
	watches := market.New(markettest.Failing(memory, func(call string, after bool) error {
		if w, _ := memory.Watch(ctx, "w"); call == "SaveWatch" && after && w.State.Open {
			return lost
		}
		return nil
	}))
	_, err := watches.Define(ctx, market.Watched{ID: "w", SKU: "mug", Seller: "rival", Rule: market.MinimumPrice{Minimum: money.New(1000, money.EUR)}})
	fmt.Println(err)
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	_, _, err = watches.See(ctx, "w", at, money.New(900, money.EUR))
	fmt.Println(err)
	v, change, err := watches.See(ctx, "w", at, money.New(900, money.EUR))
	fmt.Println(v.Lost, change == market.Unchanged, err)
	// Output:
	// <nil>
	// the answer was lost
	// 1.00 EUR true <nil>
}
