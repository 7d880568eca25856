package checkout

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/cart/payment"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// maxTurns bounds how often a call begins again because another changed the session.
const maxTurns = 100

// change changes an open session without a try and answers.
func (s *Sessions) change(ctx context.Context, id SessionID, fn func(ctx context.Context, of *Session, c *cart.Cart) error) (View, error) {
	return s.changeIf(ctx, id, fn, nil)
}

// changeIf is change if what was changed is right, given its quote: it chooses anew.
func (s *Sessions) changeIf(ctx context.Context, id SessionID, fn func(ctx context.Context, of *Session, c *cart.Cart) error, right func(q *sessionQuote) error) (View, error) {
	for range maxTurns {
		of, c, err := s.load(ctx, id)
		if err != nil {
			return View{}, err
		}
		if status := of.status(); status != "" {
			return View{}, &SessionError{Session: id, Status: status, Err: flywheel.ErrConflict}
		}
		if c == nil { // it was held until now by a try that is over
			there, err := s.opts.Carts.Read(ctx, of.Cart)
			if err != nil {
				return View{}, err
			}
			c = &there
		}
		if err := fn(ctx, &of, c); err != nil {
			return View{}, err
		}
		v, err := s.price(ctx, &of, c, right)
		if err != nil {
			return View{}, err
		}
		if _, err = s.save(ctx, of); !errors.Is(err, ErrSessionStale) {
			return v, err
		}
	}
	return View{}, ErrSessionStale
}

// agreed refuses a shopper who changes the terms of a draft order.
func agreed(ctx context.Context, c *cart.Cart) error {
	if _, shopper := flywheel.ActorOf(ctx); shopper && c.Draft != "" {
		return fmt.Errorf("checkout: cart %q: %w", c.ID, cart.ErrDraft)
	}
	return nil
}

// SetBuyer says who buys. Whether tax is levied on a draft order is agreed: a shopper
// does not change it.
func (s *Sessions) SetBuyer(ctx context.Context, id SessionID, b Buyer) (View, error) {
	if err := b.check(); err != nil {
		return View{}, err
	}
	return s.change(ctx, id, func(ctx context.Context, of *Session, c *cart.Cart) error {
		if b.VATExempt != of.Buyer.VATExempt {
			if err := agreed(ctx, c); err != nil {
				return err
			}
		}
		of.Buyer = b
		return nil
	})
}

// SetAddress says where the goods go, and where the invoice goes if that is
// somewhere else.
func (s *Sessions) SetAddress(ctx context.Context, id SessionID, to order.Address, billing *order.Address) (View, error) {
	if err := checkAddress(&to, "address"); err != nil {
		return View{}, err
	}
	if billing != nil {
		if err := checkAddress(billing, "billing"); err != nil {
			return View{}, err
		}
	}
	return s.change(ctx, id, func(_ context.Context, of *Session, _ *cart.Cart) error {
		of.Address, of.Billing = &to, billing
		return nil
	})
}

// Choose chooses a delivery option. One that does not exist is not found; one that
// is not offered is a conflict.
func (s *Sessions) Choose(ctx context.Context, id SessionID, option string) (View, error) {
	return s.changeIf(ctx, id, func(ctx context.Context, of *Session, c *cart.Cart) error {
		if err := agreed(ctx, c); err != nil {
			return err
		}
		known := false
		if s.opts.Network != nil {
			_, known = s.opts.Network.Option(option)
		}
		if !known {
			return &flywheel.FieldError{Field: "option", Err: fmt.Errorf("%q: %w", option, flywheel.ErrNotFound)}
		}
		of.Option, of.Deliveries = option, nil
		return nil
	}, func(q *sessionQuote) error {
		for i := range q.offers {
			if q.offers[i].ID == option {
				return nil
			}
		}
		return &flywheel.FieldError{Field: "option", Err: fmt.Errorf("%q is not offered: %w", option, flywheel.ErrConflict)}
	})
}

// SetCodes replaces the discount codes. Codes that do nothing are told by warnings.
func (s *Sessions) SetCodes(ctx context.Context, id SessionID, codes ...string) (View, error) {
	if len(codes) > cart.MaxCoupons {
		return View{}, &flywheel.FieldError{Field: "codes", Err: fmt.Errorf("%d, at most %d: %w", len(codes), cart.MaxCoupons, flywheel.ErrLimit)}
	}
	for i, code := range codes {
		if len(code) > flywheel.MaxIDBytes {
			return View{}, &flywheel.FieldError{Field: fmt.Sprintf("codes[%d]", i), Err: fmt.Errorf("%d bytes, at most %d: %w", len(code), flywheel.MaxIDBytes, flywheel.ErrLimit)}
		}
	}
	return s.change(ctx, id, func(ctx context.Context, of *Session, c *cart.Cart) error {
		if err := agreed(ctx, c); err != nil {
			return err
		}
		for _, code := range codes {
			if slices.Contains(of.Codes, code) {
				continue
			}
			if err := s.typed(ctx, of, code); err != nil {
				return err
			}
		}
		of.Codes = codes
		return nil
	})
}

// SetTenders replaces the means of payment. They pay in a stated order, whatever
// order they are given in: points, gift cards, store credit, card. A gift card counts as
// typed where GiftCards are those of Codes: whoever fails too often is refused with an
// error matching flywheel.ErrRateLimited. Of other cards nothing is counted here.
func (s *Sessions) SetTenders(ctx context.Context, id SessionID, tenders ...TenderChoice) (View, error) {
	if err := s.checkTenders(tenders); err != nil {
		return View{}, err
	}
	if _, shopper := flywheel.ActorOf(ctx); shopper {
		for i := range tenders {
			if payment.IsOffline(tenders[i].Token) {
				return View{}, refused(fmt.Sprintf("tenders[%d].token", i), flywheel.ErrForbidden, "only the shop takes money by other means")
			}
		}
	}
	return s.change(ctx, id, func(ctx context.Context, of *Session, c *cart.Cart) error {
		for i := range tenders {
			if a := tenders[i].Amount; a != (money.Amount{}) && a.Currency() != c.Currency {
				return &flywheel.FieldError{Field: fmt.Sprintf("tenders[%d].amount", i), Err: &money.MismatchError{A: c.Currency, B: a.Currency()}}
			}
		}
		for i := range tenders {
			if err := s.typedCard(ctx, of, &tenders[i]); err != nil {
				return err
			}
		}
		of.Tenders = tenders
		return nil
	})
}

// Review notes that the buyer confirmed what the session asked to review, or took
// that back.
func (s *Sessions) Review(ctx context.Context, id SessionID, ok bool) (View, error) {
	return s.change(ctx, id, func(_ context.Context, of *Session, _ *cart.Cart) error {
		of.Reviewed = ok
		return nil
	})
}

// SetMetadata replaces the program's own notes; they reach the order.
func (s *Sessions) SetMetadata(ctx context.Context, id SessionID, m map[string]string) (View, error) {
	return s.change(ctx, id, func(ctx context.Context, of *Session, c *cart.Cart) error {
		if err := agreed(ctx, c); err != nil {
			return err
		}
		of.Metadata = m
		return nil
	})
}
