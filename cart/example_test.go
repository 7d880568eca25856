package cart_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

func Example() {
	ctx := context.Background()
	engine, err := pricing.Compile(pricing.Config{Lists: []pricing.List{{
		ID: "shop", Entries: []pricing.Entry{
			{SKU: "mug", Unit: money.MustPrice("7.95", money.EUR)},
			{SKU: "tea", Unit: money.MustPrice("3.50", money.EUR)},
		},
	}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	carts, err := cart.New(nil, &cart.Options{Engine: engine})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := carts.Create(ctx, cart.Cart{Visitor: "browser-1", Currency: money.EUR})
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err = carts.Add(ctx, c.ID, cart.Line{SKU: "mug", Quantity: 2}, cart.Line{SKU: "tea", Quantity: 1}, cart.Line{SKU: "mug", Quantity: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	q, err := carts.Quote(ctx, c.ID, cart.Terms{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range q.Lines {
		fmt.Println(l.Quantity, l.SKU, l.Total)
	}
	fmt.Println(q.Total)
	// Output:
	// 3 mug 23.85 EUR
	// 1 tea 3.50 EUR
	// 27.35 EUR
}

// A guest signs in: quantities are summed, an agreed price stays with its units.
func ExampleService_Login() {
	ctx := context.Background()
	carts, _ := cart.New(nil, nil)
	carts.Create(ctx, cart.Cart{ID: "hers", Customer: "anna", Currency: money.EUR})
	carts.Add(ctx, "hers", cart.Line{SKU: "mug", Quantity: 1}, cart.Line{SKU: "tea", Quantity: 1, Agreed: money.MustPrice("3", money.EUR)})
	carts.Create(ctx, cart.Cart{ID: "guest", Visitor: "browser-1", Currency: money.EUR})
	carts.Add(ctx, "guest", cart.Line{SKU: "mug", Quantity: 2}, cart.Line{SKU: "tea", Quantity: 5})

	c, err := carts.Login(ctx, "guest", "anna")
	fmt.Println(c.ID, err)
	for _, l := range c.Lines {
		fmt.Println(l.Quantity, l.SKU, l.Agreed)
	}
	// Output:
	// hers <nil>
	// 3 mug 0
	// 1 tea 3.00 EUR
	// 5 tea 0
}

// The carts that nobody touched for an hour.
func ExampleService_Abandoned() {
	ctx := context.Background()
	now := time.Date(2011, 1, 2, 12, 0, 0, 0, time.UTC)
	carts, _ := cart.New(nil, &cart.Options{Now: func() time.Time { return now }})
	for _, id := range []cart.ID{"first", "second"} {
		carts.Create(ctx, cart.Cart{ID: id, Visitor: "v", Currency: money.EUR})
		carts.Add(ctx, id, cart.Line{SKU: "mug", Quantity: 1})
		now = now.Add(50 * time.Minute)
	}
	for c, err := range carts.Abandoned(ctx, now.Add(-time.Hour)) {
		fmt.Println(c.ID, err)
	}
	// Output: first <nil>
}

// What happens to a cart is told to a Sink.
func ExampleOptions_sink() {
	ctx := context.Background()
	carts, _ := cart.New(nil, &cart.Options{Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
		for _, e := range events {
			fmt.Println(e.ID, e.Lines[0].Quantity, e.Lines[0].SKU)
		}
		return nil
	})})
	carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR})
	carts.Add(ctx, "c", cart.Line{SKU: "mug", Quantity: 3})
	carts.SetQuantity(ctx, "c", "1", 1)
	carts.Remove(ctx, "c", "1")
	// Output:
	// add_to_cart:c:2 3 mug
	// remove_from_cart:c:3 2 mug
	// remove_from_cart:c:4 1 mug
}

// What is ordered cannot be edited; the error says which order it became. The
// store is named here, to be shared with others in one database.
func ExampleClosedError() {
	ctx := context.Background()
	db := new(flywheel.Memory)
	carts, _ := cart.New(cart.NewMemory(db), &cart.Options{Tx: db})
	c, _ := carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR})
	c, _ = carts.Add(ctx, c.ID, cart.Line{SKU: "mug", Quantity: 1})
	carts.Close(ctx, c.ID, c.Version, "order-1") // checkout does this

	_, err := carts.Add(ctx, c.ID, cart.Line{SKU: "mug", Quantity: 1})
	closed, ok := errors.AsType[*cart.ClosedError](err)
	fmt.Println(ok, closed.Status, closed.Order)
	// Output: true ordered order-1
}

// An error names the line, and nothing is added.
func ExampleLineError() {
	ctx := context.Background()
	carts, _ := cart.New(nil, nil)
	carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR})
	_, err := carts.Add(ctx, "c", cart.Line{SKU: "mug", Quantity: 1}, cart.Line{SKU: "tea", Quantity: -1})
	line, ok := errors.AsType[*cart.LineError](err)
	c, _ := carts.Get(ctx, "c")
	fmt.Println(ok, line.Index, len(c.Lines), errors.Is(err, flywheel.ErrOutOfRange))
	// Output: true 1 0 true
}

