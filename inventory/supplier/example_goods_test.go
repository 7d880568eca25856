package supplier_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/catalog"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Lots of a receipt, what they cost on the shelf, and what of them goes back.
func ExampleLanding() {
	ctx := context.Background()
	db := &flywheel.Memory{}
	now := day(1)
	clock := func() time.Time { return now }
	stock := must(inventory.New(inventory.NewMemory(db), &inventory.Options{Now: clock, Lots: true}))
	if err := stock.SetItem(ctx, inventory.Item{SKU: "tea", Tracking: inventory.ByLot}); err != nil {
		panic(err)
	}
	purchasing := must(supplier.New(supplier.NewMemory(db), &supplier.Options{Stock: stock, Now: clock}))
	must(purchasing.SaveSupplier(ctx, supplier.Supplier{
		ID: "assam", Currency: money.EUR, Approval: supplier.Approved, Terms: supplier.Terms{Lead: supplier.LeadLaw{Mean: 20}},
		Items: []supplier.Item{{SKU: "tea", Price: money.MustPrice("4", money.EUR)}},
	}))
	must(purchasing.Draft(ctx, "assam", "po-1", []supplier.Want{{SKU: "tea", Quantity: 100}}))
	must(purchasing.Apply(ctx, "po-1", supplier.Document{ID: "sent", Kind: supplier.Send, At: now}))
	now = day(21)
	must(purchasing.Apply(ctx, "po-1", supplier.Document{ID: "slip", Kind: supplier.Receipt, At: now, Lines: []supplier.DocumentLine{{
		Quantity: 100, Lots: []supplier.LotUnits{{Lot: "L-7", Quantity: 60}, {Lot: "L-8", Quantity: 40}},
	}}}))

	// Freight of 50 euros, and 10 % duty on goods and freight.
	landed := must(purchasing.Land(ctx, "po-1", supplier.Landing{
		ID: "customs", At: now, Lines: []supplier.LandingLine{{Line: 0, Quantity: 100, Duty: money.MustRate("0.10")}},
		Dutiable: []supplier.Charge{{Name: "freight", Amount: money.New(5000, money.EUR)}},
	}))
	fmt.Println("landed", landed.Lines[0].LandedCost)
	offers := catalog.WithCosts(catalog.OffersFunc(func(context.Context, catalog.Channel, []flywheel.SKU) (map[flywheel.SKU]catalog.Offer, error) {
		return map[flywheel.SKU]catalog.Offer{"tea": {Price: money.New(890, money.EUR)}}, nil
	}), purchasing)
	tea := must(offers.Offers(ctx, "shop", []flywheel.SKU{"tea"}))["tea"]
	fmt.Println("price", tea.Price, "cost", tea.Cost)

	// Ten of lot L-7 turn out to be stale on the shelf.
	must(purchasing.Apply(ctx, "po-1", supplier.Document{ID: "back", Kind: supplier.Return, At: now, Lines: []supplier.DocumentLine{{
		Quantity: 10, Shelf: 10, Rejected: 10, Lots: []supplier.LotUnits{{Lot: "L-7", Quantity: 10}},
	}}}))
	for _, lot := range must(stock.Lots(ctx, "tea")) {
		fmt.Println(lot.Lot, lot.OnHand)
	}
	var held supplier.Held = must(purchasing.Holdings(ctx, []flywheel.SKU{"tea"}))
	fmt.Println(held.Stock[0].Quantity, "of", held.Stock[0].Supplier, "cost", held.Stock[0].Cost)
	fmt.Println("a unit", must(purchasing.UnitCosts(ctx, []flywheel.SKU{"tea"}))["tea"])
	now = day(121)
	aged := must(purchasing.Aging(ctx, []flywheel.SKU{"tea"}, []int{30, 90}, 60, nil)) // never sold
	fmt.Println(aged[0].Units, "dead", aged[0].DeadCost)
	// Output:
	// landed 495.00 EUR
	// price 8.90 EUR cost 4.95 EUR
	// L-7 50
	// L-8 40
	// 90 of assam cost 445.50 EUR
	// a unit 4.95 EUR
	// [0 0 90] dead 445.50 EUR
}

// Orders of another system are kept with what happened to them; once, however often
// its file is read.
func ExampleService_Add() {
	ctx := context.Background()
	purchasing := must(supplier.New(nil, nil))
	export := supplier.Order{
		ID: "4711", Supplier: "assam", Currency: money.EUR, Placed: day(1),
		Lines: []supplier.Line{{SKU: "tea", Ordered: 100, Price: money.MustPrice("4", money.EUR), Promised: day(20)}},
		Documents: []supplier.Document{
			{ID: "sent", Kind: supplier.Send, At: day(1)},
			{ID: "slip", Kind: supplier.Receipt, At: day(18), Lines: []supplier.DocumentLine{{Quantity: 90, Rejected: 2}}},
		},
	}
	for range 2 {
		if err := purchasing.Add(ctx, export); err != nil {
			panic(err)
		}
	}
	o := must(purchasing.Order(ctx, "4711"))
	fmt.Println(o.State, o.Lines[0].Stocked, "in stock", o.Lines[0].Open(), "to come, version", o.Version)
	// Output: partly received 88 in stock 10 to come, version 1
}
