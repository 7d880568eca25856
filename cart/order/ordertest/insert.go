package ordertest

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var insertCases = []testCase{
	{Name: "insert/whole", Rule: "an order comes back as it was inserted, with Version 1", Check: func(w *world) error {
		o := sample("o")
		o.Version = 7 // what the caller puts there does not matter
		got, err := w.Insert(ctx, o)
		if err != nil {
			return err
		}
		want := sample("o")
		want.Version = 1
		byKey, err := w.ByKey(ctx, want.Buyer(), want.Key)
		return suite.First(err, suite.Same("Insert", got, want), suite.Same("ByKey", byKey, want), w.expect(want))
	}},
	{Name: "insert/minimal", Rule: "an order of a guest without cart, coupons and payment comes back as it was inserted", Check: func(w *world) error {
		bare := func(id string) order.Order {
			return with(id, func(o *order.Order) {
				o.Customer, o.Cart, o.Coupons, o.Reservation, o.Payment.Authorization = "", "", nil, "", ""
			})
		}
		want := bare("o")
		want.Version = 1
		return suite.First(w.insert(bare("o"), bare("p")), w.expect(want))
	}},
	{Name: "insert/thousand-lines", Rule: "an order of a thousand lines and more comes back whole", Check: func(w *world) error {
		o := sample("o")
		for len(o.Lines) < 1200 {
			l := o.Lines[len(o.Lines)%2]
			l.ID = fmt.Sprint(len(o.Lines) + 1)
			o.Lines = append(o.Lines, l)
		}
		if err := w.insert(o); err != nil {
			return err
		}
		o.Version = 1
		return w.expect(o)
	}},
	{Name: "insert/copy", Rule: "a store shares no memory with what it takes and gives", Check: func(w *world) error {
		o := sample("o")
		out, err := w.Insert(ctx, o)
		if err != nil {
			return err
		}
		spoil := func(o order.Order) {
			o.Lines[0].SKU = "spoiled"
			o.Coupons[0] = "spoiled"
			for _, r := range o.Returns {
				r.Lines[0].Quantity = 77
			}
		}
		spoil(o)
		spoil(out)
		want := sample("o")
		want.Version = 1
		if err := w.expect(want); err != nil {
			return fmt.Errorf("after Insert: %w", err)
		}
		got, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		spoil(got)
		if err := w.expect(want); err != nil {
			return fmt.Errorf("after Get: %w", err)
		}
		if got, err = w.ByKey(ctx, want.Buyer(), want.Key); err != nil {
			return err
		}
		spoil(got)
		for o, err := range w.List(ctx, order.Filter{}) {
			if err != nil {
				return err
			}
			spoil(o)
		}
		if err := w.expect(want); err != nil {
			return fmt.Errorf("after ByKey and List: %w", err)
		}
		withReturn := want.Clone()
		withReturn.Returns = []order.Return{{Key: "r", Lines: []order.ReturnLine{{Line: "1", Quantity: 1}}, At: start}}
		kept := withReturn.Clone()
		saved, err := w.Save(ctx, withReturn)
		if err != nil {
			return err
		}
		spoil(withReturn)
		spoil(saved)
		kept.Version = 2
		if err := w.expect(kept); err != nil {
			return fmt.Errorf("after Save: %w", err)
		}
		return nil
	}},
	{Name: "insert/same-key", Rule: "the same key and fingerprint again returns the order as it is now and changes nothing", Check: func(w *world) error {
		if err := w.insert(sample("o")); err != nil {
			return err
		}
		now, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		now.Status = order.Paid
		if now, err = w.Save(ctx, now); err != nil {
			return err
		}
		again := sample("o")
		again.ID, again.Cart = "another", "another"
		got, err := w.Insert(ctx, again)
		if err != nil {
			return err
		}
		_, err = w.Get(ctx, "another")
		return suite.First(suite.Same("second Insert", got, now), suite.Wrong("Get", err, flywheel.ErrNotFound), w.lists(order.Filter{}, "o"))
	}},
	{Name: "insert/same-key-other-body", Rule: "the same key with another fingerprint reports ErrKeyReused", Check: func(w *world) error {
		other := with("p", func(o *order.Order) { o.Key, o.Fingerprint = "key of o", "another body" })
		if err := w.insert(sample("o")); err != nil {
			return err
		}
		_, err := w.Insert(ctx, other)
		return suite.First(suite.Wrong("Insert", err, order.ErrKeyReused), w.lists(order.Filter{}, "o"))
	}},
	{Name: "insert/key-of-buyer", Rule: "a key belongs to its buyer: customers, and visitors without customer, do not share keys", Check: func(w *world) error {
		mine := func(id string, c flywheel.CustomerID, v flywheel.VisitorID) order.Order {
			return with(id, func(o *order.Order) { o.Key, o.Customer, o.Visitor = "key", c, v })
		}
		orders := []order.Order{mine("a", "x", ""), mine("b", "y", "z"), mine("c", "", "x"), mine("d", "", "z")}
		if err := w.insert(orders...); err != nil {
			return err
		}
		for _, o := range orders {
			got, err := w.ByKey(ctx, o.Buyer(), "key")
			if err != nil || got.ID != o.ID {
				return fmt.Errorf("ByKey of %+v: got %q, %v, want %q", o.Buyer(), got.ID, err, o.ID)
			}
		}
		elsewhere, err := w.Insert(ctx, with("a2", func(o *order.Order) { // the same customer on another device
			o.Key, o.Customer, o.Visitor, o.Fingerprint = "key", "x", "new", orders[0].Fingerprint
		}))
		if err != nil || elsewhere.ID != "a" {
			return fmt.Errorf("Insert from another device: got %q, %v, want order a", elsewhere.ID, err)
		}
		_, err = w.ByKey(ctx, order.Buyer{Customer: "nobody"}, "key")
		return suite.Wrong("ByKey of a stranger", err, flywheel.ErrNotFound)
	}},
	{Name: "insert/same-id", Rule: "an ID that another order has reports a DuplicateError and changes nothing", Check: func(w *world) error {
		o := with("o", func(o *order.Order) { o.Key, o.Cart, o.Session = "other key", "other cart", "other" })
		return suite.First(w.insert(sample("o")), w.refused(o, "id", "o"))
	}},
	{Name: "insert/same-cart", Rule: "a cart that another order has reports a DuplicateError that names that order", Check: func(w *world) error {
		o := with("p", func(o *order.Order) { o.Cart = "cart of o" })
		if err := suite.First(w.insert(sample("o")), w.refused(o, "cart", "o")); err != nil {
			return err
		}
		_, err := w.Get(ctx, "p")
		return suite.Wrong("Get of the refused order", err, flywheel.ErrNotFound)
	}},
	{Name: "insert/race-one-key", Rule: "of parallel inserts with one key one has an effect and all answer with its order", Check: func(w *world) error {
		const n = 20
		got := make([]order.Order, n)
		errs := suite.Parallel(n, func(i int) (err error) {
			got[i], err = w.Insert(ctx, with(fmt.Sprintf("o-%d", i), func(o *order.Order) { o.Key, o.Fingerprint, o.Cart = "key", "body", "" }))
			return err
		})
		if err := suite.First(errs...); err != nil {
			return err
		}
		for i := range got {
			if err := suite.Same("Insert", got[i], got[0]); err != nil {
				return err
			}
		}
		return w.lists(order.Filter{}, got[0].ID)
	}},
	{Name: "insert/race-one-cart", Rule: "of parallel inserts with one cart and different keys one has an effect", Check: func(w *world) error {
		errs := suite.Parallel(20, func(i int) error {
			_, err := w.Insert(ctx, with(fmt.Sprintf("o-%d", i), func(o *order.Order) { o.Cart = "cart" }))
			return err
		})
		ids, err := w.ids(order.Filter{})
		if err != nil || len(ids) != 1 {
			return fmt.Errorf("orders are %v, %v, want one", ids, err)
		}
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
				continue
			}
			d, ok := errors.AsType[*order.DuplicateError](err)
			if !ok || d.Existing != ids[0] || d.Field != "cart" {
				return fmt.Errorf("Insert: %v, want a DuplicateError that names %q", err, ids[0])
			}
		}
		if won != 1 {
			return fmt.Errorf("%d inserts succeeded, want 1", won)
		}
		return nil
	}},
	{Name: "context/cancelled", Rule: "a call with a cancelled context has no effect and reports the context's error", Check: func(w *world) error {
		if err := w.insert(sample("o")); err != nil {
			return err
		}
		o, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		over, cancel := context.WithCancel(ctx)
		cancel()
		changed := o.Clone()
		changed.Status = order.Paid
		_, insertErr := w.Insert(over, sample("p"))
		_, saveErr := w.Save(over, changed)
		_, getErr := w.Get(over, "o")
		_, keyErr := w.ByKey(over, o.Buyer(), o.Key)
		var listErr error
		n := 0
		for _, err := range w.List(over, order.Filter{}) {
			listErr = err
			n++
		}
		if n != 1 {
			return fmt.Errorf("List with a cancelled context yielded %d times, want the error once", n)
		}
		return suite.First(suite.Wrong("Insert", insertErr, context.Canceled), suite.Wrong("Save", saveErr, context.Canceled),
			suite.Wrong("Get", getErr, context.Canceled), suite.Wrong("ByKey", keyErr, context.Canceled),
			suite.Wrong("List", listErr, context.Canceled), w.lists(order.Filter{}, "o"), w.expect(o))
	}},
}

// refused checks that o is refused for a field of an existing order.
func (w *world) refused(o order.Order, field string, existing order.ID) error {
	before, err := w.Get(ctx, existing)
	if err != nil {
		return err
	}
	_, err = w.Insert(ctx, o)
	d, ok := errors.AsType[*order.DuplicateError](err)
	if !ok || d.Field != field || d.Existing != existing {
		return fmt.Errorf("Insert: %v, want a DuplicateError{%q, %q}", err, field, existing)
	}
	return w.expect(before)
}
