package ordertest

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// life returns an order with a mode, in the midst of its life, with something in every
// field.
func life(id string) order.Order {
	eur := func(minor int64) money.Amount { return money.New(minor, money.EUR) }
	o := sample(id)
	o.Number = "number of " + id
	o.Mode, o.Status, o.Payment = order.OnShipment, order.Paid, order.Payment{Authorized: eur(9), Captured: eur(8), Refunded: eur(7)}
	o.Contact = order.Contact{Email: "Anna@Example.com", Name: "Anna Ångström", Phone: "1"}
	o.Shipping = &order.Address{Name: "Anna", Street: []string{"Hauptstraße 1"}, Postcode: "10115", City: "Berlin", Region: "BE", Country: "DE"}
	o.Billing = &order.Address{Name: "Otto", Country: "AT"}
	o.Metadata = map[string]string{"gift": "yes"}
	o.Delivery = &order.Delivery{Option: "standard", Title: "Post", Type: "shipping", Charge: eur(500), Discount: eur(10), Net: eur(400), Tax: eur(90), Total: eur(490),
		Taxes: []pricing.RateTotal{{Rate: money.Percent(20), Net: eur(400), Tax: eur(90), Total: eur(490)}}, Cheapest: eur(490), Invoiced: true, Back: eur(5)}
	// A store keeps what it is given: no order has both.
	o.Deliveries = []order.Delivery{{Lines: []string{"1"}, Option: "shop", Type: "pickup", Location: "east", Charge: eur(100), Discount: eur(0), Net: eur(80), Tax: eur(20), Total: eur(100), Cheapest: eur(100)}}
	o.Parcels = []order.Parcel{{
		Parcel: fulfillment.Parcel{ID: "p1", Location: "east", Backordered: true, Date: fulfillment.Date{Year: 2026, Month: 4, Day: 3},
			Pieces: []fulfillment.Piece{{Line: "1", SKU: "85123A", Location: "east", Quantity: 6, Parts: []flywheel.Line{{SKU: "part", Quantity: 2}}}}},
		Ref: "ref", Earliest: fulfillment.Date{Year: 2026, Month: 4, Day: 7}, Latest: fulfillment.Date{Year: 2026, Month: 4, Day: 9}, Status: order.ParcelOpen,
		Replacement: true, Settled: true, Carrier: "DHL", Tracking: "00340", ShippedAt: start, DeliveredAt: start.Add(time.Hour),
	}}
	o.Tenders = []order.Tender{
		{Type: order.Points, Account: "customer", Ref: "ref", Amount: eur(100), Points: 200, Refunded: eur(50), PointsBack: 100},
		{Type: order.Card, Account: "token", Amount: eur(300), Refunded: eur(1), Disputed: eur(2),
			Authorizations: []order.Authorization{{ID: "a", Amount: eur(300), Captured: eur(200), Released: eur(100), Refunded: eur(1)}}},
	}
	o.Uses = []order.CouponUse{{Code: "WELCOME", Ref: "ref"}}
	o.Policy = order.Policy{WindowDays: 30, ClaimDays: 730, Restocking: map[string]money.Rate{"opened": money.Percent(15)}, Label: eur(500),
		DeliveryRefund: order.DeliveryCheapest, Zone: "Europe/Berlin"}
	o.RMAs = []order.RMA{{ID: "r1", Reason: "defective", At: start, Exchange: true, Covered: eur(3), ReceivedAt: start.Add(time.Hour),
		Lines: []order.RMALine{{Line: "1", Quantity: 2, Received: order.Received{Accepted: 1, Rejected: 1, Condition: "new", Restock: "west"}}}}}
	o.Operations = []order.Operation{{Sequence: 1, Kind: order.KindShip, Key: "key", Command: []byte(`{"parcel":"p1"}`), At: start, Actor: "clerk", Done: true,
		Answer: &order.Answer{Captured: eur(4), Parcels: []string{"p2"}, Refund: &order.Refunded{Net: eur(1), Tax: eur(0), Total: eur(1),
			To: []order.Back{{Tender: "points", Type: order.Points, Account: "customer", Ref: "ref", Amount: eur(1), Points: 2}}}}}}
	o.Sequence, o.PaidAt, o.Prepaid, o.Credited, o.Due = 1, start, eur(11), eur(12), eur(13)
	l := &o.Lines[0]
	l.Title, l.Categories, l.Brand, l.Cost, l.TaxClass = "Lamp", []string{"home", "light"}, "Acme", eur(100), "standard"
	l.FinalSale, l.NetContent = true, flywheel.MustNetContent("75 cl")
	l.Personalization = flywheel.MustDetails(map[string]string{"engraving": "Für Anna"})
	l.Metadata = flywheel.MustDetails(map[string]string{"erp": "17"})
	l.Taxes = []pricing.TaxPart{{Code: "vat", Rate: money.Percent(20), Net: eur(1500), Tax: eur(300)}}
	l.Trace = []pricing.Step{{Kind: pricing.StepPrice, Source: "list", Base: money.MustPrice("2.55", money.EUR), Quantity: 6, Amount: eur(1530)}}
	l.Canceled, l.Shipped, l.Returned, l.DeliveredAt = 1, 4, 2, start.Add(time.Hour)
	o.Lines[1].Download = true
	return o
}

