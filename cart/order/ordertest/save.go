package ordertest

import (
	"errors"
	"fmt"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing/money"
)

var saveCases = []testCase{
	{name: "get/missing", rule: "a missing order reports ErrNotFound", check: func(w *world) error {
		_, getErr := w.Get(ctx, "o")
		_, keyErr := w.ByKey(ctx, order.Buyer{Customer: "customer"}, "key")
		_, saveErr := w.Save(ctx, sample("o"))
		return first(wrong("Get", getErr, flywheel.ErrNotFound), wrong("ByKey", keyErr, flywheel.ErrNotFound),
			wrong("Save", saveErr, flywheel.ErrNotFound), w.lists(order.Filter{}))
	}},
	{name: "save/whole", rule: "Save writes the order whole and counts Version up", check: func(w *world) error {
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
		return first(err, same("Save", got, want), w.expect(want))
	}},
	{name: "save/stale-version", rule: "Save refuses a version that is not the stored one", check: func(w *world) error {
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
		stale.Status = order.Cancelled
		_, staleErr := w.Save(ctx, stale)
		stale.Version = 9
		_, futureErr := w.Save(ctx, stale)
		return first(wrong("stale Save", staleErr, order.ErrVersion), wrong("Save of a version to come", futureErr, order.ErrVersion), w.expect(now))
	}},
	{name: "save/race", rule: "of parallel saves of one version one succeeds", check: func(w *world) error {
		if err := w.insert(sample("o")); err != nil {
			return err
		}
		const n = 20
		errs := make([]error, n)
		if err := parallel(n, func(i int) error {
			o, err := w.Get(ctx, "o")
			if err != nil {
				return err
			}
			o.Version = 1
			o.Session = fmt.Sprint(i)
			_, errs[i] = w.Save(ctx, o)
			return nil
		}); err != nil {
			return err
		}
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else if !errors.Is(err, order.ErrVersion) {
				return fmt.Errorf("Save: %w", err)
			}
		}
		o, err := w.Get(ctx, "o")
		if err != nil || won != 1 || o.Version != 2 {
			return fmt.Errorf("%d saves of version 1 succeeded and the version is %d (%v), want 1 and 2", won, o.Version, err)
		}
		return nil
	}},
	{name: "save/what-stays", rule: "ID, Key, Fingerprint, Cart, Customer, Visitor and PlacedAt stay as they were inserted", check: func(w *world) error {
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
		return first(err, same("Save", got, want), w.expect(want), w.lists(order.Filter{Customer: "customer"}, "o"))
	}},
	{name: "time/microseconds", rule: "times are kept in UTC to the microsecond, cut off and not rounded", check: func(w *world) error {
		o := sample("o")
		o.PlacedAt = time.Date(2011, 10, 30, 2, 30, 0, 999_999_999, time.FixedZone("", 2*3600))
		got, err := w.Insert(ctx, o)
		if err != nil {
			return err
		}
		want := sample("o")
		want.Version, want.PlacedAt = 1, time.Date(2011, 10, 30, 0, 30, 0, 999_999_000, time.UTC)
		if err := first(same("Insert", got, want), w.expect(want)); err != nil {
			return err
		}
		got.Returns = []order.Return{{Key: "r", At: o.PlacedAt}}
		got, err = w.Save(ctx, got)
		if err != nil {
			return err
		}
		want.Version, want.Returns = 2, []order.Return{{Key: "r", At: want.PlacedAt}}
		return first(same("Save", got, want), w.expect(want))
	}},
}
