package order_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
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

// A key belongs to its buyer: the order is found by both.
func ExampleBuyerOf() {
	ctx := context.Background()
	orders, err := placed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	o, err := orders.ByKey(ctx, order.BuyerOf("anna", "browser-1"), "request 1")
	fmt.Println(o.ID, err)
	_, err = orders.ByKey(ctx, order.Buyer{Visitor: "browser-1"}, "request 1")
	fmt.Println(errors.Is(err, flywheel.ErrNotFound))
	// Output:
	// order-1 <nil>
	// true
}

// Errors carry what a program needs to answer.
func ExampleReturnError() {
	ctx := context.Background()
	orders, err := placed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = orders.Return(ctx, "order-1", order.Request{Key: "r", Lines: []order.ReturnLine{{Line: "1", Quantity: 4}}})
	if e, ok := errors.AsType[*order.ReturnError](err); ok {
		fmt.Println("at most", e.Left)
	}
	_, err = orders.Refund(ctx, "order-1", order.Request{Key: "r", Amount: money.New(9999, money.EUR)})
	if e, ok := errors.AsType[*order.RefundError](err); ok {
		fmt.Println("at most", e.Left)
	}
	_, err = orders.Refund(ctx, "order-1", order.Request{Key: "r", Amount: money.New(-1, money.EUR)})
	if e, ok := errors.AsType[*order.FieldError](err); ok {
		fmt.Println("wrong", e.Field)
	}
	_, err = orders.Cancel(ctx, "order-1", order.Request{Key: "c"})
	fmt.Println(err)
	_, err = orders.Capture(ctx, "order-1")
	if e, ok := errors.AsType[*order.StatusError](err); ok {
		fmt.Println("it is", e.Status)
	}
	// Output:
	// at most 3
	// at most 21.65 EUR
	// wrong amount
	// <nil>
	// it is cancelled
}

// A cart becomes one order: the store refuses a second and names the first.
func ExampleDuplicateError() {
	ctx := context.Background()
	store := order.NewMemory(nil)
	for _, id := range []order.ID{"order-1", "order-2"} {
		_, err := store.Insert(ctx, order.Order{
			ID: id, Key: string(id), Cart: "cart-1", Customer: "anna",
			Promotions: []order.Promotion{{ID: "welcome", Discount: money.New(100, money.EUR)}},
		})
		if d, ok := errors.AsType[*order.DuplicateError](err); ok {
			fmt.Println("the", d.Field, "became", d.Existing)
		}
	}
	// Output: the cart became order-1
}

// shelf takes goods back; inventory.Service does it for a whole shop.
type shelf map[flywheel.SKU]int64

func (s shelf) Restock(_ context.Context, _ string, lines []flywheel.Line) error {
	for _, l := range lines {
		s[l.SKU] += l.Quantity
	}
	return nil
}

func ExampleRestocker() {
	var stock order.Restocker = shelf{}
	orders, err := order.New(nil, &order.Options{Stock: stock})
	fmt.Println(orders != nil, err)
	// Output: true <nil>
}

// Who bought is forgotten; what was sold and paid stays.
func ExampleService_Forget() {
	ctx := context.Background()
	orders, err := placed(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := orders.Forget(ctx, "anna"); err != nil {
		fmt.Println(err)
		return
	}
	o, err := orders.Get(ctx, "order-1")
	fmt.Println(o.Customer == "anna", len(o.Customer), o.Total, err)
	// Output: false 39 21.65 EUR <nil>
}