// paper returns a document without a number.
func paper(kind order.DocumentKind, first int64) order.Document {
	eur := func(minor int64) money.Amount { return money.New(minor, money.EUR) }
	return order.Document{Kind: kind, Series: string(kind), First: first, At: start, Operation: 1, Net: eur(100), Tax: eur(20), Total: eur(120),
		Lines: []order.DocumentLine{{Kind: order.GoodsLine, Line: "1", SKU: "85123A", Title: "Lamp", Quantity: 1, Rate: money.Percent(20), Net: eur(100), Tax: eur(20), Total: eur(120)}}}
}

var lifeCases = []testCase{
	{Name: "life/whole", Rule: "an order with a mode comes back with all that it has, also after Save, with lines that were added", Check: func(w *world) error {
		want := life("o")
		if err := w.insert(life("o")); err != nil {
			return err
		}
		want.Version = 1
		if err := w.expect(want); err != nil {
			return err
		}
		o, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		added := o.Lines[0]
		added.ID, added.SKU, added.Added, added.Shipped, added.Returned = "3", "new", "2", 1, 0
		o.Lines = append(o.Lines, added)
		o.Lines[1].Canceled = 7
		o.Parcels[0].Status = order.ParcelShipped
		o.Tenders[1].Authorizations[0].Refunded = money.New(2, money.EUR)
		o.Operations = append(o.Operations, order.Operation{Sequence: 2, Kind: order.KindEdit, Command: []byte(`{}`), At: start, Asked: true,
			Offer: &order.Offer{Parcels: o.Parcels}})
		want = o.Clone()
		want.Version = 2
		got, err := w.Save(ctx, o)
		return suite.First(err, suite.Same("Save", got, want), w.expect(want))
	}},
	{Name: "life/copy", Rule: "a store shares no memory with the orders that it takes and gives", Check: func(w *world) error {
		if err := w.insert(life("o")); err != nil {
			return err
		}
		want, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		want = want.Clone()
		got, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		got.Parcels[0].Pieces[0].Quantity, got.Tenders[1].Authorizations[0].ID = 77, "spoiled"
		got.Operations[0].Answer.Parcels[0], got.Policy.Restocking["opened"] = "spoiled", money.Percent(99)
		got.Metadata["gift"], got.RMAs[0].Lines[0].Accepted = "spoiled", 77
		got.Shipping.City, got.Delivery.Option = "spoiled", "spoiled"
		got.Deliveries[0].Lines[0] = "spoiled"
		return w.expect(want)
	}},
	{Name: "life/number", Rule: "a Number that another order has reports a DuplicateError and changes nothing; orders without one do not share it", Check: func(w *world) error {
		o := life("p")
		o.Number = "number of o"
		return suite.First(w.insert(life("o"), sample("a"), sample("b")), w.refused(o, "number", "o"))
	}},
	{Name: "documents/numbers", Rule: "a document gets the next number of its series, the first where it is new, and keeps it; a refused save takes none", Check: func(w *world) error {
		if err := w.insert(life("o"), life("p")); err != nil {
			return err
		}
		write := func(id order.ID, papers ...order.Document) ([]int64, error) {
			o, err := w.Get(ctx, id)
			if err != nil {
				return nil, err
			}
			stale := o.Clone()
			stale.Version += 5
			stale.Documents = append(stale.Documents, papers...)
			if _, err := w.Save(ctx, stale); !errors.Is(err, order.ErrStale) {
				return nil, fmt.Errorf("stale Save: %v, want ErrStale", err)
			}
			o.Documents = append(o.Documents, papers...)
			if o, err = w.Save(ctx, o); err != nil {
				return nil, err
			}
			stored, err := w.Get(ctx, id)
			if err := suite.First(err, suite.Same("Get", stored, o)); err != nil {
				return nil, err
			}
			var numbers []int64
			for _, d := range o.Documents {
				if d.First != 0 {
					return nil, fmt.Errorf("a stored document has First %d", d.First)
				}
				numbers = append(numbers, d.Number)
			}
			return numbers, nil
		}
		for _, step := range []struct {
			id     order.ID
			papers []order.Document
			want   []int64
		}{
			{"o", []order.Document{paper(order.Invoice, 1001)}, []int64{1001}},
			{"p", []order.Document{paper(order.CreditNote, 501), paper(order.Invoice, 7)}, []int64{501, 1002}},
			{"o", []order.Document{paper(order.Invoice, 1), paper(order.Invoice, 1)}, []int64{1001, 1003, 1004}},
			{"p", nil, []int64{501, 1002}},
		} {
			got, err := write(step.id, step.papers...)
			if err := suite.First(err, suite.Same(fmt.Sprintf("numbers of %s", step.id), got, step.want)); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "documents/race", Rule: "of papers that are written at the same time each has a number of its own, without gaps", Check: func(w *world) error {
		const n = 12
		for i := range n {
			if err := w.insert(life(fmt.Sprintf("o-%d", i))); err != nil {
				return err
			}
		}
		numbers := make([]int64, n)
		errs := suite.Parallel(n, func(i int) error {
			o, err := w.Get(ctx, order.ID(fmt.Sprintf("o-%d", i)))
			if err != nil {
				return err
			}
			o.Documents = append(o.Documents, paper(order.Invoice, 1))
			if o, err = w.Save(ctx, o); err == nil {
				numbers[i] = o.Documents[0].Number
			}
			return err
		})
		if err := suite.First(errs...); err != nil {
			return err
		}
		slices.Sort(numbers)
		for i, got := range numbers {
			if got != int64(i+1) {
				return fmt.Errorf("numbers are %v, want 1 to %d", numbers, n)
			}
		}
		return nil
	}},
	{Name: "list/found", Rule: "List keeps the orders with a mode that have the state, parcel, number, address, SKU and words of the filter", Check: func(w *world) error {
		a, b, c := life("a"), life("b"), life("c")
		a.PlacedAt, b.PlacedAt, c.PlacedAt = start, start.Add(time.Second), start.Add(2*time.Second)
		b.Contact.Email, b.Lines[1].SKU = "otto@example.com", "bolt"
		c.Parcels, c.Lines[0].Title = nil, "Lampion"
		for i := range c.Lines {
			l := &c.Lines[i]
			l.Canceled, l.Shipped, l.Returned = 0, l.Quantity, 0
		}
		if err := w.insert(a, b, c, at("x", 1)); err != nil {
			return err
		}
		return suite.First(
			w.lists(order.Filter{State: order.Partial}, "a", "b"), w.lists(order.Filter{State: order.Fulfilled}, "c"), w.lists(order.Filter{State: order.CalledOff}),
			w.lists(order.Filter{ToShip: true}, "a", "b"), w.lists(order.Filter{Number: "number of b"}, "b"), w.lists(order.Filter{Number: "number"}),
			w.lists(order.Filter{Email: " ANNA@example.com"}, "a", "c"), w.lists(order.Filter{Email: "anna"}),
			w.lists(order.Filter{SKU: "bolt"}, "b"), w.lists(order.Filter{SKU: "85123A", Email: "otto@example.com"}, "b"), w.lists(order.Filter{SKU: "85123a"}),
			w.lists(order.Filter{Text: "LAMP ång"}, "a", "b", "c"), w.lists(order.Filter{Text: "lampi"}, "c"), w.lists(order.Filter{Text: "amp"}), w.lists(order.Filter{Text: "lamp nobody"}),
			w.lists(order.Filter{Text: "!"}), w.lists(order.Filter{Text: "berlin", Limit: 1}, "a"), w.lists(order.Filter{Text: "bolt", Customer: "nobody"}),
			w.lists(order.Filter{SKU: "screw", After: a.Position()}, "c"))
	}},
	{Name: "list/found-later", Rule: "what an order is found by follows a Save", Check: func(w *world) error {
		if err := w.insert(life("o")); err != nil {
			return err
		}
		o, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		added := o.Lines[0]
		added.ID, added.SKU, added.Title, added.Added = "3", "new", "Candle", "2"
		o.Lines = append(o.Lines, added)
		for i := range o.Lines {
			l := &o.Lines[i]
			l.Canceled, l.Shipped, l.Returned = 0, l.Quantity, 0
		}
		o.Parcels[0].Status = order.ParcelShipped
		if _, err := w.Save(ctx, o); err != nil {
			return err
		}
		return suite.First(w.lists(order.Filter{SKU: "new"}, "o"), w.lists(order.Filter{Text: "candle"}, "o"),
			w.lists(order.Filter{State: order.Partial}), w.lists(order.Filter{State: order.Fulfilled}, "o"), w.lists(order.Filter{ToShip: true}))
	}},
	{Name: "forget/life", Rule: "Forget leaves nothing of contact and addresses, and nothing to find them by", Check: func(w *world) error {
		if err := suite.First(w.insert(life("o")), w.Forget(ctx, "customer")); err != nil {
			return err
		}
		got, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		want := life("o").Erased(func(string) string { return "" })
		return suite.First(suite.Same("contact", got.Contact, order.Contact{}), suite.Same("addresses", []*order.Address{got.Shipping, got.Billing}, []*order.Address{nil, nil}),
			suite.Same("documents", got.Documents, want.Documents), suite.Same("parcels", got.Parcels, want.Parcels),
			w.lists(order.Filter{Email: "anna@example.com"}), w.lists(order.Filter{Text: "berlin"}), w.lists(order.Filter{SKU: "screw"}, "o"))
	}},
}
