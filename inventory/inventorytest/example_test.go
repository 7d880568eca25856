package inventorytest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/inventorytest"
)

// A test hands a factory of empty stores to Run.
func ExampleRun() {
	test := func(t *testing.T) {
		fresh := func(t *testing.T) inventory.Store { return inventory.NewMemory(nil) }
		inventorytest.Run(t, fresh, inventorytest.Features{})
	}
	fmt.Println(testing.RunTests(func(_, _ string) (bool, error) { return true, nil }, []testing.InternalTest{{Name: "TestStore", F: test}}))
	// Output: true
}

// The answer of the first Post is lost; repeating the call is safe.
func ExampleFailing() {
	lost := errors.New("connection reset")
	calls := 0
	store := inventorytest.Failing(inventory.NewMemory(nil), func(call string, after bool) error {
		if call == "PostBatch" && after {
			if calls++; calls == 1 {
				return lost
			}
		}
		return nil
	})
	stock, _ := inventory.New(store, nil)
	delivery := []flywheel.Line{{SKU: "mug", Quantity: 3}}
	fmt.Println(stock.Receive(context.Background(), "delivery-1", delivery))
	fmt.Println(stock.Receive(context.Background(), "delivery-1", delivery))
	level, _ := stock.Level(context.Background(), "mug")
	fmt.Println(level.OnHand)
	// Output:
	// connection reset
	// <nil>
	// 3
}

func ExampleBenchmarkReserveCommit() {
	result := testing.Benchmark(func(b *testing.B) {
		stock, _ := inventory.New(nil, nil)
		inventorytest.BenchmarkReserveCommit(b, stock, 30)
	})
	fmt.Println(result.N > 0)
	// Output: true
}
