package ordertest

import (
	"fmt"
	"slices"
	"time"

	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var listCases = []testCase{
	{Name: "list/order", Rule: "List yields by time, then by ID compared byte by byte", Check: func(w *world) error {
		return suite.First(w.insert(at("c", 2), at("b", 1), at("a", 1), at("B", 1), at("d", 0)),
			w.lists(order.Filter{}, "d", "B", "a", "b", "c"))
	}},
	{Name: "list/filter", Rule: "List keeps the orders that match every field of the filter", Check: func(w *world) error {
		other := at("x", 1)
		other.Customer = "Customer"
		guest := at("g", 1)
		guest.Customer = ""
		if err := w.insert(at("a", 0), at("b", 1), at("c", 2), other, guest); err != nil {
			return err
		}
		s := func(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }
		mine := order.Filter{Customer: "customer"}
		between := order.Filter{From: s(1), To: s(2)}
		both := order.Filter{Customer: "customer", From: s(1), To: s(3), Limit: 1}
		return suite.First(w.lists(mine, "a", "b", "c"), w.lists(between, "b", "g", "x"), w.lists(both, "b"),
			w.lists(order.Filter{From: s(2)}, "c"), w.lists(order.Filter{To: s(1)}, "a"),
			w.lists(order.Filter{Customer: "nobody"}), w.lists(order.Filter{Limit: 2}, "a", "b"))
	}},
	{Name: "list/pending", Rule: "Filter.Pending keeps the orders for which Order.Pending reports true, as they are now", Check: func(w *world) error {
		if err := w.insert(at("a", 0), at("b", 1), at("c", 2)); err != nil {
			return err
		}
		set := func(id order.ID, edit func(o *order.Order)) error {
			o, err := w.Get(ctx, id)
			if err != nil {
				return err
			}
			edit(&o)
			_, err = w.Save(ctx, o)
			return err
		}
		pay := func(o *order.Order) { o.Status = order.Paid }
		open := func(o *order.Order) { o.Returns = []order.Return{{Key: "r", At: start}} }
		done := func(o *order.Order) { o.Returns[0].Done = true }
		return suite.First(w.lists(order.Filter{Pending: true}, "a", "b", "c"),
			set("a", pay), set("b", pay), w.lists(order.Filter{Pending: true}, "c"),
			set("a", open), w.lists(order.Filter{Pending: true}, "a", "c"),
			set("a", done), w.lists(order.Filter{Pending: true, Customer: "customer"}, "c"),
			w.lists(order.Filter{}, "a", "b", "c"))
	}},
	{Name: "list/after", Rule: "List begins behind Filter.After, whether or not an order stands there", Check: func(w *world) error {
		if err := w.insert(at("a", 1), at("b", 1), at("c", 1), at("d", 2)); err != nil {
			return err
		}
		b := at("b", 1)
		between := order.Position{PlacedAt: b.PlacedAt, ID: "bb"}
		end := at("d", 2)
		return suite.First(w.lists(order.Filter{After: b.Position()}, "c", "d"), w.lists(order.Filter{After: between}, "c", "d"),
			w.lists(order.Filter{After: end.Position()}), w.lists(order.Filter{After: b.Position(), Limit: 1}, "c"))
	}},
	{Name: "list/paging-while-inserting", Rule: "pages neither repeat nor leave out orders when others are inserted meanwhile", Check: func(w *world) error {
		for i := range 9 {
			if err := w.insert(at(fmt.Sprintf("o-%d", i), i)); err != nil {
				return err
			}
		}
		var seen []order.ID
		f := order.Filter{Limit: 2}
		for page := range 100 {
			n := 0
			for o, err := range w.List(ctx, f) {
				if err != nil {
					return err
				}
				seen = append(seen, o.ID)
				f.After = o.Position()
				n++
			}
			if n == 0 {
				break
			}
			if page < 3 { // one behind the reader, one ahead
				if err := w.insert(at(fmt.Sprintf("behind-%d", page), -1-page), at(fmt.Sprintf("p-%d", page), 20+page)); err != nil {
					return err
				}
			}
		}
		want := []order.ID{"o-0", "o-1", "o-2", "o-3", "o-4", "o-5", "o-6", "o-7", "o-8", "p-0", "p-1", "p-2"}
		return suite.Same("pages", seen, want)
	}},
	{Name: "list/stop-early", Rule: "the caller may stop a listing at any order, and list again", Check: func(w *world) error {
		if err := w.insert(at("a", 0), at("b", 1), at("c", 2)); err != nil {
			return err
		}
		for range 40 { // a cursor or a connection left open would run out
			for _, err := range w.List(ctx, order.Filter{}) {
				if err != nil {
					return err
				}
				break
			}
		}
		return suite.First(w.insert(at("d", 3)), w.lists(order.Filter{}, "a", "b", "c", "d"))
	}},
	{Name: "list/call-while-ranging", Rule: "the caller may call the store while ranging", Check: func(w *world) error {
		if err := w.insert(at("a", 0), at("b", 1)); err != nil {
			return err
		}
		var seen []order.ID
		for o, err := range w.List(ctx, order.Filter{}) {
			if err != nil {
				return err
			}
			seen = append(seen, o.ID)
			o.Status = order.Paid
			if _, err := w.Save(ctx, o); err != nil {
				return err
			}
			if err := w.insert(at("new behind "+string(o.ID), -1)); err != nil {
				return err
			}
		}
		if !slices.Equal(seen, []order.ID{"a", "b"}) {
			return fmt.Errorf("List yielded %q, want a and b", seen)
		}
		return nil
	}},
}
