package suppliertest

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/inventory/supplier"
)

var listCases = []testCase{
	{Name: "suppliers/list", Rule: "Suppliers yields all by their IDs, byte by byte; whoever ranges over them may call the store or stop.", Check: func(w *world) {
		for _, text := range suite.OddTexts {
			s := company(text)
			s.Name = text
			_, err := w.SaveSupplier(w.Context(), s)
			w.OK(err)
		}
		var ids []string
		for s, err := range w.Suppliers(w.Context()) {
			w.OK(err)
			got, err := w.Supplier(w.Context(), s.ID)
			w.OK(err)
			w.same("the supplier "+s.ID, s, got)
			ids = append(ids, s.ID)
		}
		w.same("the IDs", ids, slices.Sorted(slices.Values(suite.OddTexts)))
		for range w.Suppliers(w.Context()) {
			break
		}
	}},
	{Name: "orders/filter", Rule: "Orders yields what the filter selects by (Placed, ID), Since included and Before not.", Check: func(w *world) {
		w.same("no orders", w.found(supplier.OrderFilter{}), []string(nil))
		closed := with(order("closed", "acme", 2), send("s"), supplier.Document{ID: "c", Kind: supplier.Close, At: on(3)})
		closed.Posted = 2
		sent := with(order("sent", "acme", 1), send("s"))
		w.saved(closed)
		w.saved(sent)
		for _, id := range []string{"b", "B", "a"} {
			w.saved(order(id, "bolt", 1))
		}
		for _, c := range []struct {
			filter supplier.OrderFilter
			want   []string
		}{
			{supplier.OrderFilter{}, []string{"B", "a", "b", "sent", "closed"}},
			{supplier.OrderFilter{Supplier: "acme"}, []string{"sent", "closed"}},
			{supplier.OrderFilter{Supplier: "Acme"}, nil},
			{supplier.OrderFilter{Since: on(1)}, []string{"B", "a", "b", "sent", "closed"}},
			{supplier.OrderFilter{Since: on(1).Add(time.Microsecond)}, []string{"closed"}},
			{supplier.OrderFilter{Before: on(2)}, []string{"B", "a", "b", "sent"}},
			{supplier.OrderFilter{Before: on(2).Add(time.Microsecond), Since: on(2)}, []string{"closed"}},
			{supplier.OrderFilter{Open: true}, []string{"B", "a", "b", "sent"}},
			{supplier.OrderFilter{Open: true, Supplier: "acme"}, []string{"sent"}},
			{supplier.OrderFilter{Behind: true}, []string{"sent"}},
			{supplier.OrderFilter{Behind: true, Supplier: "bolt", Open: true}, nil},
		} {
			w.same(fmt.Sprintf("orders of %+v", c.filter), w.found(c.filter), c.want)
		}
		got, err := w.Order(w.Context(), "sent")
		w.OK(err)
		got.Posted = 1
		w.saved(got)
		w.same("what is behind", w.found(supplier.OrderFilter{Behind: true}), []string(nil))
	}},
	{Name: "orders/paging", Rule: "Orders yields each order once, however many were placed at one instant, while others are saved meanwhile.", Check: func(w *world) {
		const n = 230
		want := make([]string, n)
		for i := range want {
			want[i] = fmt.Sprintf("%03d", i)
			w.saved(order(want[i], "acme", i/210))
		}
		var got []string
		for o, err := range w.Orders(w.Context(), supplier.OrderFilter{Supplier: "acme"}) {
			w.OK(err)
			if len(got) == 10 {
				w.saved(order("-", "acme", 0)) // before what was read
			}
			got = append(got, o.ID)
		}
		w.same("the orders", got, want)
		for range w.Orders(w.Context(), supplier.OrderFilter{}) {
			break
		}
	}},
}
