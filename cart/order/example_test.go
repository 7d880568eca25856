package order_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// placed returns a service with one paid order: three mugs for 20.00 and 1.65 tax.
// A shop with carts gets its orders from checkout.Checkout.Place.
func placed(ctx context.Context) (*order.Service, error) {
	orders, err := order.New(nil, nil)
	if err != nil {
		return nil, err
	}
	eur := func(minor int64) money.Amount { return money.New(minor, money.EUR) }
	auth, err := orders.Gateway().Authorize(ctx, payment.Charge{Key: "request 1", Amount: eur(2165)})
	if err != nil {
		return nil, err
	}
	_, err = orders.Place(ctx, order.Order{
		ID: "order-1", Key: "request 1", Customer: "anna", Currency: money.EUR, Booked: true,
		Lines: []order.Line{{ID: "1", SKU: "mug", Quantity: 3, Unit: money.MustPrice("6.6667", money.EUR),
			Subtotal: eur(2000), Discount: eur(0), Net: eur(2000), Tax: eur(165), Total: eur(2165)}},
		Subtotal: eur(2000), Discount: eur(0), Net: eur(2000), Tax: eur(165), Total: eur(2165),
		Payment:  order.Payment{Authorization: auth.ID, Authorized: auth.Amount},
		PlacedAt: time.Date(2011, 1, 2, 3, 4, 5, 0, time.UTC),
	})
	if err != nil {
		return nil, err
	}
	_, err = orders.Capture(ctx, "order-1")
	return orders, err
}

func Example() {
	ctx := context.Background()
	orders, err := placed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, key := range []string{"monday", "tuesday", "tuesday", "friday"} { // tuesday's request comes twice
		o, err := orders.Return(ctx, "order-1", order.Request{Key: key, Lines: []order.ReturnLine{{Line: "1", Quantity: 1}}})
		if err != nil {
			fmt.Println(err)
			return
		}
		back := o.Returns[len(o.Returns)-1]
		fmt.Println(key, back.Amount, "of which tax", back.Tax, o.Status)
	}
	o, err := orders.Get(ctx, "order-1")
	fmt.Println(o.Payment.Refunded, "of", o.Payment.Captured, err)
	// Output:
	// monday 7.22 EUR of which tax 0.55 EUR partly_returned
	// tuesday 7.22 EUR of which tax 0.55 EUR partly_returned
	// tuesday 7.22 EUR of which tax 0.55 EUR partly_returned
	// friday 7.21 EUR of which tax 0.55 EUR returned
	// 21.65 EUR of 21.65 EUR <nil>
}

// Money back without goods, and then the whole order called off.
func ExampleService_Refund() {
	ctx := context.Background()
	orders, err := placed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	o, err := orders.Refund(ctx, "order-1", order.Request{Key: "late", Amount: money.New(500, money.EUR), Reason: "came late"})
	fmt.Println(o.Status, o.Refundable(), err)
	o, err = orders.Cancel(ctx, "order-1", order.Request{Key: "stop"})
	fmt.Println(o.Status, o.Payment.Refunded, err)
	// Output:
	// paid 16.65 EUR <nil>
	// cancelled 21.65 EUR <nil>
}

// A page of a customer's orders, and the cursor of the next.
func ExampleService_Page() {
	ctx := context.Background()
	orders, err := placed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	page, err := orders.Page(ctx, order.Filter{Customer: "anna"}, "", 20)
	fmt.Println(len(page.Items), page.Items[0].ID, page.Next == "", err)
	// Output: 1 order-1 true <nil>
}

// The share of each unit of a line of 20.00 and three units.
func ExampleLine_Share() {
	l := order.Line{Quantity: 3, Net: money.New(2000, money.EUR), Tax: money.New(165, money.EUR)}
	for unit := range l.Quantity {
		net, tax := l.Share(unit, 1)
		fmt.Println(net, tax)
	}
	// Output:
	// 6.67 EUR 0.55 EUR
	// 6.67 EUR 0.55 EUR
	// 6.66 EUR 0.55 EUR
}
