package carttest

import (
	"context"
	"errors"
	"fmt"

	"github.com/flywheel-go/flywheel/cart"
)

var errStop = errors.New("stop")

var transactionCases = []testCase{
	{name: "transaction/commit", transaction: true, rule: "calls in one transaction see each other and are kept together", check: func(w *world) error {
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
		return first(err, w.expect(want))
	}},
	{name: "transaction/rollback", transaction: true, rule: "an error of the transaction takes back every call in it", check: func(w *world) error {
		before, err := w.stored()
		if err != nil {
			return err
		}
		err = w.tx.InTx(ctx, func(ctx context.Context) error { return first(w.spoil(ctx), errStop) })
		return first(wrong("InTx", err, errStop), w.unspoilt(before))
	}},
	{name: "transaction/panic", transaction: true, rule: "a panic in the transaction takes back every call in it", check: func(w *world) error {
		before, err := w.stored()
		if err != nil {
			return err
		}
		err = func() (err error) {
			defer func() {
				if p := recover(); p != errStop {
					err = fmt.Errorf("recovered %v, want the panic of the function", p)
				}
			}()
			return w.tx.InTx(ctx, func(ctx context.Context) error {
				if err := w.spoil(ctx); err != nil {
					return err
				}
				panic(errStop)
			})
		}()
		return first(err, w.unspoilt(before))
	}},
	{name: "transaction/refusal-within", transaction: true, rule: "a refused call leaves the rest of the transaction as it is", check: func(w *world) error {
		if err := w.save(sample("c")); err != nil {
			return err
		}
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			if _, err := w.Save(ctx, sample("d")); err != nil {
				return err
			}
			_, err := w.Save(ctx, sample("c")) // has version 0
			if err := wrong("Save", err, cart.ErrVersion); err != nil {
				return err
			}
			_, err = w.Save(ctx, sample("e"))
			return err
		})
		return first(err, w.lists(cart.Filter{}, "c", "d", "e"))
	}},
	{name: "transaction/nested", transaction: true, rule: "a transaction within one joins it", check: func(w *world) error {
		err := w.tx.InTx(ctx, func(ctx context.Context) error {
			if err := w.tx.InTx(ctx, func(ctx context.Context) error {
				_, err := w.Save(ctx, sample("c"))
				return err
			}); err != nil {
				return err
			}
			return errStop
		})
		return first(wrong("InTx", err, errStop), w.lists(cart.Filter{}))
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
	if err := first(w.expect(before), w.lists(cart.Filter{}, "c", "later")); err != nil {
		return fmt.Errorf("after the rollback: %w", err)
	}
	return nil
}
