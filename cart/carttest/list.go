package carttest

import (
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var listCases = []testCase{
	{Name: "list/order", Rule: "List yields by the time of the last change, then by ID compared byte by byte", Check: func(w *world) error {
		return suite.First(w.save(at("c", 2), at("b", 1), at("a", 1), at("B", 1), at("d", 0)),
			w.lists(cart.Filter{}, "d", "B", "a", "b", "c"))
	}},
	{Name: "list/filter", Rule: "List keeps the carts that match every field of the filter", Check: func(w *world) error {
		other := at("x", 1)
		other.Customer, other.Visitor = "Customer", "Visitor"
		done := at("y", 1)
		done.Status = cart.Ordered
		if err := w.save(at("a", 0), at("b", 1), at("c", 2), other, done); err != nil {
			return err
		}
		return suite.First(w.lists(cart.Filter{Customer: "customer"}, "a", "b", "y", "c"),
			w.lists(cart.Filter{Visitor: "Visitor"}, "x"), w.lists(cart.Filter{Status: cart.Ordered}, "y"),
			w.lists(cart.Filter{UpdatedBefore: at("", 1).UpdatedAt}, "a"),
			w.lists(cart.Filter{Customer: "customer", Status: cart.Open, UpdatedBefore: at("", 2).UpdatedAt}, "a", "b"),
			w.lists(cart.Filter{Customer: "nobody"}), w.lists(cart.Filter{Limit: 2}, "a", "b"))
	}},
	{Name: "list/after", Rule: "List begins behind Filter.After, whether or not a cart stands there", Check: func(w *world) error {
		if err := w.save(at("a", 1), at("b", 1), at("c", 1), at("d", 2)); err != nil {
			return err
		}
		b, d := at("b", 1), at("d", 2)
		between := cart.Position{UpdatedAt: b.UpdatedAt, ID: "bb"}
		return suite.First(w.lists(cart.Filter{After: b.Position()}, "c", "d"), w.lists(cart.Filter{After: between}, "c", "d"),
			w.lists(cart.Filter{After: d.Position()}), w.lists(cart.Filter{After: b.Position(), Limit: 1}, "c"))
	}},
	{Name: "list/paging-while-saving", Rule: "pages neither repeat nor leave out carts when others are saved meanwhile", Check: func(w *world) error {
		for i := range 7 {
			if err := w.save(at(fmt.Sprintf("c-%d", i), i)); err != nil {
				return err
			}
		}
		var seen []cart.ID
		f := cart.Filter{Limit: 2}
		for page := range 100 {
			n := 0
			for c, err := range w.List(ctx, f) {
				if err != nil {
					return err
				}
				seen = append(seen, c.ID)
				f.After = c.Position()
				n++
			}
			if n == 0 {
				break
			}
			if page < 2 { // one behind the reader, one ahead
				if err := w.save(at(fmt.Sprintf("behind-%d", page), -1-page), at(fmt.Sprintf("d-%d", page), 20+page)); err != nil {
					return err
				}
			}
		}
		return suite.Same("pages", seen, []cart.ID{"c-0", "c-1", "c-2", "c-3", "c-4", "c-5", "c-6", "d-0", "d-1"})
	}},
	{Name: "list/stop-early", Rule: "the caller may stop a listing at any cart, and list again", Check: func(w *world) error {
		if err := w.save(at("a", 0), at("b", 1), at("c", 2)); err != nil {
			return err
		}
		for range 40 { // a cursor or a connection left open would run out
			for _, err := range w.List(ctx, cart.Filter{}) {
				if err != nil {
					return err
				}
				break
			}
		}
		return suite.First(w.save(at("d", 3)), w.lists(cart.Filter{}, "a", "b", "c", "d"))
	}},
	{Name: "list/call-while-ranging", Rule: "the caller may call the store while ranging", Check: func(w *world) error {
		if err := w.save(at("a", 0), at("b", 1)); err != nil {
			return err
		}
		var seen []cart.ID
		for c, err := range w.List(ctx, cart.Filter{}) {
			if err != nil {
				return err
			}
			seen = append(seen, c.ID)
			c.Status = cart.Merged
			if err := w.save(c, at("new behind "+string(c.ID), -1)); err != nil {
				return err
			}
		}
		if !slices.Equal(seen, []cart.ID{"a", "b"}) {
			return fmt.Errorf("List yielded %q, want a and b", seen)
		}
		return nil
	}},
}
