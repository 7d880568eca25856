package searchtest_test

import (
	"testing"

	"github.com/flywheel-go/flywheel/catalog/search"
	"github.com/flywheel-go/flywheel/catalog/search/searchtest"
)

// The test of an engine is one call.
func ExampleRun() {
	_ = func(t *testing.T) {
		searchtest.Run(t, func(t *testing.T) search.Engine {
			index, err := search.New(search.Settings{})
			if err != nil {
				t.Fatal(err)
			}
			return search.Local{Index: index}
		}, searchtest.Features{})
	}
	// Output:
}
