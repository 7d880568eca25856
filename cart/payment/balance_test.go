package payment_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/credit"
	"github.com/flywheel-go/flywheel/pricing/coupon"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var (
	_ payment.Balance = (*coupon.Cards)(nil)
	_ payment.Balance = (*credit.Service)(nil)
)

// Store credit, or gift cards alike, pays for a part of an order.
func ExampleBalance() {
	ctx := context.Background()
	credits, err := credit.New(nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(credits.Grant(ctx, "ann", "refund-1", money.New(800, money.EUR), "refund"))
	var balance payment.Balance = credits
	fmt.Println(balance.Hold(ctx, "ann", "order-1", money.New(500, money.EUR), time.Now().Add(15*time.Minute)))
	left, err := balance.Spendable(ctx, "ann", money.EUR)
	fmt.Println(left, err)
	fmt.Println(balance.Commit(ctx, "ann", "order-1"))
	// Output:
	// <nil>
	// <nil>
	// 3.00 EUR <nil>
	// <nil>
}
