package order_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// pens is a line of three pens for 9.99, with 19 % tax within.
func pens(id string) order.Line {
	return order.Line{
		ID: id, SKU: "pen", Title: "Pen", Quantity: 3, Unit: money.MustPrice("3.33", money.EUR), TaxIncluded: true, TaxRate: money.Percent(19),
		Subtotal: eur(999), Discount: eur(0), Net: eur(839), Tax: eur(160), Total: eur(999),
	}
}

// stationer sells pens, as many as anybody wants. checkout.Shop offers what is in
// stock, at the prices of today.
type stationer struct{}

func (stationer) Offer(_ context.Context, _ *order.Order, items []order.Item, _ time.Time, replace bool) (order.Offer, error) {
	var offer order.Offer
	parcel := order.Parcel{Parcel: fulfillment.Parcel{Location: "berlin"}}
	for i, item := range items {
		if item.SKU != "pen" || item.Quantity != 3 {
			return offer, &order.ShortError{Short: map[flywheel.SKU]int64{item.SKU: 3}}
		}
		if !replace {
			offer.Lines = append(offer.Lines, pens(""))
		}
		parcel.Pieces = append(parcel.Pieces, fulfillment.Piece{Line: fmt.Sprint(i), SKU: item.SKU, Location: "berlin", Quantity: item.Quantity, Untracked: true})
	}
	offer.Parcels = []order.Parcel{parcel}
	return offer, nil
}

