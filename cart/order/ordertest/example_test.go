package ordertest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/order/ordertest"
)

// The test of a store is one call.
func ExampleRun() {
	_ = func(t *testing.T) {
		fresh := func(t *testing.T) order.Store { return order.NewMemory(nil) }
		ordertest.Run(t, fresh, ordertest.Features{Transactions: true})
	}
	// Output:
}

// The store goes away before an order is read.
func ExampleFailing() {
	gone := errors.New("connection refused")
	orders, err := order.New(ordertest.Failing(order.NewMemory(nil), func(call string, after bool) error {
		if call == "Get" && !after {
			return gone
		}
		return nil
	}), nil)
	if err != nil {
		panic(err)
	}
	_, err = orders.Get(context.Background(), "order-1")
	fmt.Println(err)
	// Output: connection refused
}
