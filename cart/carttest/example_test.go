package carttest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/carttest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// The test of a store is one call.
func ExampleRun() {
	_ = func(t *testing.T) {
		fresh := func(t *testing.T) cart.Store { return cart.NewMemory(nil) }
		carttest.Run(t, fresh, carttest.Features{Transactions: true})
	}
	// Output:
}

// The answer to a save is lost: the error says nothing of the effect, which is
// there.
func ExampleFailing() {
	ctx := context.Background()
	lost := errors.New("connection reset")
	memory := cart.NewMemory(nil)
	carts, err := cart.New(carttest.Failing(memory, func(call string, after bool) error {
		if call == "Save" && after {
			return lost
		}
		return nil
	}), nil)
	if err != nil {
		panic(err)
	}
	_, err = carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR})
	fmt.Println(err)
	c, err := memory.Get(ctx, "c")
	fmt.Println(c.ID, err)
	// Output:
	// connection reset
	// c <nil>
}
