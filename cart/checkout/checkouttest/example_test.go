package checkouttest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/checkout/checkouttest"
)

func ExampleRun() {
	_ = func(t *testing.T) { // TestMyStore
		fresh := func(*testing.T) checkout.SessionStore { return checkout.NewMemory(nil) }
		checkouttest.Run(t, fresh, checkouttest.Features{Transactions: true})
	}
}

func ExampleFailing() {
	ctx := context.Background()
	lost := errors.New("the answer was lost")
	store := checkouttest.Failing(checkout.NewMemory(nil), func(call string, after bool) error {
		if call == "SaveSession" && after {
			return lost
		}
		return nil
	})
	_, err := store.SaveSession(ctx, checkout.Session{ID: "s", Cart: "c"})
	fmt.Println(err)
	there, err := store.Session(ctx, "s")
	fmt.Println(there.Revision, err)
	// Output:
	// the answer was lost
	// 1 <nil>
}
