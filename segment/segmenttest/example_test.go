package segmenttest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment"
	"github.com/flywheel-go/flywheel/segment/segmenttest"
)

// In a test of a store of one's own, whose name would be TestStore.
func ExampleRun() {
	testStore := func(t *testing.T) {
		fresh := func(t *testing.T) segment.LogStore { return segment.NewMemoryLog(nil) }
		segmenttest.Run(t, fresh, segmenttest.Features{Transactions: true})
	}
	_ = testStore // go test calls it
	// Output:
}

// The answer to an Append is lost: the caller sees an error although the event is
// in the log, and publishing again is safe.
func ExampleFailing() {
	calls := 0
	store := segmenttest.Failing(segment.NewMemoryLog(nil), func(call string, after bool) error {
		if call == "Append" && after {
			if calls++; calls == 1 {
				return errors.New("connection lost")
			}
		}
		return nil
	})
	log, err := segment.NewLog(store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	event := flywheel.Event{ID: "1", Name: flywheel.EventSearch, Time: time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)}
	fmt.Println(log.Publish(ctx, event))
	fmt.Println(log.Publish(ctx, event))
	fmt.Println(log.Number(ctx))
	entries, err := log.Read(ctx, 0, 10)
	fmt.Println(len(entries), err)
	// Output:
	// connection lost
	// <nil>
	// 1 <nil>
	// 1 <nil>
}

// In a test of a store of profiles.
func ExampleRunProfiles() {
	testStore := func(t *testing.T) {
		fresh := func(t *testing.T) segment.ProfileStore { return segment.NewMemoryProfiles(nil) }
		segmenttest.RunProfiles(t, fresh, segmenttest.Features{Transactions: true})
	}
	_ = testStore // go test calls it
	// Output:
}

// In a test of a store of live segments.
func ExampleRunLive() {
	testStore := func(t *testing.T) {
		fresh := func(t *testing.T) segment.LiveStore { return segment.NewMemoryLive(nil) }
		segmenttest.RunLive(t, fresh, segmenttest.Features{Transactions: true})
	}
	_ = testStore // go test calls it
	// Output:
}
