package imports_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/segment/imports"
)

func ExampleInto() {
	ctx := context.Background()
	log := flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		for _, e := range events {
			fmt.Println(e.Name, e.Customer, e.Value)
		}
		return nil
	})
	file := strings.NewReader("Name,Email,Financial Status,Paid at,Created at,Currency,Total,Lineitem quantity,Lineitem name,Lineitem price\n" +
		"#1,Ann@example.com,paid,2026-03-01 12:30:00 +0100,2026-03-01 12:29:58 +0100,EUR,25.00,2,Mug,12.50\n")
	var result imports.Result
	result, err := imports.Into(ctx, log, imports.ShopifyOrders("orders.csv", file, imports.ShopifyOptions{
		Customer: func(email string) flywheel.CustomerID { return "customer-7" }, // looked up by the shop
	}))
	fmt.Println(result.Published, err)

	lines := strings.NewReader(`{"event_timestamp":"1772366500000000","event_name":"view_item","user_pseudo_id":"1.2","items":[{"item_id":"MUG-B"}]}
{"event_timestamp":"1772366500000000"}`)
	result, err = imports.Into(ctx, log, imports.GA4("events.json", lines, imports.GA4Options{}))
	line, _ := errors.AsType[*imports.LineError](result.Refused[0])
	fmt.Println(result.Published, line.Line, err)
	// Output:
	// purchase customer-7 25.00 EUR
	// 1 <nil>
	// view_item  0
	// 1 2 <nil>
}
