package catalogtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/catalog/catalogtest"
)

// The test of a store is one call.
func ExampleRun() {
	_ = func(t *testing.T) {
		fresh := func(t *testing.T) catalog.Store { return catalog.NewMemory(nil) }
		catalogtest.Run(t, fresh, catalogtest.Features{Transactions: true})
	}
	// Output:
}

// The answer to a save is lost: the error says nothing of the effect, which is
// there.
func ExampleFailing() {
	ctx := context.Background()
	memory := catalog.NewMemory(nil)
	store := catalogtest.Failing(memory, func(call string, after bool) error {
		if call == "Save" && after {
			return errors.New("connection reset")
		}
		return nil
	})
	head := &catalog.Head{Product: catalog.Product{ID: "mug"}, Edits: 1}
	fmt.Println(store.Save(ctx, &catalog.Batch{Heads: []catalog.HeadChange{{Head: head}}}))
	heads, err := memory.Heads(ctx, "mug")
	fmt.Println(len(heads), err)
	// Output:
	// connection reset
	// 1 <nil>
}
