package suppliertest

import (
	"slices"
	"testing"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// Features says what a store can do beyond the contract.
type Features struct {
	// Transactions says that the store joins the transaction of a
	// flywheel.Transactor, which is the store itself unless Tx is given.
	Transactions bool
	// Tx returns the transactor of a store.
	Tx func(s supplier.Store) flywheel.Transactor
}

// Run runs the suite. fresh returns an empty store; each case has its own.
func Run(t *testing.T, fresh func(t *testing.T) supplier.Store, f Features) {
	contract.Run(t, fresh, suite.Transactor(f.Transactions, f.Tx))
}

type testCase = suite.Case[check]

type check func(w *world)

var contract = suite.Suite[supplier.Store, check]{
	Cases: slices.Concat(keepCases, listCases, serviceCases),
	Call: func(t suite.T, check check, s supplier.Store, tx flywheel.Transactor) error {
		check(&world{suite.Checker{T: t}, s, tx})
		return nil
	},
}

// world is what a check works on.
type world struct {
	suite.Checker
	supplier.Store
	tx flywheel.Transactor
}

func (w *world) same(what string, got, want any) {
	w.Helper()
	if err := suite.Same(what, got, want); err != nil {
		w.Errorf("%v", err)
	}
}

// noon is when the first order is placed.
var noon = time.Date(2026, 2, 28, 12, 0, 0, 123456000, time.UTC)

// on is noon so many days later.
func on(days int) time.Time { return noon.AddDate(0, 0, days) }

// company is a supplier of lamps, which are inspected, and of mugs.
func company(id string) supplier.Supplier {
	return supplier.Supplier{
		ID: id, Name: "Lamp & Co", Currency: money.EUR, Approval: supplier.Approved,
		Terms: supplier.Terms{PaymentDays: 30, DiscountDays: 10, OverDelivery: 0.05, Lead: supplier.LeadLaw{Mean: 10, SD: 2}, Least: money.New(5000, money.EUR)},
		Items: []supplier.Item{
			{SKU: "lamp", Price: money.MustPrice("4.125", money.EUR), Pack: 10, Least: 20, Inspect: true, Scheme: supplier.Scheme{AQL: 1}},
			{SKU: "mug", Price: money.MustPrice("1.5", money.EUR), Lead: supplier.LeadLaw{Mean: 4, SD: 1}},
		},
	}
}

// order is an order of a supplier placed some days after noon.
func order(id, of string, days int) supplier.Order {
	o, err := company(of).Draft(id, on(days), []supplier.Want{{SKU: "lamp", Quantity: 100, Place: "main"}, {SKU: "mug", Quantity: 40, Place: "west"}})
	if err != nil {
		panic(err)
	}
	return o
}

// with applies documents to an order.
func with(o supplier.Order, documents ...supplier.Document) supplier.Order {
	for _, d := range documents {
		var err error
		if o, _, err = o.Apply(d); err != nil {
			panic(err)
		}
	}
	return o
}

func send(id string) supplier.Document {
	return supplier.Document{ID: id, Kind: supplier.Send, At: on(1)}
}

func receipt(id string, days int, lines ...supplier.DocumentLine) supplier.Document {
	return supplier.Document{ID: id, Kind: supplier.Receipt, At: on(days), Lines: lines}
}

// saved saves an order.
func (w *world) saved(o supplier.Order) supplier.Order {
	w.Helper()
	o, err := w.SaveOrder(w.Context(), o)
	w.OK(err)
	return o
}

// found returns the orders that a filter selects.
func (w *world) found(f supplier.OrderFilter) (ids []string) {
	w.Helper()
	list, err := suite.Collect(w.Orders(w.Context(), f))
	w.OK(err)
	for _, o := range list {
		ids = append(ids, o.ID)
	}
	return ids
}
