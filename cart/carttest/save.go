package carttest

import (
	"context"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var saveCases = []testCase{
	{Name: "save/whole", Rule: "a cart comes back as it was saved, with Version 1 and counting", Check: func(w *world) error {
		want := sample("c")
		want.Version = 1
		got, err := w.Save(ctx, sample("c"))
		if err := suite.First(err, suite.Same("Save", got, want), w.expect(want)); err != nil {
			return err
		}
		got.Status, got.Order, got.Into, got.Lines, got.Coupons = cart.Ordered, "order", "into", got.Lines[:1], nil
		want = got.Clone()
		want.Version = 2
		got, err = w.Save(ctx, got)
		return suite.First(err, suite.Same("second Save", got, want), w.expect(want))
	}},
	{Name: "save/empty", Rule: "a cart without lines comes back without lines", Check: func(w *world) error {
		c := cart.Cart{ID: "c", Visitor: "v", Currency: money.JPY, Status: cart.Open, CreatedAt: start, UpdatedAt: start}
		if err := w.save(c); err != nil {
			return err
		}
		c.Version = 1
		return w.expect(c)
	}},
	{Name: "save/copy", Rule: "a store shares no memory with what it takes and gives", Check: func(w *world) error {
		c := sample("c")
		out, err := w.Save(ctx, c)
		if err != nil {
			return err
		}
		spoil := func(c cart.Cart) { c.Lines[0].Quantity, c.Coupons[0], c.Absorbed[0] = 77, "spoiled", "spoiled" }
		spoil(c)
		spoil(out)
		want := sample("c")
		want.Version = 1
		if err := w.expect(want); err != nil {
			return fmt.Errorf("after Save: %w", err)
		}
		got, err := w.Get(ctx, "c")
		if err != nil {
			return err
		}
		spoil(got)
		for c, err := range w.List(ctx, cart.Filter{}) {
			if err != nil {
				return err
			}
			spoil(c)
		}
		if err := w.expect(want); err != nil {
			return fmt.Errorf("after Get and List: %w", err)
		}
		return nil
	}},
	{Name: "save/stale-version", Rule: "Save refuses a version that is not the stored one", Check: func(w *world) error {
		if err := w.save(sample("c")); err != nil {
			return err
		}
		c, err := w.Get(ctx, "c")
		if err != nil {
			return err
		}
		now, err := w.Save(ctx, c)
		if err != nil {
			return err
		}
		c.Status = cart.Merged
		_, stale := w.Save(ctx, c)
		c.Version = 0
		_, fresh := w.Save(ctx, c)
		c.Version = 9
		_, future := w.Save(ctx, c)
		c.ID = "missing"
		_, missing := w.Save(ctx, c)
		return suite.First(suite.Wrong("stale Save", stale, cart.ErrStale), suite.Wrong("Save as new", fresh, cart.ErrStale),
			suite.Wrong("Save of a version to come", future, cart.ErrStale),
			suite.Wrong("Save of a cart that is not there", missing, cart.ErrStale), w.expect(now), w.lists(cart.Filter{}, "c"))
	}},
	{Name: "save/race", Rule: "of parallel saves of one version one succeeds", Check: func(w *world) error {
		for version := range int64(2) { // as new, then as a change
			if _, err := suite.Race(20, cart.ErrStale, func(i int) error {
				_, err := w.Save(ctx, with("c", func(c *cart.Cart) { c.Version, c.Session = version, fmt.Sprint(i) }))
				return err
			}); err != nil {
				return err
			}
			c, err := w.Get(ctx, "c")
			if err != nil || c.Version != version+1 {
				return fmt.Errorf("after a save of version %d the version is %d (%v)", version, c.Version, err)
			}
		}
		return nil
	}},
	{Name: "get/missing", Rule: "a missing cart reports ErrNotFound", Check: func(w *world) error {
		_, err := w.Get(ctx, "c")
		return suite.Wrong("Get", err, flywheel.ErrNotFound)
	}},
	{Name: "delete", Rule: "Delete removes the cart, and one that is not there is no error; afterwards it has version 0", Check: func(w *world) error {
		if err := suite.First(w.save(sample("c"), sample("d")), w.Delete(ctx, "c"), w.Delete(ctx, "c")); err != nil {
			return err
		}
		_, err := w.Get(ctx, "c")
		return suite.First(suite.Wrong("Get", err, flywheel.ErrNotFound), w.lists(cart.Filter{}, "d"), w.save(sample("c")))
	}},
	{Name: "time/microseconds", Rule: "times are kept in UTC to the microsecond, cut off and not rounded", Check: func(w *world) error {
		c := sample("c")
		c.CreatedAt = time.Date(2011, 10, 30, 2, 30, 0, 999_999_999, time.FixedZone("", 2*3600))
		c.UpdatedAt, c.AbandonedAt, c.Due = c.CreatedAt.Add(time.Hour), c.CreatedAt.Add(2*time.Hour), c.CreatedAt.Add(3*time.Hour)
		got, err := w.Save(ctx, c)
		want := sample("c")
		want.Version, want.CreatedAt = 1, time.Date(2011, 10, 30, 0, 30, 0, 999_999_000, time.UTC)
		want.UpdatedAt = want.CreatedAt.Add(time.Hour)
		want.AbandonedAt, want.Due = want.CreatedAt.Add(2*time.Hour), want.CreatedAt.Add(3*time.Hour)
		return suite.First(err, suite.Same("Save", got, want), w.expect(want))
	}},
	{Name: "text/odd", Rule: "texts are kept and compared byte by byte", Check: func(w *world) error {
		for _, text := range suite.OddTexts {
			c := with(text, func(c *cart.Cart) {
				c.Customer, c.Visitor, c.Session = flywheel.CustomerID(text), flywheel.VisitorID(text), text
				c.Lines[0].ID, c.Lines[0].SKU, c.Coupons[0], c.Order = text, flywheel.SKU(text), text, text
			})
			if err := w.save(c); err != nil {
				return err
			}
			c.Version = 1
			if err := w.expect(c); err != nil {
				return err
			}
		}
		for _, text := range suite.OddTexts {
			if err := suite.First(w.lists(cart.Filter{Customer: flywheel.CustomerID(text)}, cart.ID(text)),
				w.lists(cart.Filter{Visitor: flywheel.VisitorID(text)}, cart.ID(text))); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "context/canceled", Rule: "a call with a canceled context has no effect and reports the context's error", Check: func(w *world) error {
		if err := w.save(sample("c")); err != nil {
			return err
		}
		c, err := w.Get(ctx, "c")
		if err != nil {
			return err
		}
		over, cancel := context.WithCancel(ctx)
		cancel()
		_, getErr := w.Get(over, "c")
		_, saveErr := w.Save(over, c)
		deleteErr := w.Delete(over, "c")
		var listErr error
		n := 0
		for _, err := range w.List(over, cart.Filter{}) {
			listErr = err
			n++
		}
		if n != 1 {
			return fmt.Errorf("List with a canceled context yielded %d times, want the error once", n)
		}
		_, dueErr := w.Due(over, start, 1)
		return suite.First(suite.Wrong("Due", dueErr, context.Canceled), suite.Wrong("Forget", w.Forget(over, "customer"), context.Canceled),
			suite.Wrong("Get", getErr, context.Canceled), suite.Wrong("Save", saveErr, context.Canceled),
			suite.Wrong("Delete", deleteErr, context.Canceled), suite.Wrong("List", listErr, context.Canceled), w.expect(c))
	}},
}
