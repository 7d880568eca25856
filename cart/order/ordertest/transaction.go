package ordertest

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var transactionCases = []testCase{
	{Name: "transaction/commit", Transactions: true, Rule: "calls in one transaction see each other and are kept together", Check: func(w *world) error {
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			if _, err := w.Insert(ctx, sample("o")); err != nil {
				return err
			}
			o, err := w.Get(ctx, "o")
			if err != nil {
				return fmt.Errorf("Get within the transaction: %w", err)
			}
			o.Status = order.Paid
			if _, err := w.Save(ctx, o); err != nil {
				return err
			}
			for o, err := range w.List(ctx, order.Filter{}) {
				if err != nil || o.Status != order.Paid {
					return fmt.Errorf("List within the transaction: status %q, %w", o.Status, err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		want := sample("o")
		want.Version, want.Status = 2, order.Paid
		return w.expect(want)
	}},
	{Name: "transaction/rollback", Transactions: true, Rule: "an error of the transaction takes back every call in it", Check: func(w *world) error {
		before, err := w.stored()
		if err != nil {
			return err
		}
		return suite.First(suite.RollBack(ctx, w.tx, false, w.spoil), w.unspoilt(before))
	}},
	{Name: "transaction/panic", Transactions: true, Rule: "a panic in the transaction takes back every call in it", Check: func(w *world) error {
		before, err := w.stored()
		if err != nil {
			return err
		}
		return suite.First(suite.RollBack(ctx, w.tx, true, w.spoil), w.unspoilt(before))
	}},
	{Name: "transaction/refusal-within", Transactions: true, Rule: "a refused call leaves the rest of the transaction as it is", Check: func(w *world) error {
		if err := w.insert(sample("o")); err != nil {
			return err
		}
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			if _, err := w.Insert(ctx, sample("p")); err != nil {
				return err
			}
			_, key := w.Insert(ctx, with("q", func(o *order.Order) { o.Key, o.Fingerprint = "key of o", "another" }))
			_, cart := w.Insert(ctx, with("q", func(o *order.Order) { o.Cart = "cart of p" }))
			_, id := w.Insert(ctx, with("o", func(o *order.Order) { o.Key = "another" }))
			_, version := w.Save(ctx, sample("o")) // has version 0
			_, missing := w.Get(ctx, "q")
			if err := suite.First(suite.Wrong("Insert", key, order.ErrKeyReused), suite.Wrong("Insert", cart, order.ErrDuplicate),
				suite.Wrong("Insert", id, order.ErrDuplicate), suite.Wrong("Save", version, order.ErrStale),
				suite.Wrong("Get", missing, flywheel.ErrNotFound)); err != nil {
				return err
			}
			_, err := w.Insert(ctx, at("r", 1))
			return err
		})
		return suite.First(err, w.lists(order.Filter{}, "o", "p", "r"))
	}},
	{Name: "transaction/nested", Transactions: true, Rule: "a transaction within one joins it", Check: func(w *world) error {
		err := suite.RollBack(ctx, w.tx, false, func(ctx context.Context) error {
			return w.tx.InTx(ctx, func(ctx context.Context) error {
				_, err := w.Insert(ctx, sample("o"))
				return err
			})
		})
		return suite.First(err, w.lists(order.Filter{}))
	}},
}

// stored inserts two orders, one with its cart and customer, and returns the first.
func (w *world) stored() (order.Order, error) {
	if err := w.insert(sample("o"), at("later", 5)); err != nil {
		return order.Order{}, err
	}
	return w.Get(ctx, "o")
}

// spoil changes one order and adds two.
func (w *world) spoil(ctx context.Context) error {
	o, err := w.Get(ctx, "o")
	if err != nil {
		return err
	}
	o.Status = order.Paid
	if _, err = w.Save(ctx, o); err != nil {
		return err
	}
	if _, err = w.Insert(ctx, at("p", 1)); err != nil {
		return err
	}
	_, err = w.Insert(ctx, at("q", 9))
	return err
}

// unspoilt checks that nothing of spoil is left, and that its keys and carts
// can be used again.
func (w *world) unspoilt(before order.Order) error {
	if err := suite.First(w.expect(before), w.lists(order.Filter{}, "o", "later"),
		w.lists(order.Filter{Customer: "customer"}, "o", "later"), w.lists(order.Filter{Pending: true}, "o", "later")); err != nil {
		return fmt.Errorf("after the rollback: %w", err)
	}
	return w.insert(with("again", func(o *order.Order) { o.Key, o.Fingerprint, o.Cart = "key of p", "new", "cart of p" }))
}
