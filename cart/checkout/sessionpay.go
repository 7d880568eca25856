package checkout

import (
	"context"
	"errors"

	"github.com/flywheel-go/flywheel"
	"github.com/flywheel-go/flywheel/cart/order"
	"github.com/flywheel-go/flywheel/pricing"
	"github.com/flywheel-go/flywheel/pricing/money"
)

// pay lets the tenders pay the total.
func (s *Sessions) pay(ctx context.Context, of *Session, q *sessionQuote) error {
	var tenders []pricing.Tender
	for _, typ := range payingOrder {
		for i := range of.Tenders {
			t := &of.Tenders[i]
			if t.Type != typ {
				continue
			}
			to, refused, err := s.tender(ctx, t, q)
			if err != nil {
				return err
			}
			if refused {
				q.messages = append(q.messages, failed(CodeTenderRefused, at(pathInstruments, i)))
				to = pricing.Tender{ID: t.name(), Balance: money.New(0, q.cart.Currency)}
			}
			if t.Amount != (money.Amount{}) && t.Amount.Currency() == q.cart.Currency {
				to.Most = t.Amount
			}
			tenders, q.payers = append(tenders, to), append(q.payers, i)
		}
	}
	var err error
	q.split, q.due, err = pricing.Pay(q.quote.Total, tenders)
	return err
}

// tender returns what a tender can pay, or that it cannot be used.
func (s *Sessions) tender(ctx context.Context, t *TenderChoice, q *sessionQuote) (to pricing.Tender, refused bool, err error) {
	to.ID = t.name()
	switch customer := q.cart.Customer; {
	case t.Type == order.Card:
	case t.Type == order.GiftCard:
		if s.opts.GiftCards == nil {
			return to, true, nil
		}
		to.Balance, err = s.opts.GiftCards.Spendable(ctx, t.ID, q.cart.Currency)
	case customer == "":
		return to, true, nil
	case t.Type == order.StoreCredit:
		if s.opts.StoreCredit == nil {
			return to, true, nil
		}
		to.Balance, err = s.opts.StoreCredit.Spendable(ctx, string(customer), q.cart.Currency)
	case t.Type == order.Points:
		if s.opts.Points == nil {
			return to, true, nil
		}
		if to.PointValue, err = s.pointValue(ctx, q); err != nil || to.PointValue.IsZero() {
			return to, true, err
		}
		to.MaxPercent = s.opts.PointsMaxPercent
		to.Points, err = s.opts.Points.Spendable(ctx, customer)
		to.Points = max(0, to.Points)
	}
	for _, kind := range []error{flywheel.ErrNotFound, flywheel.ErrInvalid, flywheel.ErrExpired, flywheel.ErrConflict, flywheel.ErrForbidden} {
		if errors.Is(err, kind) {
			return to, true, nil
		}
	}
	return to, false, err
}

// pointValue returns what a point is worth: what the options say, else the program of
// the instant.
func (s *Sessions) pointValue(ctx context.Context, q *sessionQuote) (money.Rate, error) {
	if value, own := s.opts.PointValueIn[q.cart.Currency]; own {
		return value, nil
	}
	if rates, dated := s.opts.Points.(PointRates); dated && s.opts.PointValue.IsZero() {
		return rates.Worth(ctx, q.cart.Currency, q.at)
	}
	return s.opts.PointValue, nil
}
