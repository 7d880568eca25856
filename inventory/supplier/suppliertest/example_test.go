package suppliertest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/inventory/supplier/suppliertest"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A store of one's own is tested with the suite.
func ExampleRun() {
	var t *testing.T // that of a test
	fresh := func(t *testing.T) supplier.Store { return supplier.NewMemory(nil) }
	test := func(t *testing.T) { suppliertest.Run(t, fresh, suppliertest.Features{Transactions: true}) }
	fmt.Println(t == nil, test != nil)
	// Output: true true
}

// The answer of a save is lost; whoever saves again learns that it took effect.
func ExampleFailing() {
	ctx := context.Background()
	store := suppliertest.Failing(supplier.NewMemory(nil), func(call string, after bool) error {
		if call == "SaveSupplier" && after {
			return errors.New("the answer was lost")
		}
		return nil
	})
	acme := supplier.Supplier{ID: "acme", Currency: money.EUR}
	_, err := store.SaveSupplier(ctx, acme)
	fmt.Println(err)
	_, err = store.SaveSupplier(ctx, acme)
	fmt.Println(errors.Is(err, supplier.ErrStale))
	// Output:
	// the answer was lost
	// true
}
