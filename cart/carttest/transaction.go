package carttest

import (
	"context"
	"fmt"

	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var transactionCases = []testCase{
	{Name: "transaction/commit", Transactions: true, Rule: "calls in one transaction see each other and are kept together", Check: func(w *world) error {
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			c, err := w.Save(ctx, sample("c"))
			if err != nil {
				return err
			}
			c.Status = cart.Ordered
			if _, err := w.Save(ctx, c); err != nil {
				return err
			}
			for c, err := range w.List(ctx, cart.Filter{}) {
				if err != nil || c.Status != cart.Ordered {
					return fmt.Errorf("List within the transaction: status %q, %w", c.Status, err)
				}
			}
			return nil
		})
		want := sample("c")
		want.Version, want.Status = 2, cart.Ordered
		return suite.First(err, w.expect(want))
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
		if err := w.save(sample("c")); err != nil {
			return err
		}
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			if _, err := w.Save(ctx, sample("d")); err != nil {
				return err
			}
			_, err := w.Save(ctx, sample("c")) // has version 0
			if err := suite.Wrong("Save", err, cart.ErrStale); err != nil {
				return err
			}
			_, err = w.Save(ctx, sample("e"))
			return err
		})
		return suite.First(err, w.lists(cart.Filter{}, "c", "d", "e"))
	}},
	{Name: "transaction/nested", Transactions: true, Rule: "a transaction within one joins it", Check: func(w *world) error {
		err := suite.RollBack(ctx, w.tx, false, func(ctx context.Context) error {
			return w.tx.InTx(ctx, func(ctx context.Context) error {
				_, err := w.Save(ctx, sample("c"))
				return err
			})
		})
		return suite.First(err, w.lists(cart.Filter{}))
	}},
}

// stored saves two carts and returns the first.
func (w *world) stored() (cart.Cart, error) {
	if err := w.save(sample("c"), at("later", 5)); err != nil {
		return cart.Cart{}, err
	}
	return w.Get(ctx, "c")
}

// spoil changes one cart, deletes one and adds one.
func (w *world) spoil(ctx context.Context) error {
	c, err := w.Get(ctx, "c")
	if err != nil {
		return err
	}
	c.Status = cart.Merged
	if _, err = w.Save(ctx, c); err != nil {
		return err
	}
	if _, err = w.Save(ctx, at("new", 1)); err != nil {
		return err
	}
	return w.Delete(ctx, "later")
}

// unspoilt checks that nothing of spoil is left.
func (w *world) unspoilt(before cart.Cart) error {
	if err := suite.First(w.expect(before), w.lists(cart.Filter{}, "c", "later")); err != nil {
		return fmt.Errorf("after the rollback: %w", err)
	}
	return nil
}