// A listing in pages: each begins behind the position of the last cart.
func ExamplePosition() {
	ctx := context.Background()
	now := time.Date(2011, 1, 2, 12, 0, 0, 0, time.UTC)
	carts, _ := cart.New(nil, &cart.Options{Now: func() time.Time { return now }})
	for _, id := range []cart.ID{"a", "b", "c"} {
		carts.Create(ctx, cart.Cart{ID: id, Visitor: "v", Currency: money.EUR})
	}
	var last cart.Position
	for range 2 {
		for c, err := range carts.List(ctx, cart.Filter{After: last, Limit: 2}) {
			fmt.Println(c.ID, err)
			last = c.Position()
		}
		fmt.Println("end of page")
	}
	// Output:
	// a <nil>
	// b <nil>
	// end of page
	// c <nil>
	// end of page
}

// Codes are attached once, however they are typed, and come off again.
func ExampleService_AddCoupons() {
	ctx := context.Background()
	carts, _ := cart.New(nil, nil)
	carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR})
	c, err := carts.AddCoupons(ctx, "c", "save10", " SAVE10 ", "tea")
	fmt.Println(c.Coupons, err)
	c, err = carts.RemoveCoupon(ctx, "c", "Save10")
	fmt.Println(c.Coupons, err)
	// Output:
	// [SAVE10 TEA] <nil>
	// [TEA] <nil>
}

// Two open carts of one customer become one; where the first went is known.
func ExampleService_Merge() {
	ctx := context.Background()
	carts, _ := cart.New(nil, nil)
	for _, id := range []cart.ID{"phone", "desk"} {
		carts.Create(ctx, cart.Cart{ID: id, Customer: "anna", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 2}}})
	}
	c, err := carts.Merge(ctx, "phone", "desk")
	fmt.Println(c.SKUs(), c.Lines[0].Quantity, err)
	_, err = carts.Add(ctx, "phone", cart.Line{SKU: "tea", Quantity: 1})
	closed, _ := errors.AsType[*cart.ClosedError](err)
	fmt.Println(closed.Status, closed.Into)
	// Output:
	// [mug] 4 <nil>
	// merged desk
}

// While it is paid for, a cart is held as it is.
func ExampleService_Freeze() {
	ctx := context.Background()
	carts, _ := cart.New(nil, nil)
	c, _ := carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 1}}})
	c, err := carts.Freeze(ctx, c.ID, c.Version, "payment-1")
	fmt.Println(c.Frozen, err)
	_, err = carts.Add(ctx, c.ID, cart.Line{SKU: "tea", Quantity: 1})
	fmt.Println(errors.Is(err, cart.ErrFrozen))
	if err := carts.Thaw(ctx, c.ID, "payment-1"); err != nil { // it was declined
		fmt.Println(err)
	}
	c, err = carts.Add(ctx, c.ID, cart.Line{SKU: "tea", Quantity: 1})
	fmt.Println(len(c.Lines), err)
	// Output:
	// payment-1 <nil>
	// true
	// 2 <nil>
}

