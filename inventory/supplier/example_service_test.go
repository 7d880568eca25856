package supplier_test

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/inventory"
	"github.com/flywheel-go/flywheel/inventory/replenish"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// A week of purchasing: what a forecast asks for becomes an order, the order is expected
// in stock, its lamps are inspected by a sampling plan, and the supplier has a score.
func ExampleService() {
	ctx := context.Background()
	now := day(2)
	clock := func() time.Time { return now }
	db := &flywheel.Memory{} // one database for orders and stock
	stock := must(inventory.New(inventory.NewMemory(db), &inventory.Options{Now: clock}))
	var store supplier.Store = supplier.NewMemory(db)
	purchasing := must(supplier.New(store, &supplier.Options{Stock: stock, Now: clock}))
	must(purchasing.SaveSupplier(ctx, supplier.Supplier{
		ID: "acme", Currency: money.EUR, Approval: supplier.Approved, Terms: supplier.Terms{Lead: supplier.LeadLaw{Mean: 9, SD: 2}},
		Items: []supplier.Item{{SKU: "lamp", Price: money.MustPrice("12.50", money.EUR), Pack: 50, Inspect: true, Scheme: supplier.Scheme{AQL: 1}}},
	}))

	// 150 lamps a week, give or take 30; plans are made weekly.
	plan := must(purchasing.Plan(ctx, "acme", 7, replenish.Policy{Service: 0.95, Review: 1}, []supplier.Need{
		{SKU: "lamp", Demand: replenish.Demand{Mean: 150, SD: 30}},
	}))
	fmt.Println(plan.Orders[0].Explanation)
	must(purchasing.Draft(ctx, "acme", "po-7", plan.Wants))
	must(purchasing.Apply(ctx, "po-7", supplier.Document{ID: "sent", Kind: supplier.Send, At: now}))
	coming := must(stock.Incoming(ctx, []flywheel.SKU{"lamp"}))
	fmt.Println(coming[0].Quantity, coming[0].Earliest, coming[0].Due, coming[0].Latest)

	now = day(12)
	must(purchasing.Apply(ctx, "po-7", supplier.Document{ID: "slip", Kind: supplier.Receipt, At: now, Lines: []supplier.DocumentLine{{Quantity: 450}}}))
	sampling := must(purchasing.Sampling(ctx, "po-7", 0))
	fmt.Println("test", sampling.Stages[0].N, "accept up to", sampling.Stages[0].Accept)
	o, change, err := purchasing.Inspect(ctx, "po-7", supplier.Inspection{ID: "tested", At: now, Found: []int{1}})
	fmt.Println(o.State, o.Lines[0].Stocked, change == supplier.NoChange, err)
	fmt.Println(must(stock.Level(ctx, "lamp")).OnHand)

	must(purchasing.Apply(ctx, "po-7", supplier.Document{ID: "bill", Kind: supplier.Invoice, At: now, Lines: []supplier.DocumentLine{{Quantity: 450, Price: money.MustPrice("12.50", money.EUR)}}}))
	match := must(purchasing.Match(ctx, "po-7", supplier.Tolerance{}))
	fmt.Println("pay", match[0].Payable, "dispute", match[0].Dispute)
	for open, err := range purchasing.Orders(ctx, supplier.OrderFilter{Open: true}) {
		fmt.Println(open.ID, open.State, err)
	}
	report := must(purchasing.Report(ctx, day(1), supplier.ScoreRules{GraceDays: 1}))
	fmt.Printf("%s: %.0f ppm, %.0f days\n", report.Suppliers[0].Supplier, *report.Suppliers[0].DefectPPM, *report.Suppliers[0].LeadTime.Mean)
	// Output:
	// position 0, level 445.50 = 342.86 expected in 2.286 periods + 102.64 safety (1.64 deviations of 62.40): 445.50 needed, order 450
	// 450 2026-03-07 2026-03-11 2026-03-15
	// test 50 accept up to 1
	// received 449 true <nil>
	// 449
	// pay 5612.50 EUR dispute 12.50 EUR
	// po-7 received <nil>
	// acme: 2222 ppm, 10 days
}