// standing returns a service with one paid order of three pens and 4.90 for delivery.
// checkout.Sessions places such orders.
func standing(ctx context.Context) *order.Service {
	now := time.Date(2026, 3, 10, 9, 0, 0, 0, time.UTC)
	orders, err := order.New(nil, &order.Options{Now: func() time.Time { return now }, Shop: stationer{}, FirstInvoice: 1001})
	if err != nil {
		log.Fatal(err)
	}
	auth, err := orders.Gateway().Authorize(ctx, payment.Charge{Key: "try", Amount: eur(1489), Method: "token"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = orders.Place(ctx, order.Order{
		ID: "o", Number: "K7M2P-9QRST", Key: "try", Customer: "anna", Currency: money.EUR, Mode: order.OnPlace, Booked: true, PlacedAt: now,
		Lines:    []order.Line{pens("1")},
		Delivery: &order.Delivery{Option: "standard", Charge: eur(490), Discount: eur(0), Net: eur(412), Tax: eur(78), Total: eur(490), Cheapest: eur(490)},
		Parcels: []order.Parcel{{Status: order.ParcelOpen, Parcel: fulfillment.Parcel{ID: "p1", Location: "berlin",
			Pieces: []fulfillment.Piece{{Line: "1", SKU: "pen", Location: "berlin", Quantity: 3, Untracked: true}}}}},
		Tenders:  []order.Tender{{Type: order.Card, Account: "token", Amount: eur(1489), Authorizations: []order.Authorization{{ID: auth.ID, Amount: auth.Amount}}}},
		Policy:   order.Policy{WindowDays: 30, ClaimDays: 730, DeliveryRefund: order.DeliveryCheapest, Zone: "Europe/Berlin"},
		Subtotal: eur(1489), Discount: eur(0), Net: eur(1251), Tax: eur(238), Total: eur(1489),
	})
	if err == nil {
		_, err = orders.Capture(ctx, "o")
	}
	if err != nil {
		log.Fatal(err)
	}
	return orders
}

// do does commands with the order and prints what each did with money.
func do(ctx context.Context, orders *order.Service, commands ...order.Command) {
	for _, c := range commands {
		r, err := orders.Do(ctx, "o", c)
		switch {
		case err != nil:
			fmt.Println("refused:", err)
		case r.Refund != nil:
			fmt.Println(c.Kind(), r.Order.State(), "paid back", r.Refund.Total)
		default:
			fmt.Println(c.Kind(), r.Order.State())
		}
	}
}

// A parcel leaves in two parts, one pen is called off, and one comes back.
func ExampleService_Do() {
	ctx := context.Background()
	orders := standing(ctx)
	do(ctx, orders,
		&order.Ship{Parcel: "p1", Lines: map[string]int64{"1": 1}, Tracking: "00340"},
		&order.CallOff{Lines: map[string]int64{"1": 1}, Reason: "one too many"},
		&order.Ship{Parcel: "p2"},
		&order.Deliver{Parcel: "p1"},
		&order.RequestReturn{ID: "r1", Lines: map[string]int64{"1": 1}, Reason: order.ChangedMind},
		&order.Receive{ID: "r1", Lines: map[string]order.Received{"1": {Accepted: 1, Condition: "new", Restock: "berlin"}}},
	)
	o, err := orders.Get(ctx, "o")
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range o.Documents {
		fmt.Println(d.Kind, d.Number, d.Total, "with tax", d.Tax)
	}
	// Output:
	// ship partial
	// call_off partial paid back 3.33 EUR
	// ship fulfilled
	// deliver fulfilled
	// request_return fulfilled
	// receive fulfilled paid back 3.33 EUR
	// invoice 1001 14.89 EUR with tax 2.38 EUR
	// credit_note 1 3.33 EUR with tax 0.53 EUR
	// credit_note 2 3.33 EUR with tax 0.54 EUR
}

// What was bought is exchanged for the same again, a claim brings a replacement, money
// goes back without goods, and the bank takes some on its own.
func ExampleCommand() {
	ctx := context.Background()
	orders := standing(ctx)
	agreed := money.MustPrice("3.33", money.EUR)
	do(ctx, orders,
		&order.Ship{Parcel: "p1"}, &order.Deliver{Parcel: "p1"},
		&order.Exchange{ID: "x1", Lines: map[string]int64{"1": 3}, For: []order.Item{{SKU: "pen", Quantity: 3, Agreed: &agreed}}},
		&order.Claim{Lines: map[string]int64{"1": 1}, Fault: "damaged", Remedy: order.Replace},
		&order.Receive{ID: "x1", Lines: map[string]order.Received{"1": {Accepted: 3}}},
		&order.PayBack{Key: "late", Amount: eur(200), Reason: "came late"},
		&order.DisputeLost{Key: "dispute 7", Amount: eur(100)},
	)
	// Output:
	// ship fulfilled
	// deliver fulfilled
	// exchange partial
	// refused: order "o": claim: 1 of line "1", 0 there
	// receive processing paid back 0.00 EUR
	// pay_back processing paid back 2.00 EUR
	// dispute_lost processing paid back 1.00 EUR
}

// Pens are added to a paid order: the difference is charged at once. What cannot be had
// changes nothing.
func ExampleEdit() {
	ctx := context.Background()
	orders := standing(ctx)
	_, err := orders.Do(ctx, "o", &order.Edit{Key: "e1", Add: []order.Item{{SKU: "pen", Quantity: 4}}})
	if short, ok := errors.AsType[*order.ShortError](err); ok {
		fmt.Println("there are", short.Short["pen"])
	}
	r, err := orders.Do(ctx, "o", &order.Edit{Key: "e1", Add: []order.Item{{SKU: "pen", Quantity: 3}}})
	fmt.Println(r.Difference, r.Parcels, r.Order.Payment.Captured, err)
	_, err = orders.Do(ctx, "o", &order.CallOff{Lines: map[string]int64{"2": 9}})
	if units, ok := errors.AsType[*order.UnitsError](err); ok {
		fmt.Println(units.Want, "of", units.Have)
	}
	_, err = orders.Do(ctx, "o", &order.PayBack{Key: "all", Amount: eur(9999)})
	if amount, ok := errors.AsType[*order.AmountError](err); ok {
		fmt.Println(amount.Want, "of", amount.Have)
	}
	// Output:
	// there are 3
	// 9.99 EUR [p2] 24.88 EUR <nil>
	// 9 of 3
	// 99.99 EUR of 24.88 EUR
}

// What a command would do, without doing it.
func ExampleOrder_Decide() {
	ctx := context.Background()
	orders := standing(ctx)
	o, err := orders.Get(ctx, "o")
	if err != nil {
		log.Fatal(err)
	}
	var d order.Decision
	d, err = o.Decide(&order.CallOff{}, order.Inputs{At: time.Date(2026, 3, 10, 10, 0, 0, 0, time.UTC)})
	if err != nil {
		log.Fatal(err)
	}
	var moves []order.Movement = d.Effects.Refunds
	var changes []order.StockChange = d.Effects.Deallocate
	fmt.Println(d.Answer.Refund.Total, "in", len(moves), "refund;", len(changes), "changes of stock;", d.After.State())
	for _, paper := range d.After.Documents[1:] {
		for _, line := range paper.Lines {
			fmt.Println(paper.Kind, line.Kind, line.Total)
		}
	}
	items, replace := order.Wanted(&order.Edit{Add: []order.Item{{SKU: "pen", Quantity: 3}}})
	fmt.Println(len(items), replace)
	// Output:
	// 14.89 EUR in 1 refund; 0 changes of stock; canceled
	// credit_note goods 9.99 EUR
	// credit_note delivery 4.90 EUR
	// 1 false
}

// inspector says that nothing of a parcel is there yet.
type inspector struct{ order.Warehouse }

func (inspector) Ready(context.Context, string, []fulfillment.Unit) error {
	return fmt.Errorf("still at sea: %w", flywheel.ErrConflict)
}

// A warehouse that can be asked keeps a card from being charged for what is not there.
func ExampleReadier() {
	var r order.Readier = inspector{}
	fmt.Println(r.Ready(context.Background(), "try", nil))
	// Output:
	// still at sea: conflict
}

// The terms of a shop that gives back no more of the delivery than its cheapest option,
// and keeps a fee of what was opened.
func ExamplePolicy() {
	p := order.Policy{
		WindowDays: 14, ClaimDays: 730, Restocking: map[string]money.Rate{"opened": money.Percent(20)},
		DeliveryRefund: order.DeliveryCheapest, Zone: "Europe/Berlin",
	}
	for _, d := range []order.DeliveryRefund{order.DeliveryNever, order.DeliveryFull, order.DeliveryCheapest} {
		fmt.Println(d, d == p.DeliveryRefund)
	}
	// Output:
	// never false
	// full false
	// cheapest true
}

// What an order remembers of what was done with it, and the papers of that.
func ExampleOperation() {
	ctx := context.Background()
	orders := standing(ctx)
	do(ctx, orders, &order.CallOff{Key: "c1", Lines: map[string]int64{"1": 1}})
	o, err := orders.Get(ctx, "o")
	if err != nil {
		log.Fatal(err)
	}
	for _, op := range o.Operations {
		var undo *order.Undo = op.Undo // set while a refused operation lets go of what it had set aside
		fmt.Println(op.Sequence, op.Kind, op.Key, op.Done, undo == nil)
		for _, d := range o.Documents {
			if d.Operation != op.Sequence {
				continue
			}
			var kind order.DocumentKind = d.Kind
			var line order.DocumentLine = d.Lines[0]
			var what order.LineKind = line.Kind
			fmt.Println(kind, what, line.Quantity, line.Total)
		}
	}
	// Output:
	// call_off processing paid back 3.33 EUR
	// 1 capture  true true
	// invoice goods 3 9.99 EUR
	// 2 call_off c1 true true
	// credit_note goods 1 3.33 EUR
}

// What was not called off of a line, and what of that has still to be shipped.
func ExampleLine_Left() {
	ctx := context.Background()
	orders := standing(ctx)
	do(ctx, orders,
		&order.Ship{Parcel: "p1", Lines: map[string]int64{"1": 1}},
		&order.CallOff{Lines: map[string]int64{"1": 1}},
	)
	o, err := orders.Get(ctx, "o")
	if err != nil {
		log.Fatal(err)
	}
	l := o.Line("1")
	fmt.Println(l.Quantity, "ordered,", l.Left(), "left,", l.Unshipped(), "to ship:", o.ToShip(), l.State())
	for _, item := range o.Items() {
		fmt.Println(item.SKU, item.Quantity)
	}
	fmt.Println(o.Parcel("p1").Status, o.Buyer().Customer, o.Status.Final())
	// Output:
	// ship partial
	// call_off partial paid back 3.33 EUR
	// 3 ordered, 2 left, 1 to ship: true partial
	// pen 3
	// shipped anna false
}

// The orders of a customer, the last first or page by page.
func ExampleService_List() {
	ctx := context.Background()
	orders := standing(ctx)
	f := order.Filter{Customer: "anna"}
	for o, err := range orders.List(ctx, f) {
		fmt.Println(o.ID, o.Total, f.Match(&o), err)
	}
	// Output:
	// o 14.89 EUR true <nil>
}

// An order whose lines travel in two ways: what is added goes with the line it names,
// else with what is shipped.
func ExampleOrder_DeliveryFor() {
	o := order.Order{Deliveries: []order.Delivery{
		{Lines: []string{"1"}, Option: "shop", Type: "pickup", Location: "berlin"}, {Lines: []string{"2"}, Option: "standard", Type: "shipping"},
	}}
	fmt.Println(o.DeliveryFor(order.Item{SKU: "pen", Line: "1"}).Option, o.DeliveryFor(order.Item{SKU: "pen"}).Option)
	// Output: shop standard
}
