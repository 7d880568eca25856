package ordertest

import (
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/suite"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var saveCases = []testCase{
	{Name: "get/missing", Rule: "a missing order reports ErrNotFound", Check: func(w *world) error {
		_, getErr := w.Get(ctx, "o")
		_, keyErr := w.ByKey(ctx, order.Buyer{Customer: "customer"}, "key")
		_, saveErr := w.Save(ctx, sample("o"))
		return suite.First(suite.Wrong("Get", getErr, flywheel.ErrNotFound), suite.Wrong("ByKey", keyErr, flywheel.ErrNotFound),
			suite.Wrong("Save", saveErr, flywheel.ErrNotFound), w.lists(order.Filter{}))
	}},
	{Name: "save/whole", Rule: "Save writes the order whole and counts Version up", Check: func(w *world) error {
		if err := w.insert(sample("o")); err != nil {
			return err
		}
		o, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		o.Status, o.Booked = order.PartlyReturned, false
		o.Payment.Captured, o.Payment.Refunded = o.Total, money.New(300, money.EUR)
		o.Lines[0].Returned = 1
		o.Returns = []order.Return{{
			Key: "r", Lines: []order.ReturnLine{{Line: "1", Quantity: 1, Net: money.New(250, money.EUR), Tax: money.New(50, money.EUR)}},
			Net: money.New(250, money.EUR), Tax: money.New(50, money.EUR), Amount: money.New(300, money.EUR),
			Reason: "too small", Discard: true, At: start.Add(time.Hour), Done: true,
		}}
		want := o.Clone()
		want.Version = 2
		got, err := w.Save(ctx, o)
		return suite.First(err, suite.Same("Save", got, want), w.expect(want))
	}},
	{Name: "save/stale-version", Rule: "Save refuses a version that is not the stored one", Check: func(w *world) error {
		if err := w.insert(sample("o")); err != nil {
			return err
		}
		o, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		now, err := w.Save(ctx, o)
		if err != nil {
			return err
		}
		stale := o.Clone()
		stale.Status = order.Canceled
		_, staleErr := w.Save(ctx, stale)
		stale.Version = 9
		_, futureErr := w.Save(ctx, stale)
		return suite.First(suite.Wrong("stale Save", staleErr, order.ErrStale), suite.Wrong("Save of a version to come", futureErr, order.ErrStale), w.expect(now))
	}},
	{Name: "save/race", Rule: "of parallel saves of one version one succeeds", Check: func(w *world) error {
		if err := w.insert(sample("o")); err != nil {
			return err
		}
		if _, err := suite.Race(20, order.ErrStale, func(i int) error {
			o, err := w.Get(ctx, "o")
			if err != nil {
				return err
			}
			o.Version = 1
			o.Session = fmt.Sprint(i)
			_, err = w.Save(ctx, o)
			return err
		}); err != nil {
			return err
		}
		o, err := w.Get(ctx, "o")
		if err != nil || o.Version != 2 {
			return fmt.Errorf("after a save of version 1 the version is %d (%v)", o.Version, err)
		}
		return nil
	}},
	{Name: "save/what-stays", Rule: "ID, Key, Fingerprint, Cart, Customer, Visitor and PlacedAt stay as they were inserted", Check: func(w *world) error {
		if err := w.insert(sample("o")); err != nil {
			return err
		}
		o, err := w.Get(ctx, "o")
		if err != nil {
			return err
		}
		want := o.Clone()
		want.Version, want.Session = 2, "changed"
		o.Key, o.Fingerprint, o.Cart, o.Customer, o.Visitor, o.Session = "x", "x", "x", "x", "x", "changed"
		o.PlacedAt = start.Add(time.Hour)
		got, err := w.Save(ctx, o)
		return suite.First(err, suite.Same("Save", got, want), w.expect(want), w.lists(order.Filter{Customer: "customer"}, "o"))
	}},
	{Name: "time/microseconds", Rule: "times are kept in UTC to the microsecond, cut off and not rounded", Check: func(w *world) error {
		o := sample("o")
		o.PlacedAt = time.Date(2011, 10, 30, 2, 30, 0, 999_999_999, time.FixedZone("", 2*3600))
		got, err := w.Insert(ctx, o)
		if err != nil {
			return err
		}
		want := sample("o")
		want.Version, want.PlacedAt = 1, time.Date(2011, 10, 30, 0, 30, 0, 999_999_000, time.UTC)
		if err := suite.First(suite.Same("Insert", got, want), w.expect(want)); err != nil {
			return err
		}
		got.Returns = []order.Return{{Key: "r", At: o.PlacedAt}}
		got, err = w.Save(ctx, got)
		if err != nil {
			return err
		}
		want.Version, want.Returns = 2, []order.Return{{Key: "r", At: want.PlacedAt}}
		return suite.First(suite.Same("Save", got, want), w.expect(want))
	}},
}
