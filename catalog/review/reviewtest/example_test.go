package reviewtest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/catalog/review"
	"github.com/flywheel-go/flywheel/catalog/review/reviewtest"
)

// The suite runs on any store; here it is the memory store.
func ExampleRun() {
	test := func(t *testing.T) {
		reviewtest.Run(t, func(t *testing.T) reviewtest.Store { return review.NewMemory(nil) }, reviewtest.Features{Transactions: true})
	}
	_ = test
	// Output:
}

// The answer of the first save is lost; the post is there.
func ExampleFailing() {
	ctx := context.Background()
	lost := errors.New("lost")
	store := reviewtest.Failing(review.NewMemory(nil), func(call string, after bool) error {
		if call == "Save" && after {
			return lost
		}
		return nil
	})
	_, err := store.Save(ctx, review.Post{ID: "p", Kind: review.Question, Product: "mug", Text: "Blue?"})
	p, getErr := store.Get(ctx, "p")
	fmt.Println(err, p.Text, getErr)
	// Output: lost Blue? <nil>
}