// An order that did not come about gives the cart back.
func ExampleService_Reopen() {
	ctx := context.Background()
	carts, _ := cart.New(nil, nil)
	c, _ := carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR})
	c, err := carts.Close(ctx, c.ID, c.Version, "order-1")
	fmt.Println(c.Status, c.Order, err)
	if err := carts.Reopen(ctx, c.ID, "order-1"); err != nil {
		fmt.Println(err)
	}
	c, err = carts.Get(ctx, c.ID)
	fmt.Println(c.Status, err)
	// Output:
	// ordered order-1 <nil>
	// open <nil>
}

// What time alone brings: a runner calls Advance until nothing is due.
func ExampleService_Advance() {
	ctx := context.Background()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	carts, _ := cart.New(nil, &cart.Options{
		Now: func() time.Time { return now }, AbandonAfter: time.Hour, ExpireAfter: 30 * 24 * time.Hour,
		Sink: flywheel.SinkFunc(func(_ context.Context, events ...flywheel.Event) error {
			for _, e := range events {
				fmt.Println(e.Name, e.Ref, e.Time.Format(time.DateTime))
			}
			return nil
		}),
	})
	carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 1}}})
	for _, later := range []time.Duration{2 * time.Hour, 31 * 24 * time.Hour} {
		now = now.Add(later)
		for more := true; more; {
			var err error
			if more, err = carts.Advance(ctx, now); err != nil {
				fmt.Println(err)
				return
			}
		}
	}
	c, err := carts.Get(ctx, "c")
	fmt.Println(c.Status, err)
	// Output:
	// add_to_cart c 2026-03-01 12:00:00
	// cart_abandoned c 2026-03-01 13:00:00
	// expired <nil>
}

// New prices hold from the next quote on.
func ExampleService_SetEngine() {
	ctx := context.Background()
	engine := func(mug string) *pricing.Engine {
		e, err := pricing.Compile(pricing.Config{Lists: []pricing.List{{ID: "shop", Entries: []pricing.Entry{{SKU: "mug", Unit: money.MustPrice(mug, money.EUR)}}}}})
		if err != nil {
			panic(err)
		}
		return e
	}
	carts, _ := cart.New(nil, &cart.Options{Engine: engine("7.95")})
	c, _ := carts.Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR, Lines: []cart.Line{{SKU: "mug", Quantity: 1}}})
	var q pricing.Quote // used again, so that quoting allocates nothing
	for _, price := range []string{"7.95", "6.50"} {
		if err := carts.SetEngine(engine(price)); err != nil {
			fmt.Println(err)
		}
		if err := carts.QuoteInto(&q, &c, cart.Terms{}); err != nil {
			fmt.Println(err)
		}
		fmt.Println(q.Total)
	}
	// Output:
	// 7.95 EUR
	// 6.50 EUR
}

// A customer asks to be forgotten; the shop removes a cart of its own.
func ExampleService_Forget() {
	ctx := context.Background()
	carts, _ := cart.New(nil, nil)
	carts.Create(ctx, cart.Cart{ID: "hers", Customer: "anna", Currency: money.EUR})
	carts.Create(ctx, cart.Cart{ID: "test", Visitor: "shop", Currency: money.EUR})
	fmt.Println(carts.Forget(ctx, "anna"), carts.Delete(ctx, "test"))
	for _, id := range []cart.ID{"hers", "test"} {
		_, err := carts.Get(ctx, id)
		fmt.Println(errors.Is(err, flywheel.ErrNotFound))
	}
	// Output:
	// <nil> <nil>
	// true
	// true
}

// A line is found by its id.
func ExampleCart_Line() {
	c := cart.Cart{Lines: []cart.Line{{ID: "1", SKU: "mug", Quantity: 2}}}
	fmt.Println(c.Line("1").SKU, c.Line("2") == nil)
	// Output: mug true
}
