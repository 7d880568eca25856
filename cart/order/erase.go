package order

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/flywheel-go/flywheel"
)

// Erased returns a copy of o that does not say who bought: customer, visitor, key
// and fingerprint become hashes, by which they remain known; session, coupons,
// contact, addresses, metadata, means of payment and the reasons of returns are gone. What was sold, paid and
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
	for i := range o.Returns {
		o.Returns[i].Reason = ""
	}
	for i := range o.Lines {
		o.Lines[i].Personalization, o.Lines[i].Metadata = flywheel.Details{}, flywheel.Details{}
	}
	o.Contact, o.Shipping, o.Billing, o.Metadata, o.Uses = Contact{}, nil, nil, nil, nil
	for i := range o.Tenders {
		switch t := &o.Tenders[i]; t.Type {
		case Card:
			t.Account = ""
		case Points, StoreCredit:
			t.Account = hide(t.Account)
		}
	}
	for i := range o.Operations {
		op := &o.Operations[i]
		op.Actor = ""
		if op.Done { // what was asked for may hold words of the buyer
			op.Command = json.RawMessage(strconv.Quote(hide(string(op.Command))))
		}
		if op.Answer != nil && op.Answer.Refund != nil {
			for j := range op.Answer.Refund.To {
				op.Answer.Refund.To[j].Account = ""
			}
		}
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

// ForgetGuest erases who bought from the orders of guests under an e-mail address, as
// [Service.Forget] does for a customer; the key of their requests and the visitor, which
// say nothing to anybody without the device, stay. Whoever calls has made sure whose the
// address is.
func (s *Service) ForgetGuest(ctx context.Context, email string) error {
	if email == "" {
		return refuse("email", flywheel.ErrInvalid, "missing")
	}
	var guests []ID
	for o, err := range s.store.List(ctx, Filter{Email: email}) {
		if err != nil {
			return err
		}
		if o.Customer == "" {
			guests = append(guests, o.ID)
		}
	}
	for _, id := range guests {
		_, err := s.update(ctx, id, func(o *Order) (bool, error) {
			if o.Customer != "" || o.Contact.Email == "" {
				return false, nil
			}
			erased := o.Erased(func(string) string { return "" })
			erased.Customer, erased.Visitor, erased.Key, erased.Fingerprint = o.Customer, o.Visitor, o.Key, o.Fingerprint
			*o = erased
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
