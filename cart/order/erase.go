package order

import (
	"context"
	"slices"

	"github.com/flywheel-go/flywheel"
)

// Erased returns a copy of o that does not say who bought: customer, visitor, key
// and fingerprint become hashes, by which they remain known; session, coupons,
// means of payment and the reasons of returns are gone. What was sold, paid and
// returned stays, and so do the gateway's ids, without which no refund could be
// made. It is for authors of stores.
func (o Order) Erased(hash func(text string) string) Order {
	o = o.Clone()
	hide := func(text string) string {
		if text == "" {
			return ""
		}
		return "erased-" + hash(text)
	}
	o.Customer, o.Visitor = flywheel.CustomerID(hide(string(o.Customer))), flywheel.VisitorID(hide(string(o.Visitor)))
	o.Key, o.Fingerprint = hide(o.Key), hide(o.Fingerprint)
	o.Session, o.Coupons, o.Payment.Method = "", nil, ""
	o.Returns = slices.Clone(o.Returns)
	for i := range o.Returns {
		o.Returns[i].Reason = ""
	}
	return o
}

// Forget erases who bought from the orders of a customer, see [Order.Erased], and
// removes what the Sink has not received of them yet. Stock, money and the number
// of orders stay as they are.
func (s *Service) Forget(ctx context.Context, customer flywheel.CustomerID) error {
	return s.opts.Tx.InTx(ctx, func(ctx context.Context) error {
		if err := s.teller.Forget(ctx, customer); err != nil {
			return err
		}
		return s.store.Forget(ctx, customer)
	})
}
