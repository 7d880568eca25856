package livetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/catalog/live"
	"github.com/flywheel-go/flywheel/catalog/live/livetest"
)

// The test of a store is one call.
func ExampleRun() {
	_ = func(t *testing.T) {
		livetest.Run(t, func(t *testing.T) live.Store { return live.NewMemory(nil) }, livetest.Features{Transactions: true})
	}
	// Output:
}

// The answer to a save is lost; the event is there.
func ExampleFailing() {
	ctx := context.Background()
	lost := errors.New("lost")
	store := livetest.Failing(live.NewMemory(nil), func(call string, after bool) error {
		if call == "Save" && after {
			return lost
		}
		return nil
	})
	_, err := store.Save(ctx, live.Event{ID: "e", Title: "Mugs"})
	e, getErr := store.Get(ctx, "e")
	fmt.Println(err, e.Title, getErr)
	// Output: lost Mugs <nil>
}
