package ordertest

import (
	"fmt"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/suite"
)

var textCases = []testCase{
	{Name: "text/odd", Rule: "texts are kept and compared byte by byte", Check: func(w *world) error {
		for _, text := range suite.OddTexts {
			o := with(text, func(o *order.Order) {
				o.Key, o.Fingerprint, o.Cart, o.Customer, o.Visitor = text, text, text, flywheel.CustomerID(text), flywheel.VisitorID(text)
				o.Session, o.Reservation, o.Payment.Authorization = text, text, text
				o.Coupons = []string{text}
				o.Lines[0].ID, o.Lines[0].SKU = text, flywheel.SKU(text)
			})
			if err := w.insert(o); err != nil {
				return err
			}
			o.Version = 1
			if err := w.expect(o); err != nil {
				return err
			}
		}
		for _, text := range suite.OddTexts {
			got, err := w.ByKey(ctx, order.Buyer{Customer: flywheel.CustomerID(text)}, text)
			if err != nil || string(got.ID) != text {
				return fmt.Errorf("ByKey of %q: %q, %v", text, got.ID, err)
			}
			if err := w.lists(order.Filter{Customer: flywheel.CustomerID(text)}, order.ID(text)); err != nil {
				return err
			}
		}
		return nil
	}},
	{Name: "text/distinct-keys", Rule: "one customer's keys that differ only in case are different keys", Check: func(w *world) error {
		for i, text := range suite.OddTexts {
			if err := w.insert(with(fmt.Sprint(i), func(o *order.Order) { o.Key = text })); err != nil {
				return err
			}
		}
		for i, text := range suite.OddTexts {
			got, err := w.ByKey(ctx, order.Buyer{Customer: "customer"}, text)
			if err != nil || string(got.ID) != fmt.Sprint(i) {
				return fmt.Errorf("ByKey of %q: %q, %v, want order %d", text, got.ID, err, i)
			}
		}
		return nil
	}},
}
