package checkout_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

// mugs returns a shop that sells mugs at 7.95 and has ten of them: pricing, carts,
// stock, orders, an event log, and a payment provider to play with.
func mugs(ctx context.Context) (*checkout.Checkout, *inventory.Service, *payment.Memory, error) {
	engine, err := pricing.Compile(pricing.Config{Lists: []pricing.List{{
		ID: "shop", Entries: []pricing.Entry{{SKU: "mug", Unit: money.MustPrice("7.95", money.EUR)}},
	}}})
	if err != nil {
		return nil, nil, nil, err
	}
	db := new(flywheel.Memory) // one database, so that one transaction spans all
	gateway := new(payment.Memory)
	log, err := segment.NewLog(segment.NewMemoryLog(db), nil)
	if err != nil {
		return nil, nil, nil, err
	}
	stock, err := inventory.New(inventory.NewMemory(db), nil)
	if err != nil {
		return nil, nil, nil, err
	}
	carts, err := cart.New(cart.NewMemory(db), &cart.Options{Engine: engine, Sink: log, Tx: db})
	if err != nil {
		return nil, nil, nil, err
	}
	orders, err := order.New(order.NewMemory(db), &order.Options{Gateway: gateway, Stock: stock, Sink: log, Tx: db})
	if err != nil {
		return nil, nil, nil, err
	}
	shop, err := checkout.New(carts, orders, &checkout.Options{Stock: stock, Sink: log, Tx: db})
	if err != nil {
		return nil, nil, nil, err
	}
	err = stock.Receive(ctx, "delivery", []flywheel.Line{{SKU: "mug", Quantity: 10}})
	if err == nil {
		_, err = carts.Create(ctx, cart.Cart{ID: "cart-1", Visitor: "browser-1", Currency: money.EUR})
	}
	if err == nil {
		_, err = carts.Add(ctx, "cart-1", cart.Line{SKU: "mug", Quantity: 3})
	}
	return shop, stock, gateway, err
}

func Example() {
	ctx := context.Background()
	shop, stock, gateway, err := mugs(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	request := checkout.Request{Key: "cart-1", Cart: "cart-1", Expect: money.New(2385, money.EUR), Method: "card"}
	for range 2 { // the customer presses the button twice
		o, err := shop.Place(ctx, request)
		fmt.Println(o.Status, o.Total, err)
	}
	level, err := stock.Level(ctx, "mug")
	fmt.Println(level.OnHand, "mugs left,", len(gateway.Payments()), "charge", err)
	// Output:
	// paid 23.85 EUR <nil>
	// paid 23.85 EUR <nil>
	// 7 mugs left, 1 charge <nil>
}

// The bank says no: nothing remains of the try, and the same request serves again.
func ExampleCheckout_Place_declined() {
	ctx := context.Background()
	shop, stock, gateway, err := mugs(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	gateway.Intercept(payment.Sequence(payment.Decline))
	request := checkout.Request{Key: "cart-1", Cart: "cart-1", Method: "card"}
	_, err = shop.Place(ctx, request)
	level, _ := stock.Level(ctx, "mug")
	fmt.Println(errors.Is(err, payment.ErrDeclined), level.Reserved)
	o, err := shop.Place(ctx, request)
	fmt.Println(o.Status, err)
	// Output:
	// true 0
	// paid <nil>
}

// A shop that makes to order has whatever is asked for; inventory.Service is the
// Stock of one that keeps goods.
type workshop struct{}

func (workshop) Reserve(_ context.Context, _ string, lines []flywheel.Line) error {
	fmt.Println("to make:", lines[0].Quantity, lines[0].SKU)
	return nil
}
func (workshop) Commit(context.Context, string) error  { return nil }
func (workshop) Release(context.Context, string) error { return nil }

func ExampleStock() {
	ctx := context.Background()
	var stock checkout.Stock = workshop{}
	shop, err := checkout.New(nil, nil, &checkout.Options{Stock: stock})
	if err != nil {
		fmt.Println(err)
		return
	}
	shop.Carts().Create(ctx, cart.Cart{ID: "c", Visitor: "v", Currency: money.EUR})
	shop.Carts().Add(ctx, "c", cart.Line{SKU: "chair", Quantity: 4, Agreed: money.MustPrice("120", money.EUR)})
	o, err := shop.Place(ctx, checkout.Request{Key: "c", Cart: "c"})
	fmt.Println(o.Total, err)
	// Output:
	// to make: 4 chair
	// 480.00 EUR <nil>
}

// The price is not the one that the customer saw.
func ExamplePriceError() {
	ctx := context.Background()
	shop, _, _, err := mugs(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = shop.Place(ctx, checkout.Request{Key: "cart-1", Cart: "cart-1", Expect: money.New(1999, money.EUR)})
	changed, ok := errors.AsType[*checkout.PriceError](err)
	fmt.Println(ok, changed.Expected, changed.Now, errors.Is(err, flywheel.ErrConflict))
	// Output: true 19.99 EUR 23.85 EUR true
}

// The answer to the capture is lost: the order stands, and Resume takes the money,
// once.
func ExampleCheckout_Resume() {
	ctx := context.Background()
	shop, _, gateway, err := mugs(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	gateway.Intercept(payment.Sequence(payment.Pass, payment.LostAnswer))
	o, err := shop.Place(ctx, checkout.Request{Key: "cart-1", Cart: "cart-1"})
	fmt.Println(o.Status, payment.Uncertain(err))
	n, err := shop.Resume(ctx)
	fmt.Println(n, err)
	fmt.Println(gateway.Payments()[0].Captured)
	// Output:
	// placed true
	// 1 <nil>
	// 23.85 EUR
}
