package ordertest

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/internal/suite"
)

// erased is what an erased order of the customer has in place of its texts.
type erased struct {
	customer flywheel.CustomerID
	visitor  flywheel.VisitorID
}

// hasForgotten checks that an order of sample is erased and otherwise as it was.
func (w *world) hasForgotten(id string) (erased, error) {
	got, err := w.Get(ctx, order.ID(id))
	if err != nil {
		return erased{}, err
	}
	hashed := map[string]string{string(got.Customer): "customer", string(got.Visitor): "visitor", got.Key: "key of " + id, got.Fingerprint: "body of " + id}
	if len(hashed) != 4 {
		return erased{}, fmt.Errorf("hashes of different texts are equal: %v", hashed)
	}
	for hash, text := range hashed {
		if !strings.HasPrefix(hash, "erased-") || strings.Contains(hash, text) {
			return erased{}, fmt.Errorf("%q became %q", text, hash)
		}
	}
	want := sample(id).Erased(func(string) string { return "" })
	want.Customer, want.Visitor, want.Key, want.Fingerprint, want.Version = got.Customer, got.Visitor, got.Key, got.Fingerprint, 2
	return erased{got.Customer, got.Visitor}, suite.Same("erased order", got, want)
}

var forgetCases = []testCase{
	{Name: "forget", Rule: "Forget erases who bought from the orders of a customer, to the same hashes each time, and leaves others alone", Check: func(w *world) error {
		guest := with("guest", func(o *order.Order) { o.Customer = "" })
		other := with("other", func(o *order.Order) { o.Customer = "Customer" })
		for _, o := range []order.Order{sample("a"), at("b", 0), guest, other} {
			if _, err := w.Insert(ctx, o); err != nil {
				return err
			}
		}
		if err := suite.First(w.Forget(ctx, "customer"), w.Forget(ctx, "customer"), w.Forget(ctx, "nobody"), w.Forget(ctx, "")); err != nil {
			return err
		}
		a, err := w.hasForgotten("a")
		b, errB := w.hasForgotten("b")
		if _, insertErr := w.Insert(ctx, at("c", 0)); insertErr != nil { // comes again
			return insertErr
		}
		_, byKey := w.ByKey(ctx, order.Buyer{Customer: "customer"}, "key of a")
		err = suite.First(err, errB, suite.Same("hashes", b, a), w.lists(order.Filter{Customer: "customer"}, "c"),
			suite.Wrong("ByKey of what was forgotten", byKey, flywheel.ErrNotFound), w.Forget(ctx, "customer"))
		c, errC := w.hasForgotten("c")
		guest.Version, other.Version = 1, 1
		return suite.First(err, errC, suite.Same("hashes later", c, a), w.lists(order.Filter{Customer: a.customer}, "a", "b", "c"),
			w.lists(order.Filter{Customer: "customer"}), w.lists(order.Filter{From: start.Add(-time.Hour)}, "a", "b", "c", "guest", "other"),
			w.expect(guest), w.expect(other))
	}},
	{Name: "forget/rollback", Transactions: true, Rule: "what a transaction forgot is there when it fails", Check: func(w *world) error {
		if _, err := w.Insert(ctx, sample("a")); err != nil {
			return err
		}
		before, err := w.Get(ctx, "a")
		if err != nil {
			return err
		}
		err = suite.RollBack(ctx, w.tx, false, func(ctx context.Context) error { return w.Forget(ctx, "customer") })
		_, byKey := w.ByKey(ctx, order.Buyer{Customer: "customer"}, "key of a")
		return suite.First(err, byKey, w.expect(before), w.lists(order.Filter{Customer: "customer"}, "a"))
	}},
}
