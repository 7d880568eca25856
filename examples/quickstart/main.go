// Quickstart sells two mugs: price list, promotion, tax, stock, cart, checkout,
// and an event log from which a customer's profile learns. All of it in memory.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/checkout"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
	"github.com/flywheel-go/flywheel/segment"
)

func main() {
	ctx := context.Background()
	prices := must(pricing.Compile(pricing.Config{
		Lists: []pricing.List{{ID: "shop", Entries: []pricing.Entry{{SKU: "MUG", Unit: money.MustPrice("8.90", money.EUR)}}}},
		Promotions: []pricing.Promotion{
			{ID: "two-mugs", Level: pricing.OrderLevel, Percent: money.MustRate("0.1"), Minimum: money.New(1500, money.EUR)},
		},
		Taxes: []pricing.Tax{{Rate: money.MustRate("0.19")}},
	}))
	events := must(segment.NewLog(nil, nil)) // nil is memory and defaults, everywhere
	stock := must(inventory.New(nil, nil))
	carts := must(cart.New(nil, &cart.Options{Engine: prices}))
	desk := must(checkout.New(carts, nil, &checkout.Options{Stock: stock, Sink: events}))

	check(stock.Receive(ctx, "delivery-1", []flywheel.Line{{SKU: "MUG", Quantity: 10}}))
	basket := must(carts.Create(ctx, cart.Cart{Customer: "anna", Currency: money.EUR}))
	basket = must(carts.Add(ctx, basket.ID, cart.Line{SKU: "MUG", Quantity: 2}))
	order := must(desk.Place(ctx, checkout.Request{Key: "anna-1", Cart: basket.ID})) // safe to repeat
	fmt.Println(order.Subtotal, "-", order.Discount, "+", order.Tax, "=", order.Total, order.Status)

	profiles := must(segment.NewProfiles(nil, nil))
	wheel := must(segment.NewRunner(events, nil, profiles))
	check(wheel.Drain(ctx))
	anna := must(profiles.Get(ctx, "anna"))
	fmt.Println(anna.Orders, "order,", anna.Revenue(), "in all;", must(stock.Level(ctx, "MUG")).Available(), "mugs left")
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
