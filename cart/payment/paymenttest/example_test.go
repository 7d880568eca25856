package paymenttest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/cart/payment/paymenttest"
)

// A store of one's own is tested with the suite.
func ExampleRun() {
	var t *testing.T // that of a test
	fresh := func(t *testing.T) payment.NoticeStore { return payment.NewNoticeMemory(nil) }
	test := func(t *testing.T) { paymenttest.Run(t, fresh, paymenttest.Features{Transactions: true}) }
	fmt.Println(t == nil, test != nil)
	// Output: true true
}

// The store is down: nothing is applied, and the gateway delivers again.
func ExampleFailing() {
	ctx, down := context.Background(), true
	store := paymenttest.Failing(payment.NewNoticeMemory(nil), func(string, bool) error {
		if down {
			return errors.New("the store is down")
		}
		return nil
	})
	inbox, err := payment.NewInbox(store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	apply := func(context.Context) error { fmt.Println("applied"); return nil }
	n := payment.Notice{ID: "n-1", Type: payment.NoticeCaptured}
	fmt.Println(inbox.Once(ctx, n, apply))
	down = false
	fmt.Println(inbox.Once(ctx, n, apply))
	fmt.Println(inbox.Once(ctx, n, apply))
	// Output:
	// false the store is down
	// applied
	// true <nil>
	// false <nil>
}
