package coupontest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/coupon/coupontest"
)

// The answer to a redemption is lost; asked again, the store tells it.
func ExampleFailing() {
	ctx := context.Background()
	lost := errors.New("the answer was lost")
	svc, err := coupon.New(coupontest.Failing(coupon.NewMemory(nil), func(call string, after bool) error {
		if call == "Redeem" && after && lost != nil {
			err := lost
			lost = nil
			return err
		}
		return nil
	}), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := svc.SaveCampaign(ctx, coupon.Campaign{ID: "spring", PerCode: 1}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(svc.Add(ctx, coupon.Code{Code: "SAVE10", Campaign: "spring"}))
	for range 2 {
		r, err := svc.Redeem(ctx, "order-1", coupon.Request{Code: "save10", Customer: "ann"})
		fmt.Println(r.Code, err)
	}
	// Output:
	// <nil>
	//  the answer was lost
	// SAVE10 <nil>
}

func ExampleFeatures() {
	f := coupontest.Features{Transactions: true, Seeds: 5}
	// func TestStore(t *testing.T) { coupontest.Run(t, fresh, f) }
	run := coupontest.Run
	fmt.Println(run != nil, f.Transactions, f.Seeds)
	// Output: true true 5
}
