package carttest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// dueAt returns a sample that is due some seconds after start, and never when they
// are negative.
func dueAt(id string, seconds int) cart.Cart {
	return with(id, func(c *cart.Cart) {
		if c.Due = start.Add(time.Duration(seconds) * time.Second); seconds < 0 {
			c.Due = time.Time{}
		}
	})
}

// dues compares what is due some seconds after start with want.
func (w *world) dues(seconds, limit int, want ...cart.ID) error {
	carts, err := w.Due(ctx, start.Add(time.Duration(seconds)*time.Second), limit)
	if err != nil {
		return err
	}
	got := []cart.ID{}
	for _, c := range carts {
		got = append(got, c.ID)
		if err := w.expect(c); err != nil {
			return err
		}
	}
	if len(want) == 0 {
		want = []cart.ID{}
	}
	return suite.Same(fmt.Sprintf("Due after %d s", seconds), got, want)
}

var dueCases = []testCase{
	{Name: "due/order", Rule: "Due returns what is due at that very instant or before, whole, by time and ID, and at most limit", Check: func(w *world) error {
		if err := w.save(dueAt("never", -1), dueAt("c", 2), dueAt("b", 1), dueAt("a", 2), dueAt("d", 3)); err != nil {
			return err
		}
		return suite.First(w.dues(0, 9), w.dues(1, 9, "b"), w.dues(2, 9, "b", "a", "c"), w.dues(9, 2, "b", "a"), w.dues(9, 0))
	}},
	{Name: "due/moves", Rule: "a cart that is saved with another Due, or deleted, is due at no other time", Check: func(w *world) error {
		if err := w.save(dueAt("a", 1), dueAt("b", 1), dueAt("c", 1)); err != nil {
			return err
		}
		change := func(id cart.ID, seconds int) error {
			c, err := w.Get(ctx, id)
			c.Due = dueAt("", seconds).Due
			return suite.First(err, w.save(c))
		}
		return suite.First(change("a", 5), change("b", -1), w.Delete(ctx, "c"), w.dues(4, 9), w.dues(9, 9, "a"))
	}},
	{Name: "due/shared", Transactions: true, Rule: "many workers that take what is due take each cart once, and leave none", Check: func(w *world) error {
		const n = 24
		for i := range n {
			if err := w.save(dueAt(fmt.Sprintf("c-%02d", i), i)); err != nil {
				return err
			}
		}
		err := errors.Join(suite.Parallel(4, func(int) error {
			for range 2 * n {
				idle := false
				err := w.tx.InTx(ctx, func(ctx context.Context) error {
					carts, err := w.Due(ctx, start.Add(time.Hour), 3)
					idle = len(carts) == 0
					for _, c := range carts {
						if err == nil {
							c.Due, c.LastLine = time.Time{}, c.LastLine+1
							_, err = w.Save(ctx, c)
						}
					}
					return err
				})
				if err != nil || idle {
					return err
				}
			}
			return errors.New("there is always something due")
		})...)
		if err := suite.First(err, w.dues(3600, n)); err != nil {
			return err
		}
		for i := range n {
			c, err := w.Get(ctx, cart.ID(fmt.Sprintf("c-%02d", i)))
			if err := suite.First(err, suite.Same("times that a cart was taken", c.LastLine, sample("").LastLine+1)); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "forget", Rule: "Forget removes the carts of a customer and no others, and nobody's is no error", Check: func(w *world) error {
		guest := with("guest", func(c *cart.Cart) { c.Customer = "" })
		other := with("other", func(c *cart.Cart) { c.Customer = "Customer" })
		if err := w.save(sample("a"), sample("b"), guest, other); err != nil {
			return err
		}
		return suite.First(w.Forget(ctx, "customer"), w.Forget(ctx, "customer"), w.Forget(ctx, "nobody"),
			w.lists(cart.Filter{}, "guest", "other"), w.dues(1<<20, 9, "guest", "other"))
	}},
}
