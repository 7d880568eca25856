package ordertest

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s order.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) order.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(w *world) error

var contract = suite.Suite[order.Store, check]{
	Cases: slices.Concat(insertCases, saveCases, listCases, lifeCases, textCases, forgetCases, transactionCases),
	Call: func(_ suite.T, check check, s order.Store, tx flywheel.Transactor) error {
		return check(&world{s, tx})
	},
}

// world is what a check works on.
type world struct {
	order.Store
	tx flywheel.Transactor
}

var ctx = context.Background()

// start is a moment with microseconds.
var start = time.Date(2010, 12, 1, 8, 26, 0, 123456000, time.UTC)

// sample returns an order of a customer with two lines, as checkout places it.
func sample(id string) order.Order {
	eur := func(minor int64) money.Amount { return money.New(minor, money.EUR) }
	return order.Order{
		ID: order.ID(id), Key: "key of " + id, Fingerprint: "body of " + id, Cart: "cart of " + id,
		Customer: "customer", Visitor: "visitor", Session: "session", Currency: money.EUR,
		Lines: []order.Line{
			{ID: "1", SKU: "85123A", Quantity: 6, Unit: money.MustPrice("2.55", money.EUR), TaxRate: money.Percent(20), Subtotal: eur(1530),
				Discount: eur(30), Net: eur(1500), Tax: eur(300), Total: eur(1800)},
			{ID: "2", SKU: "screw", Quantity: 1000, Unit: money.MustPrice("0.0125", money.EUR), TaxRate: money.Percent(20), TaxIncluded: true, Subtotal: eur(1250),
				Discount: eur(0), Net: eur(1250), Tax: eur(250), Total: eur(1500)},
		},
		Coupons: []string{"WELCOME"}, Promotions: []order.Promotion{{ID: "welcome", Discount: eur(30)}},
		Subtotal: eur(2780), Discount: eur(30), Net: eur(2750), Tax: eur(550), Total: eur(3300),
		Payment:     order.Payment{Authorization: "a", Method: "card", Authorized: eur(3300), Captured: eur(0), Refunded: eur(0)},
		Reservation: "r", Booked: true, Status: order.Placed, PlacedAt: start,
	}
}

// at returns a sample placed some seconds after start.
func at(id string, seconds int) order.Order {
	o := sample(id)
	o.PlacedAt = start.Add(time.Duration(seconds) * time.Second)
	return o
}

// with returns a sample changed by edit.
func with(id string, edit func(o *order.Order)) order.Order {
	o := sample(id)
	edit(&o)
	return o
}

// insert adds orders, none of which may be refused.
func (w *world) insert(orders ...order.Order) error {
	for _, o := range orders {
		if _, err := w.Insert(ctx, o); err != nil {
			return fmt.Errorf("Insert of %q: %w", o.ID, err)
		}
	}
	return nil
}

// expect compares the stored order with want.
func (w *world) expect(want order.Order) error {
	got, err := w.Get(ctx, want.ID)
	if err != nil {
		return fmt.Errorf("Get of %q: %w", want.ID, err)
	}
	return suite.Same("Get", got, want)
}

// ids lists the orders that match f.
func (w *world) ids(f order.Filter) ([]order.ID, error) {
	ids := []order.ID{}
	for o, err := range w.List(ctx, f) {
		if err != nil {
			return nil, fmt.Errorf("List(%+v): %w", f, err)
		}
		ids = append(ids, o.ID)
	}
	return ids, nil
}

// lists compares a listing with want.
func (w *world) lists(f order.Filter, want ...order.ID) error {
	got, err := w.ids(f)
	if err != nil {
		return err
	}
	if len(want) == 0 {
		want = []order.ID{}
	}
	return suite.Same(fmt.Sprintf("List(%+v)", f), got, want)
}
