package servicetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/flywheel-go/flywheel/cart/service"
	"github.com/flywheel-go/flywheel/cart/service/servicetest"
)

// A store of one's own is tested with the suite.
func ExampleRun() {
	var t *testing.T // that of a test
	fresh := func(t *testing.T) service.Store { return service.NewMemory(nil) }
	test := func(t *testing.T) { servicetest.Run(t, fresh, servicetest.Features{Transactions: true}) }
	fmt.Println(t == nil, test != nil)
	// Output: true true
}

// The answer of a reply is lost; the same reply again is recorded once.
func ExampleFailing() {
	ctx := context.Background()
	memory, lost := service.NewMemory(nil), false
	tickets, err := service.New(servicetest.Failing(memory, func(call string, after bool) error {
		if call == "Save" && after && lost {
			lost = false
			return errors.New("the answer was lost")
		}
		return nil
	}), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = tickets.Open(ctx, service.Request{ID: "t"})
	fmt.Println(err)
	lost = true
	_, err = tickets.Reply(ctx, "t", service.Note{Key: "mail-1"}, false)
	fmt.Println(err)
	t, err := tickets.Reply(ctx, "t", service.Note{Key: "mail-1"}, false)
	fmt.Println(t.Entries, err)
	// Output:
	// <nil>
	// the answer was lost
	// 2 <nil>
}
