package recommendtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/recommend"
	"github.com/flywheel-go/flywheel/recommend/recommendtest"
)

// The test of a store is one call.
func ExampleRun() {
	_ = func(t *testing.T) {
		fresh := func(t *testing.T) recommend.Store { return recommend.NewMemory(nil) }
		recommendtest.Run(t, fresh, recommendtest.Features{Transactions: true})
	}
	// Output:
}

// The test of a store of snapshots is one call too.
func ExampleRunSnapshots() {
	_ = func(t *testing.T) {
		fresh := func(t *testing.T) recommend.SnapshotStore { return recommend.NewMemorySnapshots(nil) }
		recommendtest.RunSnapshots(t, fresh, recommendtest.Features{Transactions: true})
	}
	// Output:
}

// The answer of an append is lost: recording the same event again is safe.
func ExampleFailing() {
	lost := errors.New("connection lost")
	calls := 0
	store := recommendtest.Failing(recommend.NewMemory(nil), func(call string, after bool) error {
		if call == "Append" && after {
			if calls++; calls == 1 {
				return lost
			}
		}
		return nil
	})
	service, err := recommend.New(store, nil)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	bought := flywheel.Event{ID: "purchase:1", Name: flywheel.EventPurchase, Customer: "anna",
		Time: time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), Lines: []flywheel.Line{{SKU: "MUG", Quantity: 2}}}
	fmt.Println(errors.Is(service.Publish(ctx, bought), lost))
	fmt.Println(service.Publish(ctx, bought))
	data, err := service.Dataset(ctx)
	fmt.Println(data.Len(), err)
	// Output:
	// true
	// <nil>
	// 1 <nil>
}
