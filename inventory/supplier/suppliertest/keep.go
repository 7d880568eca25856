package suppliertest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory/fulfillment"
	"github.com/flywheel-go/flywheel/inventory/supplier"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var keepCases = []testCase{
	{Name: "supplier/version", Rule: "SaveSupplier takes the version that is stored and no other, and a supplier comes back as it was saved.", Check: func(w *world) {
		_, err := w.Supplier(w.Context(), "acme")
		w.Matches(err, supplier.ErrUnknown)
		early := company("acme")
		early.Version = 1
		_, err = w.SaveSupplier(w.Context(), early)
		w.Matches(err, supplier.ErrStale)
		first, err := w.SaveSupplier(w.Context(), company("acme"))
		w.OK(err)
		want := company("acme")
		want.Version = 1
		w.same("the answer", first, want)
		_, err = w.SaveSupplier(w.Context(), company("acme"))
		w.Matches(err, supplier.ErrStale)
		second := company("acme")
		second.Version, second.Items[0].Lots = 1, supplier.History{Severity: supplier.Tightened, Accepted: 3, Refused: 1}
		_, err = w.SaveSupplier(w.Context(), second)
		w.OK(err)
		second.Version = 2
		got, err := w.Supplier(w.Context(), "acme")
		w.OK(err)
		w.same("the supplier", got, second)
		w.same("its version", got.Version, int64(2))
		got.Items[0].SKU = "changed"
		again, err := w.Supplier(w.Context(), "acme")
		w.OK(err)
		w.same("the supplier after a reader changed its copy", again, second)
		won, err := suite.Race(8, supplier.ErrStale, func(i int) error {
			mine := second
			mine.Name = fmt.Sprint(i)
			_, err := w.SaveSupplier(w.Context(), mine)
			return err
		})
		w.OK(err)
		got, err = w.Supplier(w.Context(), "acme")
		w.OK(err)
		w.same("the name", got.Name, fmt.Sprint(won))
	}},
	{Name: "order/version", Rule: "SaveOrder takes the version that is stored and no other; of many at once one is kept, with its documents alone.", Check: func(w *world) {
		_, err := w.Order(w.Context(), "po")
		w.Matches(err, supplier.ErrUnknown)
		early := order("po", "acme", 0)
		early.Version = 3
		_, err = w.SaveOrder(w.Context(), early)
		w.Matches(err, supplier.ErrStale)
		_, err = w.Order(w.Context(), "po")
		w.Matches(err, supplier.ErrUnknown)
		first := w.saved(order("po", "acme", 0))
		_, err = w.SaveOrder(w.Context(), with(order("po", "acme", 0), send("late")))
		w.Matches(err, supplier.ErrStale)
		won, err := suite.Race(8, supplier.ErrStale, func(i int) error {
			_, err := w.SaveOrder(w.Context(), with(first, send(fmt.Sprint(i))))
			return err
		})
		w.OK(err)
		want := with(first, send(fmt.Sprint(won)))
		want.Version = 2
		got, err := w.Order(w.Context(), "po")
		w.OK(err)
		w.same("the order", got, want)
	}},
	{Name: "order/documents", Rule: "Documents are added in their order and come back as they were, with their offsets from UTC; readers get copies.", Check: func(w *world) {
		o := w.saved(order("po", "acme", 0))
		here := time.FixedZone("", 5*3600+1800)
		documents := []supplier.Document{
			send("z"),
			{ID: "b", Kind: supplier.Confirm, At: on(2).In(here), Lines: []supplier.DocumentLine{{Line: 1, Promised: on(6).In(here)}}},
			receipt("a", 9, supplier.DocumentLine{Line: 0, Quantity: 60, Rejected: 1, Lots: []supplier.LotUnits{
				{Lot: "L-1", Quantity: 40, Rejected: 1, Expires: fulfillment.Date{Year: 2027, Month: 2, Day: 3}}, {Lot: "L-2", Quantity: 20},
			}}),
			{
				ID: "m", Kind: supplier.Inspect, At: on(10).Add(777), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 59, Rejected: 2}},
				Sample: &supplier.Sample{Severity: supplier.Tightened, Found: []int{1, 1}, Accepted: true},
			},
			{ID: "back", Kind: supplier.Return, At: on(11), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 5, Shelf: 4, Rejected: 2}}},
			{ID: "cost", Kind: supplier.Land, At: on(12), Lines: []supplier.DocumentLine{{Line: 0, Quantity: 57, Cost: money.New(12_345, money.USD)}}},
		}
		for i, d := range documents {
			o = with(o, d)
			o.Posted = i
			o = w.saved(o)
			got, err := w.Order(w.Context(), "po")
			w.OK(err)
			w.same("the number of documents", len(got.Documents), i+1)
			w.same("the times", got.Documents[i].At.Format(time.RFC3339Nano), d.At.Format(time.RFC3339Nano))
			if !got.Documents[i].At.Equal(d.At) || got.Documents[i].ID != d.ID || got.Posted != i {
				w.Errorf("document %d is %+v, posted %d", i, got.Documents[i], got.Posted)
			}
			again, _, err := got.Apply(d) // equal in all
			w.OK(err)
			w.same("the version", again.Version, int64(i+2))
			got.Documents[0].ID, got.Lines[0].SKU = "changed", "changed"
			if i >= 2 {
				got.Documents[2].Lines[0].Lots[0].Lot = "changed"
			}
		}
		got, err := w.Order(w.Context(), "po")
		w.OK(err)
		w.same("the first document", got.Documents[0].ID, "z")
		w.same("the lines", got.Lines[0], o.Lines[0])
		w.same("the lots", got.Documents[2].Lines[0].Lots, documents[2].Lines[0].Lots)
		w.same("the sample", got.Documents[3].Sample, documents[3].Sample)
		list, err := suite.Collect(w.Orders(w.Context(), supplier.OrderFilter{}))
		w.OK(err)
		w.same("the listed order", list, []supplier.Order{got})
	}},
	{Name: "context/canceled", Rule: "A call whose context is over does nothing.", Check: func(w *world) {
		o := w.saved(order("po", "acme", 0))
		over, cancel := context.WithCancel(w.Context())
		cancel()
		_, err1 := w.SaveOrder(over, with(o, send("s")))
		_, err2 := w.SaveSupplier(over, company("acme"))
		_, err3 := w.Order(over, "po")
		_, err4 := w.Supplier(over, "acme")
		_, err5 := suite.Collect(w.Orders(over, supplier.OrderFilter{}))
		_, err6 := suite.Collect(w.Suppliers(over))
		for _, err := range []error{err1, err2, err3, err4, err5, err6} {
			w.Matches(err, context.Canceled)
		}
		got, err := w.Order(w.Context(), "po")
		w.OK(err)
		w.same("the order", got, o)
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "An error or a panic of the transaction takes back every call in it, and calls in one see each other.", Check: func(w *world) {
		kept := w.saved(order("kept", "acme", 0))
		for _, panics := range []bool{false, true} {
			w.OK(suite.RollBack(w.Context(), w.tx, panics, func(ctx context.Context) error {
				_, err1 := w.SaveOrder(ctx, with(kept, send("s")))
				_, err2 := w.SaveOrder(ctx, order("new", "acme", 1))
				_, err3 := w.SaveSupplier(ctx, company("acme"))
				_, err4 := w.SaveOrder(ctx, order("kept", "acme", 0))
				if !errors.Is(err4, supplier.ErrStale) {
					return fmt.Errorf("a stale order in a transaction: %v", err4)
				}
				inside, err5 := w.Order(ctx, "kept")
				if err5 == nil && len(inside.Documents) != 1 {
					return fmt.Errorf("the transaction reads %+v", inside)
				}
				return errors.Join(err1, err2, err3, err5)
			}))
			got, err := w.Order(w.Context(), "kept")
			w.OK(err)
			w.same("the order", got, kept)
			_, err = w.Order(w.Context(), "new")
			w.Matches(err, supplier.ErrUnknown)
			_, err = w.Supplier(w.Context(), "acme")
			w.Matches(err, supplier.ErrUnknown)
		}
	}},
}
